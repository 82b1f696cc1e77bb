package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import io.derm.onnx.DarknetPlan.Layer;
import io.derm.onnx.DarknetPlan.Size;
import io.derm.onnx.DarknetPlan.Window;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes the layers of a plan as ONNX nodes, with weights as they come out of the file. Confined to one thread, used once. */
final class DarknetEmitter {
    static final int OPSET = 17;
    /** What goes with opset 17. */
    private static final int IR_VERSION = 8;

    private static final float EPSILON = 1e-5f;

    private final DarknetPlan plan;
    private final DarknetWeights weights;
    private final boolean fold;
    private final GraphProto.Builder graph = GraphProto.newBuilder();
    private final List<NodeProto.Builder> nodes = new ArrayList<>();
    private final List<String> tensors = new ArrayList<>();
    private final Set<String> outputs = new HashSet<>();

    DarknetEmitter(DarknetPlan plan, DarknetWeights weights, boolean fold) {
        this.plan = plan;
        this.weights = weights;
        this.fold = fold;
    }

    ModelProto emit(String name, Map<String, String> metadata) {
        graph.setName(name);
        graph.addInput(
                OnnxGraph.declare(new OnnxValue("input", DataType.FLOAT, Shape.of(1, 3, plan.height(), plan.width()))));
        for (Layer l : plan.layers()) {
            String before = tensors.isEmpty() ? "input" : tensors.get(tensors.size() - 1);
            tensors.add(layer(l, before, String.format("%03d_%s", l.section().index(), l.kind())));
        }
        nodes.forEach(graph::addNode);
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("derm-onnx")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .setGraph(graph);
        metadata.forEach((k, v) -> model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(k).setValue(v)));
        return model.build();
    }

    private String layer(Layer l, String x, String name) {
        return switch (l.kind()) {
            case "convolutional" -> convolution(l, x, name);
            case "maxpool" -> add("MaxPool", name, List.of(x), window(l.window(), l.in(), l.out()));
            case "local_avgpool" -> add("AveragePool", name, List.of(x), window(l.window(), l.in(), l.out()));
            case "avgpool" -> add("GlobalAveragePool", name, List.of(x), List.of());
            case "upsample" -> upsample(l, x, name);
            case "reorg3d" ->
                add(
                        "SpaceToDepth",
                        name,
                        List.of(x),
                        List.of(Attributes.integer(
                                "blocksize", l.in().width() / l.out().width())));
            case "route" -> route(l, name);
            case "shortcut" -> shortcut(l, x, name);
            case "sam", "scale_channels" ->
                activation(l, "linear", add("Mul", name, List.of(source(l, 0), x), List.of()), name);
            case "dropout" -> x;
            case "yolo" -> head(l, x);
            default -> throw new IllegalStateException("No plan has a layer of kind " + l.kind());
        };
    }

    private String source(Layer l, int i) {
        return tensors.get(l.sources().get(i));
    }

    private String convolution(Layer l, String x, String name) {
        int filters = l.out().channels();
        int size = l.window().size();
        int groups = l.section().integer("groups", 1, 1, Integer.MAX_VALUE);
        int perFilter = l.in().channels() / groups * size * size;
        boolean batchNorm = DarknetPlan.batchNorm(l);
        float[] bias = weights.next(filters);
        float[] scale = batchNorm ? weights.next(filters) : new float[0];
        float[] mean = batchNorm ? weights.next(filters) : new float[0];
        float[] variance = batchNorm ? weights.next(filters) : new float[0];
        float[] w = weights.next(filters * perFilter);
        if (batchNorm && fold) {
            for (int f = 0; f < filters; f++) {
                double factor = scale[f] / Math.sqrt((double) variance[f] + EPSILON);
                bias[f] = (float) (bias[f] - mean[f] * factor);
                for (int i = f * perFilter; i < (f + 1) * perFilter; i++) {
                    w[i] = (float) (w[i] * factor);
                }
            }
        }
        List<String> inputs = new ArrayList<>(
                List.of(x, floats(name + ".weight", w, filters, l.in().channels() / groups, size, size)));
        if (!batchNorm || fold) {
            inputs.add(floats(name + ".bias", bias, filters));
        }
        List<AttributeProto> attributes = new ArrayList<>(window(l.window(), l.in(), l.out()));
        attributes.add(Attributes.integers(
                "dilations", l.window().dilation(), l.window().dilation()));
        attributes.add(Attributes.integer("group", groups));
        String y = add("Conv", name, inputs, attributes);
        if (batchNorm && !fold) {
            y = add(
                    "BatchNormalization",
                    name + "_norm",
                    List.of(
                            y,
                            floats(name + ".scale", scale, filters),
                            floats(name + ".bias", bias, filters),
                            floats(name + ".mean", mean, filters),
                            floats(name + ".variance", variance, filters)),
                    List.of(Attributes.number("epsilon", EPSILON)));
        }
        return activation(l, "logistic", y, name);
    }

    /** Kernel, strides and pads. What the last window does not reach is not padded: some runtimes refuse more than is needed. */
    private static List<AttributeProto> window(Window w, Size in, Size out) {
        int reach = w.dilation() * (w.size() - 1) + 1;
        int bottom = (out.height() - 1) * w.strideY() + reach - in.height() - w.before();
        int right = (out.width() - 1) * w.strideX() + reach - in.width() - w.before();
        return List.of(
                Attributes.integers("kernel_shape", w.size(), w.size()),
                Attributes.integers("strides", w.strideY(), w.strideX()),
                Attributes.integers("pads", w.before(), w.before(), Math.max(bottom, 0), Math.max(right, 0)));
    }

    private String upsample(Layer l, String x, String name) {
        int stride = l.out().width() / l.in().width();
        String scales = floats(name + ".scales", new float[] {1, 1, stride, stride}, 4);
        String y = add(
                "Resize",
                name,
                List.of(x, "", scales),
                List.of(
                        Attributes.string("mode", "nearest"),
                        Attributes.string("coordinate_transformation_mode", "asymmetric"),
                        Attributes.string("nearest_mode", "floor")));
        float scale = (float) l.section().number("scale", 1);
        return scale == 1
                ? y
                : add("Mul", name + "_scale", List.of(y, floats(name + ".scale", new float[] {scale})), List.of());
    }

    private String route(Layer l, String name) {
        int groups = l.section().integer("groups", 1, 1, Integer.MAX_VALUE);
        int group = l.section().integer("group_id", 0, 0, groups - 1);
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < l.sources().size(); i++) {
            int width = plan.layers().get(l.sources().get(i)).out().channels() / groups;
            parts.add(
                    groups == 1
                            ? source(l, i)
                            : channels(source(l, i), name + "_group" + i, (long) group * width, (group + 1L) * width));
        }
        return parts.size() == 1 ? parts.get(0) : add("Concat", name, parts, List.of(Attributes.integer("axis", 1)));
    }

    private String shortcut(Layer l, String x, String name) {
        String sum = x;
        int channels = l.in().channels();
        for (int i = 0; i < l.sources().size(); i++) {
            int theirs = plan.layers().get(l.sources().get(i)).out().channels();
            String part = source(l, i);
            // Darknet adds as many channels as both have.
            if (theirs > channels) {
                part = channels(part, name + "_part" + i, 0, channels);
            } else if (theirs < channels) {
                String pads = longs(name + ".pads" + i, 0, 0, 0, 0, 0, channels - theirs, 0, 0);
                part = add("Pad", name + "_part" + i, List.of(part, pads), List.of());
            }
            sum = add("Add", i == 0 ? name : name + "_" + i, List.of(sum, part), List.of());
        }
        return activation(l, "linear", sum, name);
    }

    private String channels(String x, String name, long from, long to) {
        return add(
                "Slice",
                name,
                List.of(x, longs(name + ".from", from), longs(name + ".to", to), longs(name + ".axis", 1)),
                List.of());
    }

    private String activation(Layer l, String otherwise, String x, String name) {
        String kind = l.section().text("activation", otherwise);
        String y = name + "_" + kind;
        return switch (kind) {
            case "leaky" -> add("LeakyRelu", y, List.of(x), List.of(Attributes.number("alpha", 0.1f)));
            case "relu" -> add("Relu", y, List.of(x), List.of());
            case "relu6" ->
                add(
                        "Clip",
                        y,
                        List.of(x, floats(y + ".min", new float[] {0}), floats(y + ".max", new float[] {6})),
                        List.of());
            case "logistic" -> add("Sigmoid", y, List.of(x), List.of());
            case "tanh" -> add("Tanh", y, List.of(x), List.of());
            case "elu" -> add("Elu", y, List.of(x), List.of());
            case "swish" -> add("Mul", y, List.of(x, add("Sigmoid", y + "_sigmoid", List.of(x), List.of())), List.of());
            case "mish" -> {
                String softplus = add("Softplus", y + "_softplus", List.of(x), List.of());
                String tanh = add("Tanh", y + "_tanh", List.of(softplus), List.of());
                yield add("Mul", y, List.of(x, tanh), List.of());
            }
            default -> x;
        };
    }

    /** Makes the tensor before a [yolo] section an output, named by its stride. */
    private String head(Layer l, String x) {
        String name = "yolo_" + plan.width() / l.in().width();
        if (!outputs.add(name)) {
            name = name + "_" + l.section().index();
            outputs.add(name);
        }
        NodeProto.Builder last = nodes.get(nodes.size() - 1);
        if (last.getOutput(0).equals(x) && !outputs.contains(x)) {
            last.setOutput(0, name);
            String renamed = name;
            tensors.replaceAll(t -> t.equals(x) ? renamed : t);
        } else {
            add("Identity", name, List.of(x), List.of());
        }
        graph.addOutput(OnnxGraph.declare(
                new OnnxValue(name, DataType.FLOAT, Shape.of(1, l.in().channels(), l.in().height(), l.in().width()))));
        return name;
    }

    private String add(String op, String name, List<String> inputs, List<AttributeProto> attributes) {
        nodes.add(NodeProto.newBuilder()
                .setOpType(op)
                .setName(name)
                .addAllInput(inputs)
                .addOutput(name)
                .addAllAttribute(attributes));
        return name;
    }

    private String floats(String name, float[] values, long... dims) {
        graph.addInitializer(TensorBytes.floatTensor(name, values, dims));
        return name;
    }

    private String longs(String name, long... values) {
        graph.addInitializer(TensorBytes.longTensor(name, values));
        return name;
    }
}
