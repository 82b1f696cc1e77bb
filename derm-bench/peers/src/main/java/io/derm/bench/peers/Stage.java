package io.derm.bench.peers;

/** What an exam of a frame consists of, in order. */
enum Stage {
    LETTERBOX("letterbox"),
    DETECTOR("detector"),
    DECODE("decode + NMS"),
    CROPS("crops"),
    CLASSIFIER("classifier + softmax");

    private final String words;

    Stage(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }
}
