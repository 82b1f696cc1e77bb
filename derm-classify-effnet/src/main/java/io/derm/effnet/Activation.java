package io.derm.effnet;

import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import io.derm.api.TensorInfo;
import java.util.Locale;
import java.util.Optional;

/** What a classifier's outputs are. */
enum Activation {
    /** Any numbers; softmax (sigmoid for a single output) makes them probabilities. */
    LOGITS,
    /** Probabilities already. */
    PROBABILITIES;

    /** What the metadata or the output's name says; empty where neither does. */
    static Optional<Activation> of(Signature signature, TensorInfo output, String modelName) {
        Optional<String> stated = signature.get(ModelKeys.ACTIVATION);
        if (stated.isPresent()) {
            return Optional.of(
                    switch (stated.get().toLowerCase(Locale.ROOT)) {
                        case "logits" -> LOGITS;
                        case "probabilities" -> PROBABILITIES;
                        default ->
                            throw new ModelException(
                                    68,
                                    "Metadata " + ModelKeys.ACTIVATION + " of " + modelName + " is '" + stated.get()
                                            + "', expected logits or probabilities",
                                    "Mend the metadata or override it with " + ModelKeys.ACTIVATION + "=…");
                    });
        }
        String name = output.name().toLowerCase(Locale.ROOT);
        if (name.contains("softmax") || name.contains("sigmoid") || name.contains("prob")) {
            return Optional.of(PROBABILITIES);
        }
        return name.contains("logit") ? Optional.of(LOGITS) : Optional.empty();
    }
}
