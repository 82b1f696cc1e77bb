package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.derm.api.ElementType;
import io.derm.api.InferenceException;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import io.derm.onnx.MixedPrecision.Converted;
import io.derm.onnx.PrecisionReport.Node;
import io.derm.onnx.PrecisionReport.Reason;
import io.derm.ort.OrtRuntime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The rules of conversion, on graphs of a few nodes whose numbers can be worked out by hand. */
class MixedPrecisionTest {
    private static final SessionOptions OPTIONS = SessionOptions.defaults().withThreads(1);
    private static final float[] SAMPLE = {1, -2, 0.1f, 3};

    /** x, float32 [1,4], times 2, plus 1, and a softmax. */
    private static SmallGraph chain() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 4)
                .output("y", DataType.FLOAT, 1, 4)
                .floats("two", new float[] {2})
                .floats("one", new float[] {1});
        g.node("Mul", "double", "x", "two");
        g.node("Add", "more", "double", "one");
        g.node("Softmax", "y", "more");
        return g;
    }

    private static Converted convert(MixedPrecision pass, OnnxModel model) {
        Converted c = pass.convert(model, new OrtRuntime(), OPTIONS, samples(SAMPLE), Progress.NONE);
        sound(c);
        return c;
    }

    /** Sound by ONNX; ONNX Runtime has no arithmetic in bfloat16, what is float16 or an emulation has to load. */
    private static void sound(Converted c) {
        assertThat(ModelCheck.of(c.model())).isEmpty();
        if (c.report().type() == DataType.FLOAT16) {
            run(c.model(), SAMPLE);
        }
    }

    private static Samples samples(float... x) {
        return Samples.of(List.of(input(x)));
    }

    private static Tensors input(float... x) {
        Tensor t = Tensor.allocate("x", ElementType.FLOAT32, 1, x.length);
        t.floats().put(0, x);
        return Tensors.of(t);
    }

    private static float[] run(OnnxModel model, float... x) {
        try (Session session = new OrtRuntime().open(model.toModel(), OPTIONS)) {
            Tensor out = session.run(input(x)).get(0);
            float[] values = new float[out.elements()];
            out.floats().get(0, values);
            return values;
        }
    }

    private static Map<String, Reason> kept(Converted c) {
        Map<String, Reason> kept = new LinkedHashMap<>();
        c.report().kept().forEach(n -> kept.put(n.name(), n.reason().orElseThrow()));
        return kept;
    }

    private static List<String> operators(OnnxModel model) {
        return model.graph().nodes().stream().map(NodeProto::getOpType).toList();
    }

    private static DataType typeOf(OnnxModel model, String tensor) {
        return model.graph().infer().get(tensor).type();
    }

    @Test
    void chain_hasACastAtEachEnd_andConstantsOf16Bits() {
        Converted c = convert(MixedPrecision.to(DataType.FLOAT16), chain().build());
        assertThat(operators(c.model())).containsExactly("Cast", "Mul", "Add", "Softmax", "Cast");
        assertThat(c.report().casts()).isEqualTo(2);
        assertThat(c.report().kept()).isEmpty();
        assertThat(c.model().graph().inputs()).hasToString("[x float32 [1,4]]");
        assertThat(c.model().graph().outputs()).hasToString("[y float32 [1,4]]");
        assertThat(c.model().graph().initialisers().values())
                .allMatch(t -> t.getDataType() == DataType.FLOAT16.number())
                .hasSize(2);
        assertThat(c.model().opset()).isEqualTo(17);
    }

    @Test
    void inputsAndOutputs_convertedOnDemand_needNoCasts() {
        Converted c = MixedPrecision.to(DataType.FLOAT16)
                .convertingInputsAndOutputs(true)
                .convert(chain().build());
        assertThat(ModelCheck.of(c.model())).isEmpty();
        assertThat(operators(c.model())).containsExactly("Mul", "Add", "Softmax");
        assertThat(c.model().graph().inputs()).hasToString("[x float16 [1,4]]");
        assertThat(c.model().graph().outputs()).hasToString("[y float16 [1,4]]");
        new OrtRuntime().open(c.model().toModel(), OPTIONS).close();
        // An output that a float32 node makes, and an input that one takes, are cast all the same.
        Converted mixed = MixedPrecision.to(DataType.FLOAT16)
                .convertingInputsAndOutputs(true)
                .keeping(List.of("double", "y"))
                .convert(chain().build());
        assertThat(ModelCheck.of(mixed.model())).isEmpty();
        assertThat(operators(mixed.model())).containsExactly("Cast", "Mul", "Cast", "Add", "Cast", "Softmax", "Cast");
        assertThat(mixed.model().graph().outputs()).hasToString("[y float16 [1,4]]");
        new OrtRuntime().open(mixed.model().toModel(), OPTIONS).close();
    }

    @Test
    void keeping_andOnly_decideByName_andKeepingGoesFirst() {
        OnnxModel model = chain().build();
        assertThat(kept(convert(MixedPrecision.to(DataType.FLOAT16).keeping(List.of("dou*")), model)))
                .containsExactly(Map.entry("double", Reason.NAMED));
        assertThat(kept(convert(MixedPrecision.to(DataType.FLOAT16).only(List.of("more")), model)))
                .containsExactly(Map.entry("double", Reason.NOT_SELECTED), Map.entry("y", Reason.NOT_SELECTED));
        assertThat(kept(convert(
                        MixedPrecision.to(DataType.FLOAT16)
                                .only(List.of("more", "y"))
                                .keeping(List.of("y")),
                        model)))
                .containsExactly(Map.entry("double", Reason.NOT_SELECTED), Map.entry("y", Reason.NAMED));
    }

    @Test
    void names_ofNoNode_areRefused() {
        OnnxModel model = chain().build();
        for (MixedPrecision pass : List.of(
                MixedPrecision.to(DataType.FLOAT16).keeping(List.of("dou*", "moer")),
                MixedPrecision.to(DataType.FLOAT16).only(List.of("more", "moer")))) {
            assertThatThrownBy(() -> convert(pass, model))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(" is called 'moer', expected names of its nodes");
        }
    }

    @Test
    void largeActivation_keepsItsMakerAndTakers_untilTheLimitIsRaised() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 4)
                .output("y", DataType.FLOAT, 1, 4)
                .floats("large", new float[] {200})
                .floats("small", new float[] {0.001f});
        g.node("Mul", "up", "x", "large");
        g.node("Mul", "down", "up", "small");
        g.node("Sigmoid", "y", "down");
        Converted c = convert(MixedPrecision.to(DataType.FLOAT16), g.build());
        assertThat(kept(c)).containsExactly(Map.entry("up", Reason.ACTIVATION), Map.entry("down", Reason.ACTIVATION));
        assertThat(c.report().node("up").map(Node::detail)).hasValue("output 'up' reaches 600.0, over 512");
        assertThat(c.report().node("down").map(Node::detail)).hasValue("input 'up' reaches 600.0, over 512");
        assertThat(kept(convert(MixedPrecision.to(DataType.FLOAT16).withMaxValue(600), g.build())))
                .isEmpty();
        assertThat(kept(convert(MixedPrecision.to(DataType.BFLOAT16), g.build())))
                .isEmpty();
        assertThat(MixedPrecision.to(DataType.FLOAT16)
                        .convert(g.build())
                        .report()
                        .kept())
                .isEmpty();
    }

    @Test
    void constants_overTheRangeKeepTheirNode_andTinyOnesBecomeTheSmallest() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 4)
                .output("y", DataType.FLOAT, 1, 4)
                .floats("w", new float[] {1e-9f, -1e-9f, 0, 1}, 4)
                .floats("huge", new float[] {-70000});
        g.node("Mul", "tiny", "x", "w");
        g.node("Max", "y", "tiny", "huge");
        Converted c = convert(MixedPrecision.to(DataType.FLOAT16), g.build());
        assertThat(kept(c)).containsExactly(Map.entry("y", Reason.INITIALISER));
        assertThat(c.report().node("y").map(Node::detail)).hasValue("'huge' has -70000.0, over 65504");
        assertThat(c.report().raised()).isEqualTo(2);
        assertThat(c.model().floats(c.model().graph().initialiser("w.float16").orElseThrow()))
                .containsExactly(0x1p-24f, -0x1p-24f, 0, 1);
        assertThat(kept(convert(MixedPrecision.to(DataType.BFLOAT16), g.build())))
                .isEmpty();
    }

    @Test
    void constant_ofNodesOfBothKinds_isThereTwice_andATensorIsCastOnceForAll() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 4)
                .output("y", DataType.FLOAT, 1, 4)
                .floats("k", new float[] {3});
        g.node("Mul", "a", "x", "k");
        g.node("Add", "high", "a", "k");
        g.node("Sub", "high2", "a", "k");
        g.node("Mul", "b", "a", "high");
        g.node("Mul", "c", "high", "high2");
        g.node("Add", "y", "b", "c");
        Converted c = convert(MixedPrecision.to(DataType.FLOAT16).keeping(List.of("high*")), g.build());
        assertThat(c.model().graph().initialisers().keySet()).containsExactlyInAnyOrder("k", "k.float16");
        // Down x, high and high2, up a and y.
        assertThat(c.report().casts()).isEqualTo(5);
        float[] expected = run(g.build(), SAMPLE);
        float[] found = run(c.model(), SAMPLE);
        for (int i = 0; i < expected.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], within(0.01f * 40));
        }
    }

    @Test
    void output_thatIsTakenToo_keepsItsNameAndType() {
        SmallGraph g = chain().output("more", DataType.FLOAT, 1, 4);
        Converted c = convert(MixedPrecision.to(DataType.FLOAT16), g.build());
        assertThat(typeOf(c.model(), "more")).isEqualTo(DataType.FLOAT);
        assertThat(typeOf(c.model(), "more.float16")).isEqualTo(DataType.FLOAT16);
        assertThat(c.report().casts()).isEqualTo(3);
    }

    /** Resize, Clip, Concat, Slice, Softmax, Reshape with shapes read off, NonMaxSuppression. */
    private static SmallGraph picture() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 12)
                .output("y", DataType.FLOAT, 1, 3, 4, 4)
                .output("boxes", DataType.INT64, -1, 3)
                .longs("image", 1, 3, 2, 2)
                .longs("table", 1, 3, 4)
                .longs("from", 0)
                .longs("one", 1)
                .longs("to", 2)
                .longs("three", 3)
                .longs("axis", 1)
                .floats("scales", new float[] {1, 1, 2, 2}, 4)
                .floats("low", new float[] {0})
                .floats("high", new float[] {6});
        g.tensor("low").clearDims();
        g.tensor("high").clearDims();
        g.node("Sigmoid", "s", "x");
        g.node("Reshape", "r", "s", "image");
        g.node("Resize", "big", "r", "", "scales");
        g.node("Clip", "clipped", "big", "low", "high");
        g.node("Slice", "part", "clipped", "from", "to", "axis");
        g.node("Slice", "rest", "clipped", "to", "three", "axis");
        g.node("Concat", "joined", "part", "rest").addAttribute(SmallGraph.integer("axis", 1));
        g.node("Shape", "shape", "joined");
        g.node("Softmax", "soft", "joined");
        g.node("Reshape", "y", "soft", "shape");
        g.node("Reshape", "rows", "s", "table");
        g.node("Transpose", "scores", "rows").addAttribute(SmallGraph.integers("perm", 0, 2, 1));
        g.node("Slice", "few", "scores", "from", "one", "axis");
        g.node("NonMaxSuppression", "boxes", "rows", "few");
        return g;
    }

    @Test
    void operators_thatStay_stay_andResizeKeepsItsScales() {
        SmallGraph g = picture();
        float[] x = new float[12];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) Math.sin(i);
        }
        for (DataType type : List.of(DataType.FLOAT16, DataType.BFLOAT16)) {
            Converted c =
                    MixedPrecision.to(type).convert(g.build(), new OrtRuntime(), OPTIONS, samples(x), Progress.NONE);
            assertThat(ModelCheck.of(c.model())).isEmpty();
            assertThat(kept(c)).containsExactly(Map.entry("boxes", Reason.OPERATOR));
            assertThat(c.report().node("boxes").map(Node::detail)).hasValue("NonMaxSuppression always stays");
            assertThat(typeOf(c.model(), "scales")).isEqualTo(DataType.FLOAT);
            assertThat(typeOf(c.model(), "big")).isEqualTo(type);
            assertThat(c.report().opset()).isEqualTo(17);
            float[] expected = run(g.build(), x);
            OnnxModel runs = type == DataType.FLOAT16
                    ? c.model()
                    : MixedPrecision.to(type).emulating(true).convert(g.build()).model();
            float[] found = run(runs, x);
            for (int i = 0; i < expected.length; i++) {
                assertThat(found[i]).isCloseTo(expected[i], within(0.01f));
            }
        }
    }

    @Test
    void movingNodes_betweenFloat32_stay() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 4)
                .output("y", DataType.FLOAT, 4, 1)
                .longs("four", 4, 1);
        g.node("Relu", "a", "x");
        g.node("Transpose", "b", "a");
        g.node("Reshape", "c", "b", "four");
        g.node("Relu", "y", "c");
        Converted c = convert(MixedPrecision.to(DataType.FLOAT16).keeping(List.of("a", "y")), g.build());
        assertThat(kept(c))
                .containsEntry("b", Reason.NEIGHBOURS)
                .containsEntry("c", Reason.NEIGHBOURS)
                .hasSize(4);
        assertThat(c.report().casts()).isZero();
        assertThat(kept(convert(MixedPrecision.to(DataType.FLOAT16).keeping(List.of("a")), g.build())))
                .containsExactly(Map.entry("a", Reason.NAMED));
    }

    @Test
    void bfloat16_takesTheFirstOpsetWithTheMostOperators_elseSaysWhy() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 4)
                .output("y", DataType.FLOAT, 1, 1)
                .floats("w", 1, 1, 1, 1)
                .longs("image", 1, 1, 2, 2)
                .longs("flat", 1, 4);
        g.node("Reshape", "r", "x", "image");
        g.node("Conv", "conv", "r", "w");
        g.node("Reshape", "f", "conv", "flat");
        g.node("ReduceMean", "y", "f").addAttribute(SmallGraph.integers("axes", 1));
        Converted c = convert(MixedPrecision.to(DataType.BFLOAT16), g.build());
        assertThat(c.model().opset()).isEqualTo(22);
        assertThat(c.model().proto().getIrVersion()).isEqualTo(10);
        assertThat(kept(c)).isEmpty();
        assertThat(c.model().graph().producer("y.bfloat16").orElseThrow().getInputCount())
                .isEqualTo(2);
        // A graph inside a node is not rewritten, so the opset stays.
        g.node("If", "z", "yes").addAttribute(branch("then_branch")).addAttribute(branch("else_branch"));
        g.bytes("yes", DataType.BOOL, 1).output("z", DataType.FLOAT, 1, 1);
        Converted old = convert(MixedPrecision.to(DataType.BFLOAT16), g.build());
        assertThat(old.model().opset()).isEqualTo(17);
        assertThat(kept(old)).containsEntry("conv", Reason.OPERATOR).containsEntry("z", Reason.OPERATOR);
        assertThat(old.report().node("conv").map(Node::detail))
                .hasValue("Conv has no bfloat16 at opset 17, only from 22 on");
        // What the graph inside reads is there in float32 under its name.
        assertThat(typeOf(old.model(), "y")).isEqualTo(DataType.FLOAT);
    }

    private static AttributeProto branch(String name) {
        SmallGraph inner = new SmallGraph(17, 8).output(name + "_out", DataType.FLOAT, 1, 1);
        inner.node("Neg", name + "_out", "y");
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(inner.graph.setName(name))
                .build();
    }

    @Test
    void casts_thatTheModelHas_areNotDoubled() {
        SmallGraph g = new SmallGraph(17, 8).input("x", DataType.FLOAT, 1, 4).output("y", DataType.FLOAT, 1, 4);
        g.node("Cast", "half", "x").addAttribute(SmallGraph.integer("to", DataType.FLOAT16.number()));
        g.node("Relu", "positive", "half");
        g.node("Cast", "back", "positive").addAttribute(SmallGraph.integer("to", DataType.FLOAT.number()));
        g.node("Sigmoid", "y", "back");
        Converted c = convert(MixedPrecision.to(DataType.FLOAT16), g.build());
        assertThat(operators(c.model())).containsExactly("Cast", "Relu", "Sigmoid", "Cast");
    }

    @Test
    void emulation_roundsEachTensor_inOnnxRuntime() {
        OnnxModel model = chain().build();
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 4)
                .output("y", DataType.FLOAT, 1, 4)
                .floats("k", new float[] {1000})
                .floats("r", new float[] {1f / 1024});
        g.node("Mul", "a", "x", "k");
        g.node("Mul", "y", "a", "r");
        float[] x = {0.1f, 1 + 0x1p-11f, 3, 70000};
        for (SixteenBits type : SixteenBits.values()) {
            OnnxModel emulated = MixedPrecision.to(type.type())
                    .emulating(true)
                    .convert(g.build())
                    .model();
            assertThat(ModelCheck.of(emulated)).isEmpty();
            float[] expected = new float[4];
            for (int i = 0; i < 4; i++) {
                float a = round(type, round(type, x[i]) * round(type, 1000));
                expected[i] = round(type, a * round(type, 1f / 1024));
            }
            assertThat(run(emulated, x)).containsExactly(expected);
        }
        // The runtime itself does not round between nodes: the largest would be infinite.
        assertThat(run(MixedPrecision.to(DataType.FLOAT16).convert(g.build()).model(), x)[3])
                .isFinite();
        assertThat(model.opset()).isEqualTo(17);
    }

    private static float round(SixteenBits type, float v) {
        return type.value(type.bits(v));
    }

    @Test
    void notFiniteActivation_isRefused_withItsTensor() {
        SmallGraph g = new SmallGraph(17, 8).input("x", DataType.FLOAT, 1, 4).output("y", DataType.FLOAT, 1, 4);
        g.node("Log", "logarithm", "x");
        g.node("Relu", "y", "logarithm");
        assertThatThrownBy(() -> convert(MixedPrecision.to(DataType.FLOAT16), g.build()))
                .isInstanceOf(InferenceException.class)
                .hasMessage("[DERM-100] Tensor 'logarithm' of small.onnx has NaN on sample 0, expected finite numbers."
                        + " Remedy: Check the model in float32 on these pictures before converting it.");
    }

    @Test
    void arguments_thatMakeNoSense_areRefused() {
        MixedPrecision pass = MixedPrecision.to(DataType.FLOAT16);
        assertThatThrownBy(() -> MixedPrecision.to(DataType.FLOAT)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pass.withMaxValue(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pass.withinTolerance(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pass.withinTolerance(0.1).convert(chain().build()))
                .isInstanceOf(IllegalStateException.class);
        assertThat(pass.keeping(List.of("a*")).only(List.of("b")).withinTolerance(0.01))
                .hasToString("float16, activations up to 512.0, without a*, only b, within 0.01");
    }

    @Test
    void report_saysWhichAndWhy() {
        Converted c = convert(MixedPrecision.to(DataType.FLOAT16).keeping(List.of("more")), chain().build());
        assertThat(c.report().toText()).isEqualTo("""
                small.onnx: float16 in 2 of 3 nodes, opset 17
                  casts added            4
                  constants raised       0
                  float32 for            named 1
                  float32                Add 'more', named
                """);
        assertThat(c.report().toJson())
                .contains("\"type\": \"float16\"", "\"casts\": 4", "\"named\": 1", "\"reason\": \"named\"");
        assertThat(c.report().reasons()).containsExactly(Map.entry(Reason.NAMED, 1));
        assertThat(c.report().node("y")).hasToString("Optional[Softmax 'y' float16]");
    }

    @Test
    void search_keepsThePlantedNode_andNoOther() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 4)
                .output("y", DataType.FLOAT, 1, 4)
                .floats("fine", new float[] {1, 1, 1, 1}, 4)
                .floats("shift", new float[] {1000})
                .floats("half", new float[] {0.5f});
        g.node("Mul", "a", "x", "half");
        g.node("Sigmoid", "b", "a");
        // 1000 plus a little has steps of a half, and the little is what counts after it.
        g.node("Add", "planted", "b", "shift");
        g.node("Sub", "c", "planted", "shift");
        g.node("Mul", "d", "c", "fine");
        g.node("Tanh", "y", "d");
        MixedPrecision pass = MixedPrecision.to(DataType.FLOAT16).withMaxValue(65504);
        List<String> steps = new ArrayList<>();
        Converted c = pass.withinTolerance(1e-2)
                .convert(
                        g.build(),
                        new OrtRuntime(),
                        OPTIONS,
                        samples(SAMPLE),
                        (what, done, total) -> steps.add(what + " " + done + "/" + total));
        sound(c);
        assertThat(steps).contains("sensitivity 1/2", "sensitivity 2/2");
        // Both sides of the tensor have to be float32 for it to keep its digits.
        assertThat(kept(c)).containsExactly(Map.entry("planted", Reason.TOLERANCE), Map.entry("c", Reason.TOLERANCE));
        OnnxModel emulated = pass.keeping(List.of("planted", "c"))
                .emulating(true)
                .convert(g.build())
                .model();
        LargestError error = new LargestError(g.build(), new OrtRuntime(), OPTIONS, samples(SAMPLE));
        assertThat(error.of(emulated, 1)).isLessThan(1e-2);
        assertThat(error.of(pass.emulating(true).convert(g.build()).model(), 1)).isGreaterThan(0.1);
        assertThat(kept(pass.withinTolerance(0.9)
                        .convert(g.build(), new OrtRuntime(), OPTIONS, samples(SAMPLE), Progress.NONE)))
                .isEmpty();
    }
}
