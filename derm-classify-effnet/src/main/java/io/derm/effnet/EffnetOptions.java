package io.derm.effnet;

import io.derm.api.LabelMap;
import io.derm.api.LesionClass;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How a classifier's numbers become answers. What is empty here comes from the model's metadata, and what that does not say
 * from the constants below. Immutable.
 *
 * <p>The answer, from the calibrated probabilities of the three classes, which are reported unchanged whatever the answer:
 *
 * <ol>
 *   <li>{@link LesionClass#MELANOMA} if its probability is at least that of each other class and at least {@code minProbability};
 *   <li>{@link LesionClass#BENIGN} if its probability is over that of each other class and at least {@code minProbability}, and
 *       the probability of melanoma is at most {@code maxMelanoma};
 *   <li>else {@link LesionClass#UNKNOWN}.
 * </ol>
 *
 * So evidence that is too weak makes the answer unknown, a tie never favours the harmless class, and a lesion with a real
 * chance of being a melanoma is never called benign.
 *
 * @param labels the model's classes and what they count as
 * @param temperature divisor of the logits, over 0; 1 leaves them as they are
 * @param minProbability below it an answer is not given, 0 to 1
 * @param maxMelanoma over it the answer is not benign, 0 to 1
 */
public record EffnetOptions(
        Optional<LabelMap> labels,
        OptionalDouble temperature,
        OptionalDouble minProbability,
        OptionalDouble maxMelanoma) {

    /** Metadata entry with the least probability of an answer. */
    public static final String MIN_PROBABILITY_KEY = "derm.min_probability";
    /** Metadata entry with the highest probability of melanoma at which the answer may be benign. */
    public static final String MAX_MELANOMA_KEY = "derm.max_melanoma";

    static final double DEFAULT_MIN_PROBABILITY = 0.5;
    static final double DEFAULT_MAX_MELANOMA = 0.2;

    public EffnetOptions {
        temperature.ifPresent(EffnetOptions::requireTemperature);
        minProbability.ifPresent(p -> requireProbability("Least probability", p));
        maxMelanoma.ifPresent(p -> requireProbability("Highest probability of melanoma", p));
    }

    /** Everything as the model says. */
    public static EffnetOptions defaults() {
        return new EffnetOptions(
                Optional.empty(), OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty());
    }

    public EffnetOptions withLabels(LabelMap map) {
        return new EffnetOptions(Optional.of(map), temperature, minProbability, maxMelanoma);
    }

    public EffnetOptions withTemperature(double t) {
        return new EffnetOptions(labels, OptionalDouble.of(t), minProbability, maxMelanoma);
    }

    public EffnetOptions withMinProbability(double p) {
        return new EffnetOptions(labels, temperature, OptionalDouble.of(p), maxMelanoma);
    }

    public EffnetOptions withMaxMelanoma(double p) {
        return new EffnetOptions(labels, temperature, minProbability, OptionalDouble.of(p));
    }

    private static double requireTemperature(double t) {
        if (!(t > 0 && t <= 1000)) {
            throw new IllegalArgumentException("Temperature is " + t + ", expected over 0 and up to 1000");
        }
        return t;
    }

    private static double requireProbability(String what, double p) {
        if (!(p >= 0 && p <= 1)) {
            throw new IllegalArgumentException(what + " is " + p + ", expected 0 to 1");
        }
        return p;
    }

    /** What holds for one model: these options over its metadata over the defaults. */
    Rule resolve(Signature signature, String modelName) {
        try {
            return new Rule(
                    requireTemperature(
                            temperature.orElseGet(() -> number(signature, modelName, ModelKeys.TEMPERATURE, 1))),
                    requireProbability(
                            "Least probability",
                            minProbability.orElseGet(
                                    () -> number(signature, modelName, MIN_PROBABILITY_KEY, DEFAULT_MIN_PROBABILITY))),
                    requireProbability(
                            "Highest probability of melanoma",
                            maxMelanoma.orElseGet(
                                    () -> number(signature, modelName, MAX_MELANOMA_KEY, DEFAULT_MAX_MELANOMA))));
        } catch (IllegalArgumentException e) {
            throw new ModelException(
                    68, "Metadata of " + modelName + ": " + e.getMessage(), "Mend the entry or override it.", e);
        }
    }

    private static double number(Signature signature, String modelName, String key, double otherwise) {
        return signature
                .get(key)
                .map(v -> {
                    try {
                        return Double.parseDouble(v);
                    } catch (NumberFormatException e) {
                        throw new ModelException(
                                68,
                                "Metadata " + key + " of " + modelName + " is '" + v + "', expected a number",
                                "Mend the metadata or override it with " + key + "=…",
                                e);
                    }
                })
                .orElse(otherwise);
    }

    /** Resolved options. */
    record Rule(double temperature, double minProbability, double maxMelanoma) {
        /** The answer to probabilities as they are reported, so that a reader of the report comes to the same one. */
        LesionClass answer(float benign, float unknown, float melanoma) {
            if (melanoma >= benign && melanoma >= unknown && melanoma >= (float) minProbability) {
                return LesionClass.MELANOMA;
            }
            if (benign > melanoma
                    && benign > unknown
                    && benign >= (float) minProbability
                    && melanoma <= (float) maxMelanoma) {
                return LesionClass.BENIGN;
            }
            return LesionClass.UNKNOWN;
        }
    }
}
