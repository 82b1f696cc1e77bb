package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.derm.api.ModelKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelReportTest {
    @TempDir
    Path folder;

    private ModelReport report() throws IOException {
        String text = """
                [net]
                width=32
                height=16
                channels=3
                [convolutional]
                groups=3
                filters=6
                size=3
                stride=2
                pad=1
                batch_normalize=1
                activation=leaky
                [convolutional]
                filters=18
                size=1
                activation=linear
                [yolo]
                mask=0,1,2
                anchors=4,5, 8,9, 16,17
                num=3
                classes=1
                """;
        Path cfg = Files.writeString(folder.resolve("small.cfg"), text);
        Path weights = Files.write(
                folder.resolve("small.weights"),
                SeededNetwork.weights(DarknetPlan.of(DarknetCfg.parse("small.cfg", text))));
        return ModelReport.of(DarknetImporter.create()
                .importModel(cfg, weights)
                .withMetadata("other.key", "not ours")
                .withMetadata(ModelKeys.NAME, "a \"b\"\u001b[31m"));
    }

    @Test
    void figures_ofASmallNetwork_areThoseCountedByHand() throws IOException {
        ModelReport r = report();
        assertThat(r.parameters()).isEqualTo(6 * 9 + 6 + 18 * 6 + 18);
        assertThat(r.parameterBytes()).isEqualTo(4 * r.parameters());
        // 16 x 8 cells: 6 filters of 1 x 3 x 3 (three groups of one channel), then 18 of 6 x 1 x 1
        assertThat(r.flops()).isEqualTo(2L * 16 * 8 * (6 * 9 + 18 * 6));
        assertThat(r.uncounted()).isZero();
        assertThat(r.operators()).containsOnly(java.util.Map.entry("Conv", 2), java.util.Map.entry("LeakyRelu", 1));
        assertThat(r.nodesByPrecision()).containsExactly(java.util.Map.entry(DataType.FLOAT, 3));
        assertThat(r.inputs()).hasToString("[input float32 [1,3,16,32]]");
        assertThat(r.outputs()).hasToString("[yolo_2 float32 [1,18,8,16]]");
        assertThat(r.metadata()).containsEntry(ModelKeys.DECODER, "darknet").doesNotContainKey("other.key");
    }

    @Test
    void flops_ofAFreeBatch_areThoseOfOne() {
        GraphProto.Builder graph = GraphProto.newBuilder()
                .addInput(OnnxGraph.declare(new OnnxValue("x", DataType.FLOAT, Shape.of(-1, 50))))
                .addInitializer(TensorBytes.floatTensor("w", new float[350], 7, 50))
                .addNode(NodeProto.newBuilder()
                        .setOpType("Gemm")
                        .addInput("x")
                        .addInput("w")
                        .addOutput("y")
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("transB")
                                .setType(AttributeProto.AttributeType.INT)
                                .setI(1)));
        ModelReport r = ModelReport.of(
                OnnxModel.of("gemm", ModelProto.newBuilder().setGraph(graph).build()));
        assertThat(r.flops()).isEqualTo(2 * 350);
        assertThat(r.inputs()).hasToString("[x float32 [?,50]]");
    }

    @Test
    void text_hasAFactALine_andNothingThatSteersATerminal() throws IOException {
        assertThat(report().recognised("task", "detect").toText())
                .startsWith("small.onnx: ONNX IR 8, opset 17, by derm-onnx\n  task                   detect\n")
                .contains("  parameters             186 (744 bytes)\n")
                .contains("  precision              float32 3\n")
                .contains("  derm.name              a \"b\"?[31m\n")
                .doesNotContain("\u001b");
    }

    @Test
    void json_hasEveryComponent() throws IOException {
        String json = report().recognised("layout", "darknet").toJson();
        assertThat(json)
                .contains("\"derm.name\": \"a \\\"b\\\"\\u001b[31m\"")
                .contains("\"layout\": \"darknet\"")
                .contains("\"shape\": [1, 18, 8, 16]")
                .contains("\"000_convolutional\": \"float32\"")
                .contains("\"parameters\": 186,")
                .endsWith("}\n");
    }
}
