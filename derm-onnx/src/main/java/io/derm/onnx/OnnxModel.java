package io.derm.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedInputStream;
import io.derm.api.Model;
import io.derm.api.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An ONNX model as data. Immutable, thread-safe; the files that its external data lies in must stay as they are while it is
 * in use.
 *
 * <p>The format is onnx.proto of ONNX; the protobuf classes are those of Tribuo. Fields that are newer than those classes are kept
 * as they were when the model is written again.
 */
public final class OnnxModel {
    /** Protobuf messages end at 2 GiB; what is over it needs external data. */
    static final long MAX_FILE = Integer.MAX_VALUE;

    private final String name;
    private final ModelProto proto;
    private final Optional<Path> folder;
    private final OnnxGraph graph;

    private OnnxModel(String name, ModelProto proto, Optional<Path> folder) {
        this.name = name;
        this.proto = proto;
        this.folder = folder;
        this.graph = new OnnxGraph(this);
    }

    /**
     * Reads a model. External data stays on disk until it is asked for; that it is there, complete and inside the model's folder is
     * checked now.
     *
     * @throws ModelException if the file cannot be read, is not ONNX or is cut short, or its external data is missing, too short
     *     or outside the folder (also through {@code ..}, an absolute path or a symbolic link)
     */
    public static OnnxModel read(Path file) {
        Model checked = Model.of(file);
        try (InputStream in = Files.newInputStream(file)) {
            if (Files.size(file) > MAX_FILE) {
                throw Problems.notOnnx(
                        file.toString(), "has " + Files.size(file) + " bytes, over the 2 GiB of a protobuf");
            }
            Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file.toAbsolutePath());
            return parsed(checked.name(), CodedInputStream.newInstance(in, 1 << 16), Optional.of(folder));
        } catch (IOException e) {
            throw new ModelException(
                    2,
                    "Model " + file + " cannot be read: " + e.getMessage(),
                    "Check the file and its permissions.",
                    e);
        }
    }

    /**
     * Reads a model from memory. It must not refer to external data.
     *
     * @param name what a person calls it
     * @throws ModelException if the bytes are not ONNX or refer to external data
     */
    public static OnnxModel read(String name, byte[] onnx) {
        return parsed(name, CodedInputStream.newInstance(onnx), Optional.empty());
    }

    /** A model of that message, without external data. */
    public static OnnxModel of(String name, ModelProto proto) {
        return checked(name, proto, Optional.empty());
    }

    private static OnnxModel parsed(String name, CodedInputStream in, Optional<Path> folder) {
        in.setSizeLimit(Integer.MAX_VALUE);
        ModelProto proto;
        try {
            proto = ModelProto.parseFrom(in);
        } catch (IOException e) {
            throw Problems.notOnnx(name, "is not a protobuf of ONNX or is cut short (" + e.getMessage() + ")");
        }
        return checked(name, proto, folder);
    }

    private static OnnxModel checked(String name, ModelProto proto, Optional<Path> folder) {
        if (!proto.hasGraph()
                || (proto.getGraph().getNodeCount() == 0 && proto.getGraph().getOutputCount() == 0)) {
            throw Problems.notOnnx(name, "has no graph");
        }
        OnnxModel model = new OnnxModel(name, proto, folder);
        for (TensorProto t : proto.getGraph().getInitializerList()) {
            if (ExternalData.isExternal(t)) {
                ExternalData.locate(name, folder, t);
            }
        }
        return model;
    }

    /** File name, or the name given for a model in memory. */
    public String name() {
        return name;
    }

    /** The protobuf message; its external tensors refer to files in the model's folder. */
    public ModelProto proto() {
        return proto;
    }

    /** The main graph. */
    public OnnxGraph graph() {
        return graph;
    }

    /** Version of the default operator set; 0 if the file names none. */
    public long opset() {
        return proto.getOpsetImportList().stream()
                .filter(o -> o.getDomain().isEmpty() || o.getDomain().equals("ai.onnx"))
                .mapToLong(o -> o.getVersion())
                .max()
                .orElse(0);
    }

    /** The entries of {@code metadata_props} in file order; of a key that comes twice the last. */
    public Map<String, String> metadata() {
        Map<String, String> map = new LinkedHashMap<>();
        proto.getMetadataPropsList().forEach(e -> map.put(e.getKey(), e.getValue()));
        return Collections.unmodifiableMap(map);
    }

    /** The same model with one metadata entry set, e.g. {@code withMetadata(ModelKeys.DECODER, "darknet")}. */
    public OnnxModel withMetadata(String key, String value) {
        return withMetadata(Map.of(key, value));
    }

    /** The same model with these metadata entries set and the others as they were. */
    public OnnxModel withMetadata(Map<String, String> entries) {
        Map<String, String> all = new LinkedHashMap<>(metadata());
        all.putAll(entries);
        ModelProto.Builder builder = proto.toBuilder().clearMetadataProps();
        all.forEach((k, v) -> builder.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(k).setValue(v)));
        return withProto(builder.build());
    }

    /** Another message in place of this one; its external tensors refer to the same folder. */
    public OnnxModel withProto(ModelProto changed) {
        return checked(name, changed, folder);
    }

    /**
     * The elements of one of its tensors as little-endian bytes, dense, in ONNX order, wherever the file keeps them.
     *
     * @return a read-only buffer, mapped where the data is external
     * @throws ModelException if the tensor holds another number of bytes than its type and shape need
     */
    public ByteBuffer bytes(TensorProto tensor) {
        return TensorBytes.of(name, folder, tensor);
    }

    /**
     * The elements of a floating-point tensor (float32, float64, float16 or bfloat16) as floats.
     *
     * @throws ModelException if the tensor has another type or another number of bytes than its type and shape need
     */
    public float[] floats(TensorProto tensor) {
        return TensorBytes.floats(name, tensor, bytes(tensor));
    }

    /**
     * The elements of an integer tensor (int64 or int32) as longs.
     *
     * @throws ModelException if the tensor has another type or another number of bytes than its type and shape need
     */
    public long[] longs(TensorProto tensor) {
        return TensorBytes.longs(name, tensor, bytes(tensor));
    }

    /**
     * The model in memory, as runtimes open it; external data is taken in.
     *
     * @throws ModelException if it is larger than the 2 GiB of a protobuf
     */
    public Model toModel() {
        return Model.of(name, ModelWriter.bytes(this, MAX_FILE - (1L << 20)));
    }

    /**
     * Writes the model: in one file where it fits into the 2 GiB of a protobuf, else with the data of its larger tensors in
     * {@code <file name>.data} beside it. Both are written under other names and then moved into place, the data first.
     *
     * @return {@code file}
     * @throws ModelException if it cannot be written
     */
    public Path write(Path file) {
        return ModelWriter.write(this, file, MAX_FILE - (1L << 20));
    }

    /** As {@link #write(Path)}, always with the data of tensors of 1 KiB and more beside the file. */
    public Path writeWithExternalData(Path file) {
        return ModelWriter.write(this, file, 0);
    }

    @Override
    public String toString() {
        return name;
    }
}
