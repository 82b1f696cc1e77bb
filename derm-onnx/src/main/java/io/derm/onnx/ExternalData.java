package io.derm.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a tensor's external data lies: {@code location}, {@code offset} and {@code length} of {@code external_data} in onnx.proto, resolved
 * inside the model's folder only.
 *
 * @param file that holds it
 * @param offset of its first byte
 * @param length in bytes
 */
record ExternalData(Path file, long offset, long length) {
    private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

    static boolean isExternal(TensorProto t) {
        return t.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
    }

    static ExternalData locate(String model, Optional<Path> folder, TensorProto t) {
        String location = entry(t, "location").orElse("");
        String what = "external data '" + Problems.clip(location, 200) + "' of tensor '"
                + Problems.clip(t.getName(), 200) + "'";
        Path home = folder.orElseThrow(() -> Problems.externalData(model, what, "none in a model in memory"));
        Path file = inside(model, home, location, what);
        long size = size(model, file, what);
        long offset = number(model, t, "offset", 0);
        long length = number(model, t, "length", size - offset);
        if (offset > size || length > size - offset) {
            throw Problems.externalData(
                    model,
                    what + " of " + length + " bytes at " + offset + " in a file of " + size + " bytes",
                    "a file that holds it");
        }
        return new ExternalData(file, offset, length);
    }

    private static Path inside(String model, Path home, String location, String what) {
        String expected = "a file in the model's folder";
        try {
            Path relative = Path.of(location);
            // A backslash or a drive is harmless here but not where the same model is read on Windows.
            if (location.isEmpty()
                    || relative.isAbsolute()
                    || DRIVE.matcher(location).lookingAt()
                    || location.contains("\\")) {
                throw Problems.externalData(model, what, expected);
            }
            for (Path part : relative) {
                if (part.toString().equals("..")) {
                    throw Problems.externalData(model, what, expected);
                }
            }
            Path file = home.resolve(relative);
            if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw Problems.externalData(model, what + ", which does not exist", expected);
            }
            Path real = file.toRealPath();
            if (!real.startsWith(home.toRealPath()) || !Files.isRegularFile(real)) {
                throw Problems.externalData(model, what + ", which leads out of the folder or is no file", expected);
            }
            return real;
        } catch (InvalidPathException | IOException e) {
            throw Problems.externalData(model, what + " (" + e.getMessage() + ")", expected);
        }
    }

    private static long size(String model, Path file, String what) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw Problems.externalData(model, what + " (" + e.getMessage() + ")", "a file that can be read");
        }
    }

    private static Optional<String> entry(TensorProto t, String key) {
        return t.getExternalDataList().stream()
                .filter(e -> e.getKey().equals(key))
                .map(StringStringEntryProto::getValue)
                .findFirst();
    }

    private static long number(String model, TensorProto t, String key, long otherwise) {
        String text = entry(t, key).orElse(Long.toString(Math.max(otherwise, 0)));
        if (!NUMBER.matcher(text).matches()) {
            throw Problems.externalData(
                    model,
                    key + " '" + Problems.clip(text) + "' of the external data of tensor '"
                            + Problems.clip(t.getName(), 200) + "'",
                    "a number");
        }
        return Long.parseLong(text);
    }

    ByteBuffer map(String model) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
        } catch (IOException e) {
            throw Problems.externalData(
                    model, "external data " + file.getFileName() + " (" + e.getMessage() + ")", "a readable file");
        }
    }
}
