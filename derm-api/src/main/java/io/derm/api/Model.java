package io.derm.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX file with its SHA-256, and what the user says of it on top of what its metadata says. Immutable.
 *
 * <p>What a model needs to be understood stands in the file's {@code metadata_props} under the names of {@link ModelKeys}, so
 * that one file is enough; {@link #with} overrides single entries.
 */
public final class Model {
    private static final byte[] LFS_POINTER = "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

    private final String name;
    private final @Nullable Path path;
    private final byte @Nullable [] bytes;
    private final String sha256;
    private final Map<String, String> overrides;

    private Model(
            String name, @Nullable Path path, byte @Nullable [] bytes, String sha256, Map<String, String> overrides) {
        this.name = name;
        this.path = path;
        this.bytes = bytes;
        this.sha256 = sha256;
        this.overrides = Map.copyOf(overrides);
    }

    /**
     * A model in a file. Reads the file once for its digest; whether it is ONNX is found out by the runtime.
     *
     * @throws ModelException if there is no such file, it is a folder, empty, unreadable or a Git LFS pointer
     */
    public static Model of(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new ModelException(
                    1,
                    "Model " + file + (Files.isDirectory(file) ? " is a folder" : " does not exist")
                            + ", expected an ONNX file",
                    "Give the path of an .onnx file.");
        }
        try (InputStream in = Files.newInputStream(file);
                DigestInputStream stream = new DigestInputStream(in, digest())) {
            byte[] head = stream.readNBytes(64);
            checkHead(file.toString(), head);
            stream.transferTo(OutputStream.nullOutputStream());
            String sha256 = HexFormat.of().formatHex(stream.getMessageDigest().digest());
            return new Model(String.valueOf(file.getFileName()), file, null, sha256, Map.of());
        } catch (IOException e) {
            throw new ModelException(
                    2,
                    "Model " + file + " cannot be read: " + e.getMessage(),
                    "Check the file and its permissions.",
                    e);
        }
    }

    /**
     * A model in memory, e.g. out of a jar. It must not refer to external data.
     *
     * @param name what a person calls it
     * @param onnx the file's bytes, copied
     * @throws ModelException if it is empty or a Git LFS pointer
     */
    public static Model of(String name, byte[] onnx) {
        checkHead(name, Arrays.copyOf(onnx, Math.min(64, onnx.length)));
        byte[] copy = onnx.clone();
        return new Model(name, null, copy, HexFormat.of().formatHex(digest().digest(copy)), Map.of());
    }

    private static void checkHead(String name, byte[] head) {
        if (head.length == 0) {
            throw new ModelException(3, "Model " + name + " is empty", "Give a complete ONNX file.");
        }
        if (head.length >= LFS_POINTER.length
                && Arrays.equals(head, 0, LFS_POINTER.length, LFS_POINTER, 0, LFS_POINTER.length)) {
            throw new ModelException(
                    4,
                    "Model " + name + " is a Git LFS pointer, expected the ONNX file that it stands for",
                    "Run 'git lfs pull' where the file comes from.");
        }
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** The same model with one metadata entry overridden, e.g. {@code with(ModelKeys.DECODER, "darknet")}. */
    public Model with(String key, String value) {
        Map<String, String> map = new HashMap<>(overrides);
        map.put(key, value);
        return new Model(name, path, bytes, sha256, map);
    }

    /** File name, or the name given for a model in memory. */
    public String name() {
        return name;
    }

    /** The file; empty for a model in memory. */
    public Optional<Path> path() {
        return Optional.ofNullable(path);
    }

    /**
     * The bytes of the ONNX file, a copy; read from disk for a model in a file.
     *
     * @throws ModelException if the file cannot be read any more
     */
    public byte[] bytes() {
        if (bytes != null) {
            return bytes.clone();
        }
        try {
            return Files.readAllBytes(Objects.requireNonNull(path));
        } catch (IOException e) {
            throw new ModelException(
                    2,
                    "Model " + path + " cannot be read: " + e.getMessage(),
                    "Check the file and its permissions.",
                    e);
        }
    }

    /** SHA-256 of the ONNX file in lower-case hexadecimal; external data is not part of it. */
    public String sha256() {
        return sha256;
    }

    /** Metadata entries that take precedence over the file's. */
    public Map<String, String> overrides() {
        return overrides;
    }

    @Override
    public String toString() {
        return name + " (" + sha256.substring(0, 12) + ")";
    }
}
