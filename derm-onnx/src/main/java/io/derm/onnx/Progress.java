package io.derm.onnx;

/** Told how far a long job has come. */
@FunctionalInterface
public interface Progress {
    /** Tells nobody. */
    Progress NONE = (what, done, total) -> {};

    /**
     * A step is done.
     *
     * @param what is being done, in a word or two
     * @param done steps of it so far
     * @param total steps of it in all
     */
    void step(String what, int done, int total);
}
