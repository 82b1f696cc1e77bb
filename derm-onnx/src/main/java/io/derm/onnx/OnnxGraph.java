package io.derm.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The main graph of a model, indexed by the names of its tensors. Immutable, thread-safe. */
public final class OnnxGraph {
    private final OnnxModel model;
    private final GraphProto proto;
    private final Map<String, TensorProto> initialisers;
    private final Map<String, NodeProto> producers;
    private final Map<String, List<NodeProto>> consumers;
    private final List<OnnxValue> inputs;
    private final List<OnnxValue> outputs;

    OnnxGraph(OnnxModel model) {
        this.model = model;
        this.proto = model.proto().getGraph();
        Map<String, TensorProto> tensors = new LinkedHashMap<>();
        proto.getInitializerList().forEach(t -> tensors.put(t.getName(), t));
        this.initialisers = Collections.unmodifiableMap(tensors);
        Map<String, NodeProto> from = new LinkedHashMap<>();
        Map<String, List<NodeProto>> to = new LinkedHashMap<>();
        for (NodeProto node : proto.getNodeList()) {
            node.getOutputList().stream().filter(o -> !o.isEmpty()).forEach(o -> from.put(o, node));
            node.getInputList().stream().filter(i -> !i.isEmpty()).distinct().forEach(i -> to.computeIfAbsent(
                            i, k -> new ArrayList<>())
                    .add(node));
        }
        this.producers = Collections.unmodifiableMap(from);
        to.replaceAll((k, v) -> List.copyOf(v));
        this.consumers = Collections.unmodifiableMap(to);
        // Exporters of old opsets list initialisers among the inputs too.
        this.inputs = proto.getInputList().stream()
                .filter(i -> !tensors.containsKey(i.getName()))
                .map(OnnxGraph::value)
                .toList();
        this.outputs = proto.getOutputList().stream().map(OnnxGraph::value).toList();
    }

    /** The protobuf message. */
    public GraphProto proto() {
        return proto;
    }

    /** Its inputs without those that are initialisers, in graph order. */
    public List<OnnxValue> inputs() {
        return inputs;
    }

    /** Its outputs in graph order, as the file declares them. */
    public List<OnnxValue> outputs() {
        return outputs;
    }

    /** Its nodes in file order, which ONNX requires to be an order of execution. */
    public List<NodeProto> nodes() {
        return proto.getNodeList();
    }

    /** Its initialisers by name, in file order. */
    public Map<String, TensorProto> initialisers() {
        return initialisers;
    }

    /** The initialiser of that name. */
    public Optional<TensorProto> initialiser(String name) {
        return Optional.ofNullable(initialisers.get(name));
    }

    /** The node that makes that tensor; empty for inputs and initialisers. */
    public Optional<NodeProto> producer(String tensor) {
        return Optional.ofNullable(producers.get(tensor));
    }

    /** The nodes that take that tensor as an input, in file order; those inside subgraphs are not looked for. */
    public List<NodeProto> consumers(String tensor) {
        return consumers.getOrDefault(tensor, List.of());
    }

    /**
     * Type and shape of every tensor by name, as far as the nodes let them be inferred; what cannot be inferred stays unknown.
     *
     * @throws io.derm.api.ModelException if small tensors that shapes depend on cannot be read
     */
    public Map<String, OnnxValue> infer() {
        return new ShapeInference(model, this, -1).run();
    }

    /** What a {@code ValueInfoProto} declares; undefined and unknown for what is not a tensor. */
    static OnnxValue value(ValueInfoProto info) {
        TypeProto.Tensor tensor = info.getType().getTensorType();
        if (!tensor.hasShape()) {
            return new OnnxValue(info.getName(), DataType.of(tensor.getElemType()), Shape.UNKNOWN);
        }
        long[] dims = tensor.getShape().getDimList().stream()
                .mapToLong(
                        d -> d.getValueCase() == TensorShapeProto.Dimension.ValueCase.DIM_VALUE ? d.getDimValue() : -1)
                .toArray();
        return new OnnxValue(info.getName(), DataType.of(tensor.getElemType()), Shape.of(dims));
    }

    /** The declaration of a tensor; free sides are left without a value. */
    static ValueInfoProto declare(OnnxValue value) {
        TypeProto.Tensor.Builder tensor =
                TypeProto.Tensor.newBuilder().setElemType(value.type().number());
        if (value.shape().ranked()) {
            TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
            for (long d : value.shape().dims()) {
                shape.addDim(
                        d < 0
                                ? TensorShapeProto.Dimension.newBuilder()
                                : TensorShapeProto.Dimension.newBuilder().setDimValue(d));
            }
            tensor.setShape(shape);
        }
        return ValueInfoProto.newBuilder()
                .setName(value.name())
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }
}
