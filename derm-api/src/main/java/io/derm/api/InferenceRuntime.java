package io.derm.api;

/**
 * Something that runs ONNX models: ONNX Runtime, TensorRT, or a third party's. Found by {@link java.util.ServiceLoader}, so
 * a jar on the class path is all it takes to add one. Thread-safe.
 */
public interface InferenceRuntime {
    /** Name for options and reports, in lower case without spaces, e.g. {@code onnxruntime}. */
    String name();

    /** Order of choice among those available: the highest comes first. The CPU runtime has 0. */
    int priority();

    /** Whether it works here. Never throws and loads no more than it takes to know. */
    Availability availability();

    /**
     * Opens a model.
     *
     * @return a session that the caller closes
     * @throws ModelException if the model cannot be read or has something that this runtime cannot run
     * @throws RuntimeUnavailableException if the runtime does not work here
     */
    Session open(Model model, SessionOptions options);
}
