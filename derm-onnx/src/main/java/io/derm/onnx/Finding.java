package io.derm.onnx;

/**
 * What a check of a model found wrong. Immutable.
 *
 * @param rule that is broken, by the name that the check gives it, e.g. {@code same-type}
 * @param where it is broken, e.g. {@code Conv 'stem'}; {@code model} for the file as a whole
 * @param problem what was found and what was expected
 */
public record Finding(String rule, String where, String problem) {

    @Override
    public String toString() {
        return rule + " at " + where + ": " + problem;
    }
}
