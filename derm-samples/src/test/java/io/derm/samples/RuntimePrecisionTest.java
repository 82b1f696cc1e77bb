package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.models.DemoModels;
import io.derm.onnx.ModelReport;
import io.derm.onnx.OnnxModel;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Demo models are written as the runtime that runs them wants them. */
class RuntimePrecisionTest {
    // As TensorProto.DataType numbers them.
    private static final int UINT8 = 2;
    private static final int INT8 = 3;

    @ParameterizedTest
    @ValueSource(strings = {"tensorrt", "onnxruntime"})
    void float32_onEitherRuntime_isTheModelItself(String runtime) {
        assertThat(DemoModel.DETECTOR.in(DemoModel.Precision.fp32, runtime).sha256())
                .isEqualTo(DemoModels.detector().sha256());
        assertThat(ModelArgument.of("demo:classifier", runtime).sha256())
                .isEqualTo(DemoModels.classifier().sha256());
    }

    @ParameterizedTest
    @EnumSource(DemoModel.class)
    void int8_isWrittenForTheRuntime(DemoModel demo) {
        OnnxModel cpu = read(demo.in(DemoModel.Precision.int8, "onnxruntime"));
        OnnxModel gpu = read(demo.in(DemoModel.Precision.int8, "tensorrt"));
        // ONNX Runtime has kernels for uint8 and int32 bias, TensorRT takes int8 and float bias alone.
        assertThat(zeroPointTypes(cpu)).contains(UINT8);
        assertThat(zeroPointTypes(gpu)).containsOnly(INT8);
        assertThat(ModelReport.of(cpu).operators()).doesNotContainKey("Cast");
        assertThat(cpu.metadata()).containsEntry(ModelKeys.PRECISION, "int8");
        assertThat(gpu.metadata()).containsEntry(ModelKeys.PRECISION, "int8");
        assertThat(read(ModelArgument.of(demo.argument() + "-int8", "tensorrt")).proto())
                .isEqualTo(gpu.proto());
        assertThat(read(ModelArgument.of(demo.argument() + "-int8")).proto()).isEqualTo(cpu.proto());
    }

    @ParameterizedTest
    @EnumSource(DemoModel.class)
    void float16_isForTensorRtAlone(DemoModel demo) {
        OnnxModel half = read(demo.in(DemoModel.Precision.fp16, "tensorrt"));
        assertThat(half.metadata()).containsEntry(ModelKeys.PRECISION, "float16");
        assertThat(half.proto().getGraph().getInput(0).getType().getTensorType().getElemType())
                .as("the input stays float32")
                .isEqualTo(1);
        assertThatThrownBy(() -> ModelArgument.of(demo.argument() + "-fp16", "onnxruntime"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("computed in float32 by onnxruntime", "--runtime tensorrt");
    }

    @Test
    void commandLine_float16OnTheCpu_isWrongUsageInOneLine() {
        Cli run = Cli.run("detect", "x.png", "--runtime", "onnxruntime", "--precision", "fp16");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("computed in float32 by onnxruntime");
    }

    private static Set<Integer> zeroPointTypes(OnnxModel model) {
        Set<String> names = new HashSet<>();
        model.proto().getGraph().getNodeList().stream()
                .filter(n -> n.getOpType().equals("QuantizeLinear"))
                .forEach(n -> names.add(n.getInput(2)));
        Set<Integer> types = new HashSet<>();
        model.proto().getGraph().getInitializerList().stream()
                .filter(t -> names.contains(t.getName()))
                .forEach(t -> types.add(t.getDataType()));
        return types;
    }

    private static OnnxModel read(Model model) {
        return OnnxModel.read(model.name(), model.bytes());
    }
}
