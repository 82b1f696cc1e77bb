package io.derm.yolo;

import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import io.derm.yolo.YoloOptions.Nms;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads the entries of a model's metadata that concern a detector. Immutable. */
record Metadata(Signature signature, String modelName) {

    double number(String key, double otherwise) {
        return signature.get(key).map(v -> parse(key, v, v, "a number")).orElse(otherwise);
    }

    Nms nms() {
        return signature
                .get(ModelKeys.NMS)
                .map(v -> switch (v.toLowerCase(Locale.ROOT)) {
                    case "greedy" -> Nms.GREEDY;
                    case "diou" -> Nms.DIOU;
                    default -> throw bad(ModelKeys.NMS, v, "greedy or diou");
                })
                .orElse(Nms.GREEDY);
    }

    boolean newCoords() {
        return signature
                .get(ModelKeys.NEW_COORDS)
                .map(v -> switch (v) {
                    case "0" -> false;
                    case "1" -> true;
                    default -> throw bad(ModelKeys.NEW_COORDS, v, "0 or 1");
                })
                .orElse(false);
    }

    /** Width and height in network pixels of each anchor. */
    Optional<double[][]> anchors() {
        String form = "pairs of positive numbers as 'w,h w,h ...'";
        return signature.get(ModelKeys.ANCHORS).map(v -> Arrays.stream(v.split("\\s+"))
                .map(pair -> {
                    String[] parts = pair.split(",", -1);
                    if (parts.length != 2) {
                        throw bad(ModelKeys.ANCHORS, v, form);
                    }
                    double[] wh = {
                        parse(ModelKeys.ANCHORS, v, parts[0], form), parse(ModelKeys.ANCHORS, v, parts[1], form)
                    };
                    if (!(wh[0] > 0 && wh[1] > 0)) {
                        throw bad(ModelKeys.ANCHORS, v, form);
                    }
                    return wh;
                })
                .toArray(double[][]::new));
    }

    /** Indices of the anchors of each head. */
    Optional<int[][]> masks() {
        String form = "indices as '6,7,8;3,4,5;0,1,2'";
        return signature.get(ModelKeys.MASKS).map(v -> Arrays.stream(v.split(";", -1))
                .map(head -> Arrays.stream(head.split(",", -1))
                        .mapToInt(i -> {
                            if (!i.trim().matches("\\d{1,3}")) {
                                throw bad(ModelKeys.MASKS, v, form);
                            }
                            return Integer.parseInt(i.trim());
                        })
                        .toArray())
                .toArray(int[][]::new));
    }

    /** One number, or one for each head. */
    Optional<double[]> scaleXY() {
        String form = "one number, or one for each head separated by commas";
        return signature.get(ModelKeys.SCALE_X_Y).map(v -> Arrays.stream(v.split(",", -1))
                .mapToDouble(s -> parse(ModelKeys.SCALE_X_Y, v, s, form))
                .toArray());
    }

    /** Class names; empty where the model has none. */
    List<String> labels() {
        return signature
                .get(ModelKeys.LABELS)
                .map(v -> Arrays.stream(v.split(",", -1)).map(String::trim).toList())
                .orElse(List.of());
    }

    private double parse(String key, String value, String number, String expected) {
        try {
            double d = Double.parseDouble(number.trim());
            if (Double.isFinite(d)) {
                return d;
            }
        } catch (NumberFormatException e) {
            throw new ModelException(
                    46, message(key, value, expected), "Mend the metadata or override it with " + key + "=…", e);
        }
        throw bad(key, value, expected);
    }

    private ModelException bad(String key, String value, String expected) {
        return new ModelException(
                46, message(key, value, expected), "Mend the metadata or override it with " + key + "=…");
    }

    private String message(String key, String value, String expected) {
        return "Metadata " + key + " of " + modelName + " is '" + value + "', expected " + expected;
    }
}
