package io.derm.onnx;

import io.derm.api.ModelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Int8 that costs no more accuracy than is allowed: layers go back to float, the most sensitive first, until what is lost is within the budget.
 *
 * @param model in int8 but for the layers kept
 * @param kept the layers that had to stay float, in no order
 * @param loss of the model
 * @param trials what was tried on the way, in order
 */
public record AccuracyBudget(OnnxModel model, Set<String> kept, double loss, List<Trial> trials) {
    /**
     * A set of layers that was tried.
     *
     * @param kept how many layers were float
     * @param loss with them
     */
    public record Trial(int kept, double loss) {}

    public AccuracyBudget {
        kept = Set.copyOf(kept);
        trials = List.copyOf(trials);
    }

    /**
     * Finds a small set of layers to keep.
     *
     * @param loss what a candidate loses against the original, e.g. points of mAP; costly
     * @param budget the most it may lose
     * @param sensitivities of the layers, the costliest first; asked for only if all of them in int8 lose too much
     * @throws ModelException if the loss is over the budget even with every layer in float
     */
    public static AccuracyBudget meet(
            Quantiser quantiser,
            Calibration calibration,
            ToDoubleFunction<OnnxModel> loss,
            double budget,
            Supplier<List<LayerSensitivity>> sensitivities) {
        List<Trial> trials = new ArrayList<>();
        OnnxModel all = quantiser.quantise(calibration);
        double lost = loss.applyAsDouble(all);
        trials.add(new Trial(0, lost));
        if (lost <= budget) {
            return new AccuracyBudget(all, Set.of(), lost, trials);
        }
        List<String> ranked =
                sensitivities.get().stream().map(LayerSensitivity::layer).toList();
        Map<Set<String>, Double> losses = new HashMap<>();
        Set<String> kept = SmallestSet.find(ranked, set -> {
                    if (set.isEmpty()) {
                        return false;
                    }
                    double here = loss.applyAsDouble(quantiser.keeping(set).quantise(calibration));
                    trials.add(new Trial(set.size(), here));
                    losses.put(set, here);
                    return here <= budget;
                })
                .orElseThrow(() -> new ModelException(
                        79,
                        String.format(
                                Locale.ROOT,
                                "Model %s loses %.4f with every layer in float, expected at most the budget of %.4f",
                                calibration.model().name(),
                                trials.get(trials.size() - 1).loss(),
                                budget),
                        "Measure on more images, or allow more."));
        OnnxModel model = quantiser.keeping(kept).quantise(calibration);
        return new AccuracyBudget(model, kept, Objects.requireNonNull(losses.get(kept)), trials);
    }
}
