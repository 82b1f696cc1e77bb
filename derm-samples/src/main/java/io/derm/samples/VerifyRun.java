package io.derm.samples;

import io.derm.api.Model;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.samples.VerifyModels.Precision;
import io.derm.samples.VerifyModels.Variant;
import io.derm.trt.TrtMeter;
import io.derm.trt.TrtOptions;
import io.derm.trt.TrtRuntime;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the sections of a verification share.
 *
 * @param gpu the device
 * @param device its number
 * @param folder for files that are needed while it runs
 * @param cache of engines
 * @param quick whether to do less of everything
 * @param deadline when the whole has to end
 * @param built the engines that are in the cache; grows
 */
record VerifyRun(
        TrtRuntime runtime,
        TrtMeter.Device gpu,
        int device,
        Path folder,
        Path cache,
        boolean quick,
        Deadline deadline,
        DataSet data,
        VerifyModels models,
        Set<Variant> built) {
    /** The most regions of one run of the classifier. */
    static final int MAX_BATCH = 32;

    boolean emulated() {
        return gpu.name().equals(VerifyReport.EMULATED);
    }

    Session open(Model model) {
        return runtime.open(model, options());
    }

    /** The same for all sessions on a model, so that there is one engine of it. */
    SessionOptions options() {
        return new SessionOptions(
                0,
                MAX_BATCH,
                Map.of(
                        TrtOptions.DEVICE,
                        Integer.toString(device),
                        TrtOptions.CACHE,
                        cache.toString(),
                        // A quick run is for whether it works: level 1 builds in a fraction of the time.
                        TrtOptions.OPTIMIZATION_LEVEL,
                        quick ? "1" : "3"));
    }

    /** A detector on an engine that was built, and the session below it; closed by closing the detector. */
    record Detecting(YoloDetector detector, Session session) implements AutoCloseable {
        @Override
        public void close() {
            detector.close();
        }
    }

    Detecting detecting(Variant v) throws Exception {
        return detecting(v, YoloOptions.defaults());
    }

    Detecting detecting(Variant v, YoloOptions options) throws Exception {
        Model model = models.get(v, deadline).model();
        Session session = open(model);
        try {
            return new Detecting(new YoloDetector(session, model, options), session);
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    /** A classifier on an engine that was built, and the session below it; closed by closing the classifier. */
    record Classifying(EffnetClassifier classifier, Session session) implements AutoCloseable {
        @Override
        public void close() {
            classifier.close();
        }
    }

    Classifying classifying(Precision precision) throws Exception {
        Model model = models.get(new Variant(VerifyModels.Network.CLASSIFIER, precision), deadline)
                .model();
        Session session = open(model);
        try {
            return new Classifying(new EffnetClassifier(session, model, EffnetOptions.defaults()), session);
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    boolean has(VerifyModels.Network network, Precision precision) {
        return built.contains(new Variant(network, precision));
    }

    /** Why a model is left out, where it is: a quick run has YOLOv4 in float16 alone; on a CPU it takes seconds a frame. */
    Optional<String> leftOut(Variant v) {
        if (v.network() != VerifyModels.Network.YOLOV4) {
            return Optional.empty();
        }
        if (emulated()) {
            return Optional.of(v + " is left out, as the device is emulated.");
        }
        return quick && v.precision() != Precision.FP16
                ? Optional.of(v + " is left out by --quick.")
                : Optional.empty();
    }
}
