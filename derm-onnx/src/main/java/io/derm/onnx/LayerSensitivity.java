package io.derm.onnx;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What int8 in one layer alone costs.
 *
 * @param layer name of the node with weights; the nodes up to the next layer are int8 with it
 * @param loss as the caller measures it, e.g. by {@link OutputError}
 */
public record LayerSensitivity(String layer, double loss) {

    /** Measures each layer by itself, one after the other. The costliest comes first. */
    public static List<LayerSensitivity> of(
            Quantiser quantiser, Calibration calibration, ToDoubleFunction<OnnxModel> loss, Progress progress) {
        List<String> layers = quantiser.layers(calibration);
        List<LayerSensitivity> all = new ArrayList<>();
        for (String layer : layers) {
            all.add(new LayerSensitivity(layer, loss.applyAsDouble(quantiser.quantiseOnly(calibration, layer))));
            progress.step("layers", all.size(), layers.size());
        }
        all.sort(Comparator.comparingDouble(LayerSensitivity::loss).reversed());
        return List.copyOf(all);
    }
}
