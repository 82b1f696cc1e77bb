package io.derm.models;

import io.derm.api.Model;
import io.derm.api.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The models that come with derm, trained on phantoms alone. Research use only, not a medical device: they have seen no
 * patient's skin, and their cards say what follows from that. Stateless; every call reads the model anew.
 */
public final class DemoModels {
    private static final String DETECTOR = "derm-yolov4-tiny-3l";
    private static final String CLASSIFIER = "derm-efficientnet-lite0";

    private DemoModels() {}

    /**
     * YOLOv4 of the tiny-3l family, one class {@code lesion}: float32 NCHW [1,3,416,416] in, raw darknet heads out.
     *
     * @throws ModelException if the jar was repackaged without the model
     */
    public static Model detector() {
        return Model.of(DETECTOR + ".onnx", read(DETECTOR + ".onnx"));
    }

    /**
     * EfficientNet-Lite0 with the classes benign, unknown, melanoma and no lesion: float32 NCHW [N,3,224,224] in, logits [N,4] out.
     *
     * @throws ModelException if the jar was repackaged without the model
     */
    public static Model classifier() {
        return Model.of(CLASSIFIER + ".onnx", read(CLASSIFIER + ".onnx"));
    }

    /** Ranges of {@link #detector()} on phantoms, as {@code Calibration} of derm-onnx writes and reads them: what int8 is made with. */
    public static String detectorCalibration() {
        return new String(read(DETECTOR + ".calibration.txt"), StandardCharsets.UTF_8);
    }

    /** Ranges of {@link #classifier()} on phantoms, as {@code Calibration} of derm-onnx writes and reads them: what int8 is made with. */
    public static String classifierCalibration() {
        return new String(read(CLASSIFIER + ".calibration.txt"), StandardCharsets.UTF_8);
    }

    /** Model card of {@link #detector()} in Markdown. */
    public static String detectorCard() {
        return new String(read(DETECTOR + ".md"), StandardCharsets.UTF_8);
    }

    /** Model card of {@link #classifier()} in Markdown. */
    public static String classifierCard() {
        return new String(read(CLASSIFIER + ".md"), StandardCharsets.UTF_8);
    }

    private static byte[] read(String name) {
        try (InputStream in = DemoModels.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new ModelException(
                        501,
                        "Demo model " + name + " is not in the jar of derm-models, expected io/derm/models/" + name,
                        "Keep the resources of derm-models when repackaging it.");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
