/** The seams of derm: what frames, models, runtimes, detectors and classifiers are to one another. */
module io.derm.api {
    requires static org.jspecify;

    exports io.derm.api;

    uses io.derm.api.InferenceRuntime;
}
