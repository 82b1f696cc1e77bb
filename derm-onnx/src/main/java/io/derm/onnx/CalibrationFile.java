package io.derm.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.derm.api.ModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A calibration as text: a line that says so, the weights it is of, the number of samples, and then a tensor a line, tab-separated: low and
 * high by each method in the order of {@link RangeMethod}, and the name.
 */
final class CalibrationFile {
    private static final String HEAD = "derm calibration 1";
    private static final int COLUMNS = 2 * RangeMethod.values().length + 1;

    private CalibrationFile() {}

    /** SHA-256 over the names, types, shapes and bytes of all weights. */
    static String weights(OnnxModel model) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (TensorProto t : new TreeMap<>(model.graph().initialisers()).values()) {
                String head = t.getName() + "\n" + t.getDataType() + "\n" + t.getDimsList() + "\n";
                digest.update(head.getBytes(StandardCharsets.UTF_8));
                digest.update(model.bytes(t));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    static void write(Calibration calibration, Path file) {
        StringBuilder text = new StringBuilder(HEAD).append('\n');
        text.append("weights\t").append(calibration.weights()).append('\n');
        text.append("samples\t").append(calibration.samples()).append('\n');
        for (String tensor : calibration.tensors()) {
            if (tensor.lines().count() > 1) {
                throw refused(file.toString(), "tensor '" + tensor + "'", "names without line breaks");
            }
            for (RangeMethod m : RangeMethod.values()) {
                Range r = calibration.range(tensor, m);
                text.append(r.low()).append('\t').append(r.high()).append('\t');
            }
            text.append(tensor).append('\n');
        }
        ModelWriter.text(file, text.toString());
    }

    static Calibration read(OnnxModel model, Path file) {
        try {
            return parse(model, file.toString(), Files.readString(file));
        } catch (IOException e) {
            throw refused(file.toString(), String.valueOf(e), "a readable file");
        }
    }

    static Calibration parse(OnnxModel model, String file, String text) {
        List<String> lines = text.lines().toList();
        if (lines.size() < 4 || !lines.get(0).equals(HEAD)) {
            throw refused(file, "no '" + HEAD + "' in its first line", "a calibration");
        }
        String weights = weights(model);
        if (!lines.get(1).equals("weights\t" + weights)) {
            throw refused(
                    file,
                    "'" + lines.get(1).replace('\t', ' ') + "'",
                    "the weights " + weights + " of " + model.name());
        }
        Map<String, Map<RangeMethod, Range>> ranges = new LinkedHashMap<>();
        int line = 3;
        try {
            int samples = Integer.parseInt(lines.get(2).substring("samples\t".length()));
            for (; line < lines.size(); line++) {
                String[] parts = lines.get(line).split("\t", COLUMNS);
                Map<RangeMethod, Range> all = new EnumMap<>(RangeMethod.class);
                for (RangeMethod m : RangeMethod.values()) {
                    int at = 2 * m.ordinal();
                    all.put(m, new Range(Float.parseFloat(parts[at]), Float.parseFloat(parts[at + 1])));
                }
                ranges.put(parts[COLUMNS - 1], all);
            }
            return new Calibration(model, weights, samples, ranges);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw refused(file, "a line " + (line + 1) + " that cannot be read", "ranges and the name of a tensor");
        }
    }

    private static ModelException refused(String file, String found, String expected) {
        return new ModelException(
                78,
                "Calibration " + file + " has " + found + ", expected " + expected,
                "Calibrate the model anew, on pictures like those that it will meet.");
    }
}
