package io.derm.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.derm.api.Model;
import io.derm.api.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an ONNX file says of itself without its nodes and weights: inputs, outputs, metadata and the files that its weights lie in. Weights
 * are passed over and never held, so that a large model takes no more memory than a small one. Immutable.
 *
 * @param inputs without those that are initialisers, in graph order
 * @param outputs in graph order, as the file declares them
 * @param metadata entries of {@code metadata_props}; of a key that comes twice the last
 * @param externalFiles files of external data, each once, in the order they are first named
 */
public record ModelHeader(
        List<OnnxValue> inputs, List<OnnxValue> outputs, Map<String, String> metadata, List<Path> externalFiles) {

    public ModelHeader {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        externalFiles = List.copyOf(externalFiles);
    }

    /**
     * Reads the header of a model.
     *
     * @throws ModelException if the model cannot be read, is not ONNX or is cut short, or its external data is missing, too short or
     *     outside the model's folder
     */
    public static ModelHeader read(Model model) {
        Reader reader = new Reader(model.name(), model.path().map(p -> Optional.ofNullable(
                        p.toAbsolutePath().getParent())
                .orElse(p.toAbsolutePath())));
        try {
            if (model.path().isPresent()) {
                try (InputStream in = Files.newInputStream(model.path().get())) {
                    reader.model(CodedInputStream.newInstance(in, 1 << 16));
                }
            } else {
                reader.model(CodedInputStream.newInstance(model.bytes()));
            }
        } catch (IOException e) {
            throw Problems.notOnnx(
                    model.path().map(Path::toString).orElse(model.name()),
                    "is not a protobuf of ONNX or is cut short (" + e.getMessage() + ")");
        }
        return reader.header();
    }

    private static final class Reader {
        private final String model;
        private final Optional<Path> folder;
        private final List<ValueInfoProto> inputs = new ArrayList<>();
        private final List<ValueInfoProto> outputs = new ArrayList<>();
        private final Set<String> initialisers = new HashSet<>();
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final Set<Path> externalFiles = new LinkedHashSet<>();
        private boolean graph;

        private Reader(String model, Optional<Path> folder) {
            this.model = model;
            this.folder = folder;
        }

        private ModelHeader header() {
            if (!graph || outputs.isEmpty()) {
                throw Problems.notOnnx(model, "has no graph");
            }
            return new ModelHeader(
                    inputs.stream()
                            .filter(i -> !initialisers.contains(i.getName()))
                            .map(OnnxGraph::value)
                            .toList(),
                    outputs.stream().map(OnnxGraph::value).toList(),
                    metadata,
                    List.copyOf(externalFiles));
        }

        private void model(CodedInputStream in) throws IOException {
            in.setSizeLimit(Integer.MAX_VALUE);
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                switch (WireFormat.getTagFieldNumber(tag)) {
                    case ModelProto.GRAPH_FIELD_NUMBER -> {
                        int end = in.pushLimit(in.readRawVarint32());
                        graph(in);
                        in.popLimit(end);
                        graph = true;
                    }
                    case ModelProto.METADATA_PROPS_FIELD_NUMBER -> {
                        StringStringEntryProto entry = StringStringEntryProto.parseFrom(in.readByteArray());
                        metadata.put(entry.getKey(), entry.getValue());
                    }
                    default -> in.skipField(tag);
                }
            }
        }

        private void graph(CodedInputStream in) throws IOException {
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                switch (WireFormat.getTagFieldNumber(tag)) {
                    case GraphProto.INPUT_FIELD_NUMBER -> inputs.add(ValueInfoProto.parseFrom(in.readByteArray()));
                    case GraphProto.OUTPUT_FIELD_NUMBER -> outputs.add(ValueInfoProto.parseFrom(in.readByteArray()));
                    case GraphProto.INITIALIZER_FIELD_NUMBER -> {
                        int end = in.pushLimit(in.readRawVarint32());
                        initialiser(in);
                        in.popLimit(end);
                    }
                    default -> in.skipField(tag);
                }
            }
        }

        /** The tensor's name and where its data lies, without the data. */
        private void initialiser(CodedInputStream in) throws IOException {
            TensorProto.Builder tensor = TensorProto.newBuilder();
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                switch (WireFormat.getTagFieldNumber(tag)) {
                    case TensorProto.NAME_FIELD_NUMBER -> tensor.setName(in.readString());
                    case TensorProto.DATA_LOCATION_FIELD_NUMBER ->
                        tensor.setDataLocation(TensorProto.DataLocation.forNumber(in.readEnum()));
                    case TensorProto.EXTERNAL_DATA_FIELD_NUMBER ->
                        tensor.addExternalData(StringStringEntryProto.parseFrom(in.readByteArray()));
                    default -> in.skipField(tag);
                }
            }
            initialisers.add(tensor.getName());
            TensorProto located = tensor.build();
            if (ExternalData.isExternal(located)) {
                externalFiles.add(ExternalData.locate(model, folder, located).file());
            }
        }
    }
}
