package io.derm.bench.peers;

/**
 * How a peer runs.
 *
 * @param threads of a model's run
 * @param spin whether threads of ONNX Runtime burn their core while they wait
 * @param shared whether both models have one pool of threads, ONNX Runtime's for the process, rather than each its own
 * @param batched whether all boxes of a frame are one batch
 */
record Setting(int threads, boolean spin, boolean shared, boolean batched) {
    String words() {
        return (shared ? "one pool of threads for both models, " : "a pool of threads for each model, ")
                + (spin ? "spinning" : "no spinning") + ", crops " + (batched ? "in one batch" : "one by one");
    }
}
