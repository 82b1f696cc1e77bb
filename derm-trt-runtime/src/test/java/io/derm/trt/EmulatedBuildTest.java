package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.SessionOptions;
import io.derm.api.contract.InferenceRuntimeContract;
import io.derm.onnx.OnnxModel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.BuilderFlag;
import org.bytedeco.tensorrt.global.nvinfer.HardwareCompatibilityLevel;
import org.bytedeco.tensorrt.global.nvinfer.MemoryPoolType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What TensorRT's builder and parser are told, and what comes of what they say, on the emulated device. */
@Tag("emulated")
class EmulatedBuildTest {
    private static final Model AFFINE = InferenceRuntimeContract.AFFINE;

    @TempDir
    Path cache;

    private final TrtRuntime runtime = new TrtRuntime();

    @BeforeAll
    static void load() {
        EmulatedDevice.load();
    }

    @BeforeEach
    void countFromZero() {
        EmulatedDevice.reset();
    }

    @AfterEach
    void leavesNothingBehind() {
        EmulatedDevice.assertClean();
    }

    private SessionOptions options(String... more) {
        Map<String, String> properties = new HashMap<>(Map.of(TrtOptions.CACHE, cache.toString()));
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        return new SessionOptions(0, 8, properties);
    }

    @Test
    void open_everyOptionOfTheBuilder_reachesIt() {
        runtime.open(
                        AFFINE,
                        options(
                                TrtOptions.OPTIMIZATION_LEVEL, "5",
                                TrtOptions.WORKSPACE_MIB, "64",
                                TrtOptions.TF32, "false",
                                TrtOptions.COMPATIBILITY, "ampere_plus"))
                .close();
        assertThat(EmulatedDevice.counter("build.optimizationLevel")).isEqualTo(5);
        assertThat(EmulatedDevice.counter("build.pool." + MemoryPoolType.kWORKSPACE.value))
                .isEqualTo(64L << 20);
        assertThat(EmulatedDevice.counter("build.flags") & (1L << BuilderFlag.kTF32.value))
                .isZero();
        assertThat(EmulatedDevice.counter("build.hardwareCompatibilityLevel"))
                .isEqualTo(HardwareCompatibilityLevel.kAMPERE_PLUS.value);
        assertThat(EmulatedDevice.counter("build.profiles")).isEqualTo(1);
        runtime.open(AFFINE, options()).close();
        assertThat(EmulatedDevice.counter("build.flags") & (1L << BuilderFlag.kTF32.value))
                .isNotZero();
        // What the first build measured was there for the second.
        assertThat(EmulatedDevice.counter("build.timingCacheHits")).isEqualTo(1);
    }

    @Test
    void open_operatorThatTensorRtLacks_isOneClearLineThatNamesTheNode() {
        ModelProto.Builder model = OnnxModel.read("affine.onnx", AFFINE.bytes()).proto().toBuilder();
        model.getGraphBuilder().getNodeBuilder(0).setOpType("Sharpen").setName("sharpen_0");
        Model sharpen = Model.of("sharpen.onnx", model.build().toByteArray());
        assertThatThrownBy(() -> runtime.open(sharpen, options()).close())
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith("[DERM-342] TensorRT cannot read sharpen.onnx: node 0")
                .hasMessageContaining("(Sharpen)")
                .hasMessageEndingWith("Remedy: Export the model without what is named, or run it with onnxruntime.")
                .message()
                .doesNotContain("\n");
    }

    @Test
    void open_tiling_reachesTheBuilderOrIsRefusedWhereTensorRtHasNone() {
        SessionOptions moderate = options(TrtOptions.TILING, "moderate");
        if (nvinfer.NV_TENSORRT_MINOR < 8) {
            assertThatThrownBy(() -> runtime.open(AFFINE, moderate))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("trt.tiling is moderate, which TensorRT 10.6 does not have");
            return;
        }
        runtime.open(AFFINE, moderate).close();
        // TilingOptimizationLevel::kMODERATE. The tests compile with the presets of 10.6 too, which have no such class.
        assertThat(EmulatedDevice.counter("build.tilingOptimizationLevel")).isEqualTo(2);
    }

    @Test
    void build_fails_isOneClearLineAndKeepsNothing() {
        EmulatedDevice.fail("buildSerializedNetwork", 1, 1);
        assertThatThrownBy(() -> runtime.open(AFFINE, options()).close())
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith("[DERM-343] TensorRT cannot build an engine of affine.onnx: ");
        assertThat(cache).isDirectoryNotContaining("glob:**.plan");
    }

    @Test
    void open_modelOfFileWithWeightsBeside_isReadWithThem(@TempDir Path folder) {
        Path file = folder.resolve("affine.onnx");
        OnnxModel.read("affine.onnx", AFFINE.bytes()).writeWithExternalData(file);
        runtime.open(Model.of(file), options()).close();
        assertThat(EmulatedDevice.counter("calls.buildSerializedNetwork")).isEqualTo(1);
    }
}
