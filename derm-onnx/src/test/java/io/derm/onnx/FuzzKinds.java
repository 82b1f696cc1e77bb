package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.derm.api.ModelException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is fuzzed: cfgs, weights and ONNX files, each read as far as the parsers go. Seeds are made here. Confined to one thread. */
final class FuzzKinds {
    static final List<String> NAMES = List.of("cfg", "weights", "onnx");

    /** A depthwise convolution, groups, unequal shortcuts and two heads in as few weights as possible. */
    private static final String SMALL = """
            [net]
            width=32
            height=32
            channels=3
            [convolutional]
            batch_normalize=1
            filters=4
            size=3
            stride=2
            pad=1
            activation=leaky
            [convolutional]
            batch_normalize=1
            filters=4
            groups=4
            size=3
            stride=1
            pad=1
            activation=mish
            [shortcut]
            from=-2
            activation=linear
            [maxpool]
            size=2
            stride=2
            [convolutional]
            filters=12
            size=1
            stride=1
            activation=linear
            [yolo]
            mask=0,1
            anchors=4,5, 8,9, 16,17
            num=3
            classes=1
            scale_x_y=1.05
            [route]
            layers=-3,3
            groups=2
            group_id=1
            [upsample]
            stride=2
            [convolutional]
            filters=6
            size=1
            stride=1
            activation=linear
            [yolo]
            mask=2
            anchors=4,5, 8,9, 16,17
            num=3
            classes=1
            """;

    /** Weights over this are not made up for a cfg; such a cfg is held against a file that is too short. */
    private static final long MAX_MADE = 4L << 20;

    private final Path folder;
    private final List<String> cfgs = new ArrayList<>();
    private final List<byte[]> weights = new ArrayList<>();
    private final CfgMutator cfgMutator;
    private final WeightsMutator weightsMutator;
    private final OnnxMutator onnxMutator;

    FuzzKinds(Path temporary) throws IOException {
        folder = Files.createDirectories(temporary.resolve("models"));
        // often, as it is read in less time than the others
        cfgs.addAll(List.of(SMALL, SMALL, SMALL, SMALL));
        for (String name : SeededNetwork.NAMES) {
            cfgs.add(SeededNetwork.resource(name + ".cfg"));
        }
        for (String cfg : cfgs) {
            weights.add(SeededNetwork.weights(DarknetPlan.of(DarknetCfg.parse("seed.cfg", cfg))));
        }
        cfgMutator = new CfgMutator(cfgs);
        weightsMutator = new WeightsMutator(weights);
        Files.write(folder.resolve("w.bin"), new byte[8192]);
        Files.write(folder.resolve("empty.bin"), new byte[0]);
        Files.createDirectories(folder.resolve("sub"));
        Files.write(folder.resolve("sub").resolve("w.bin"), new byte[100]);
        Files.createSymbolicLink(folder.resolve("link"), Path.of(".."));
        Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
        Files.createSymbolicLink(folder.resolve("sub").resolve("link"), Path.of("../w.bin"));
        onnxMutator = new OnnxMutator(models());
    }

    FuzzRun.Kind kind(String name) {
        return switch (name) {
            case "cfg" -> this::cfg;
            case "weights" -> this::weights;
            case "onnx" -> this::onnx;
            default -> throw new IllegalArgumentException("No kind " + name + ", there are " + NAMES);
        };
    }

    private FuzzRun.Attempt cfg(Choices c) throws IOException {
        Path cfg = Files.write(folder.resolve("a.cfg"), cfgMutator.mutate(c));
        Path file = folder.resolve("a.weights");
        boolean fold = c.oneIn(2);
        boolean ignore = c.oneIn(2);
        Path names = folder.resolve("a.names");
        DarknetImporter importer =
                DarknetImporter.create().foldingBatchNorm(fold).ignoringUnknownOptions(ignore);
        boolean named = c.oneIn(32);
        if (named) {
            Files.write(
                    names,
                    c.scramble((c.text() + "\n").repeat(c.many(20)).getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        }
        DarknetImporter used = named ? importer.withNames(names) : importer;
        return () -> {
            // zeros are weights of the oldest version, whose header is 16 bytes
            long length = 20;
            try {
                DarknetPlan plan = DarknetPlan.of(
                        DarknetCfg.parse("a.cfg", Files.readString(cfg, java.nio.charset.StandardCharsets.ISO_8859_1)));
                long need = 16
                        + 4
                                * plan.needs().stream()
                                        .mapToLong(DarknetWeights.Need::floats)
                                        .sum();
                length = need > MAX_MADE ? 20 : need;
            } catch (ModelException e) {
                // refused below as well
            }
            try (RandomAccessFile w = new RandomAccessFile(file.toFile(), "rw")) {
                w.setLength(length);
            }
            look(used.importModel(cfg, file));
        };
    }

    private FuzzRun.Attempt weights(Choices c) throws IOException {
        int i = c.oneIn(16) ? c.below(cfgs.size()) : 0;
        Path cfg = Files.writeString(
                folder.resolve("b.cfg"),
                c.oneIn(32) ? cfgs.get(i).replaceFirst("filters=\\d+", "filters=" + c.below(70_000)) : cfgs.get(i));
        Path file = Files.write(folder.resolve("b.weights"), weightsMutator.mutate(weights.get(i), c));
        if (c.oneIn(32)) {
            try (RandomAccessFile w = new RandomAccessFile(file.toFile(), "rw")) {
                w.setLength(Math.floorMod(c.number(), 1L << 36));
            }
        }
        boolean fold = c.oneIn(2);
        return () -> DarknetImporter.create().foldingBatchNorm(fold).importModel(cfg, file);
    }

    private FuzzRun.Attempt onnx(Choices c) throws IOException {
        byte[] bytes = onnxMutator.mutate(c);
        if (c.oneIn(2)) {
            return () -> all(OnnxModel.read("m.onnx", bytes), 0);
        }
        Path file = Files.write(folder.resolve("model.onnx"), bytes);
        int write = c.below(8);
        return () -> all(OnnxModel.read(file), write);
    }

    private static void look(OnnxModel model) {
        // which infers all shapes, twice
        ModelReport report = ModelReport.of(model);
        report.toJson();
        report.toText();
    }

    /** Everything, whatever of it is refused. */
    private void all(OnnxModel model, int write) throws IOException {
        ModelException[] refused = {null};
        attempt(refused, () -> look(model));
        List<TensorProto> tensors = List.copyOf(model.graph().initialisers().values());
        for (TensorProto t : tensors.subList(0, Math.min(200, tensors.size()))) {
            attempt(refused, () -> model.bytes(t));
            DataType type = DataType.of(t.getDataType());
            attempt(type.isFloating() ? refused : new ModelException[1], () -> model.floats(t));
            attempt(type == DataType.INT64 ? refused : new ModelException[1], () -> model.longs(t));
        }
        if (write == 1 || write == 2) {
            Path out = folder.resolve("out.onnx");
            attempt(refused, () -> {
                if (write == 1) {
                    model.write(out);
                } else {
                    model.writeWithExternalData(out);
                }
                OnnxModel again = OnnxModel.read(out);
                if (again.graph().nodes().size() != model.graph().nodes().size()) {
                    throw new AssertionError("written with other nodes");
                }
            });
        }
        if (refused[0] != null) {
            throw refused[0];
        }
    }

    private static void attempt(@Nullable ModelException[] refused, Runnable what) {
        try {
            what.run();
        } catch (ModelException e) {
            refused[0] = e;
        }
    }

    private List<ModelProto> models() throws IOException {
        List<ModelProto> models = new ArrayList<>();
        Path cfg = Files.writeString(folder.resolve("seed.cfg"), SMALL);
        Path file = Files.write(folder.resolve("seed.weights"), weights.get(0));
        models.add(DarknetImporter.create().importModel(cfg, file).proto());
        models.add(operators());
        GraphProto.Builder external = GraphProto.newBuilder()
                .setName("external")
                .addInput(OnnxGraph.declare(new OnnxValue("x", DataType.FLOAT, Shape.of(-1, 3, 8, 8))))
                .addOutput(OnnxGraph.declare(new OnnxValue("y", DataType.FLOAT, Shape.UNKNOWN)));
        external.addInitializer(TensorProto.newBuilder()
                .setName("w")
                .setDataType(1)
                .addDims(4)
                .addDims(3)
                .addDims(3)
                .addDims(3)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", "w.bin"))
                .addExternalData(entry("offset", "4096"))
                .addExternalData(entry("length", "432")));
        node(external, "Conv", "y", null, "x", "w");
        models.add(model(external));
        return models;
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private static ModelProto model(GraphProto.Builder g) {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .setProducerName("test")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .addMetadataProps(entry("derm.task", "detect"))
                .setGraph(g)
                .build();
    }

    /** The operators whose shapes are inferred, with the constants that they take them from. */
    private static ModelProto operators() {
        GraphProto.Builder g = GraphProto.newBuilder()
                .setName("operators")
                .addInput(OnnxGraph.declare(new OnnxValue("x", DataType.FLOAT, Shape.of(2, 6, 10, 14))))
                .addOutput(OnnxGraph.declare(new OnnxValue("reshape", DataType.FLOAT, Shape.UNKNOWN)))
                .addInitializer(TensorBytes.longTensor("target", 0, -1))
                .addInitializer(TensorBytes.longTensor("starts", 1, -1))
                .addInitializer(TensorBytes.longTensor("ends", 100, -100))
                .addInitializer(TensorBytes.longTensor("axes", 1, 3))
                .addInitializer(TensorBytes.longTensor("steps", 2, -3))
                .addInitializer(TensorBytes.longTensor("sizes", 1, 2, 3))
                .addInitializer(TensorBytes.longTensor("pads", 0, 0, 1, 2, 0, 0, 3, 4))
                .addInitializer(TensorBytes.longTensor("resized", 2, 6, 7, 9))
                .addInitializer(TensorBytes.longTensor("last", -1))
                .addInitializer(TensorBytes.longTensor("index", 0).toBuilder().clearDims())
                .addInitializer(TensorBytes.floatTensor("scales", new float[] {1, 1, 2, 1.5f}, 4))
                .addInitializer(TensorBytes.floatTensor("weight", new float[4 * 6 * 9], 4, 6, 3, 3))
                .addInitializer(TensorBytes.floatTensor("up", new float[6 * 5 * 4], 6, 5, 2, 2))
                .addInitializer(TensorBytes.floatTensor("matrix", new float[14 * 5], 14, 5));
        node(g, "Conv", "conv", ints("strides", 2, 3), "x", "weight");
        node(g, "ConvTranspose", "deconv", ints("strides", 2, 2), "x", "up");
        node(g, "MaxPool", "max", ints("kernel_shape", 3, 3), "x");
        node(g, "GlobalAveragePool", "pool", null, "x");
        node(g, "Squeeze", "squeeze", null, "pool", "last");
        node(g, "Unsqueeze", "unsqueeze", null, "squeeze", "last");
        node(g, "ReduceMean", "mean", ints("axes", 2, 3), "x");
        node(g, "Flatten", "flat", integer("axis", 1), "x");
        node(g, "MatMul", "product", null, "x", "matrix");
        node(g, "Gemm", "gemm", integer("transB", 1), "flat", "matrix");
        node(g, "Transpose", "transpose", ints("perm", 0, 2, 3, 1), "x");
        node(g, "Slice", "slice", null, "x", "starts", "ends", "axes", "steps");
        g.addNode(NodeProto.newBuilder()
                .setOpType("Split")
                .addAttribute(integer("axis", 1))
                .addInput("x")
                .addInput("sizes")
                .addOutput("s0")
                .addOutput("s1")
                .addOutput("s2"));
        node(g, "Concat", "concat", integer("axis", 1), "x", "s0", "s2");
        node(g, "Pad", "pad", null, "x", "pads");
        node(g, "Resize", "twice", null, "x", "", "scales");
        node(g, "Resize", "to", null, "x", "", "", "resized");
        node(g, "SpaceToDepth", "depth", integer("blocksize", 2), "x");
        node(g, "Constant", "constant", ints("value_ints", 1, 2), new String[0]);
        node(g, "Expand", "expand", null, "pool", "resized");
        node(g, "Shape", "shape", null, "x");
        node(g, "Gather", "side", null, "shape", "index");
        node(g, "Unsqueeze", "sides", null, "side", "last");
        node(g, "Concat", "view", integer("axis", 0), "sides", "last");
        node(g, "Slice", "front", null, "view", "last", "ends");
        node(g, "Add", "sum", null, "view", "target");
        node(g, "Gather", "gather", integer("axis", 2), "x", "last");
        node(g, "Cast", "cast", integer("to", 7), "x");
        node(g, "Reshape", "reshape", null, "x", "view");
        return model(g);
    }

    private static void node(
            GraphProto.Builder g,
            String op,
            String output,
            AttributeProto.@Nullable Builder attribute,
            String... inputs) {
        NodeProto.Builder n =
                NodeProto.newBuilder().setOpType(op).setName(output).addOutput(output);
        if (attribute != null) {
            n.addAttribute(attribute);
        }
        g.addNode(n.addAllInput(List.of(inputs)));
    }

    private static AttributeProto.Builder integer(String name, long v) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(v);
    }

    private static AttributeProto.Builder ints(String name, long... v) {
        AttributeProto.Builder a = AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        for (long i : v) {
            a.addInts(i);
        }
        return a;
    }
}
