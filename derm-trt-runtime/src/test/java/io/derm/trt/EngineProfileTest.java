package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.contract.InferenceRuntimeContract;
import io.derm.onnx.DataType;
import io.derm.onnx.ModelHeader;
import io.derm.onnx.OnnxValue;
import io.derm.onnx.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EngineProfileTest {
    private static final Model MODEL = InferenceRuntimeContract.AFFINE;

    private static EngineProfile of(Model model, OnnxValue... inputs) {
        OnnxValue output = new OnnxValue("y", DataType.FLOAT, Shape.of(-1, 5));
        return EngineProfile.of(model, new ModelHeader(List.of(inputs), List.of(output), Map.of(), List.of()), 8, 32);
    }

    private static OnnxValue input(DataType type, long... shape) {
        return new OnnxValue("x", type, Shape.of(shape));
    }

    @Test
    void of_freeBatch_runsFromOneToTheLimit() {
        EngineProfile profile = of(MODEL, input(DataType.FLOAT, -1, 3, 224, 192));
        assertThat(profile.freeBatch()).isTrue();
        assertThat(profile.batch()).isEqualTo(8);
        assertThat(profile.maxBatch()).isEqualTo(32);
        assertThat(profile.text()).isEqualTo("x=1..8..32x3x224x192");
        assertThat(profile.shape(profile.signature().inputs().get(0), 5)).containsExactly(5, 3, 224, 192);
        assertThat(profile.signature().inputs().get(0).dim(0)).isEqualTo(-1);
    }

    @Test
    void of_fixedBatch_isThatBatch() {
        EngineProfile profile = of(MODEL, input(DataType.FLOAT16, 4, 3, 64, 64));
        assertThat(profile.freeBatch()).isFalse();
        assertThat(profile.maxBatch()).isEqualTo(4);
    }

    @Test
    void of_freeSize_isTakenFromTheMetadata() {
        Model sized = MODEL.with("derm.input.size", "640x480");
        EngineProfile nchw = of(sized, input(DataType.FLOAT, 1, 3, -1, -1));
        assertThat(nchw.text()).isEqualTo("x=1x3x480x640");
        EngineProfile nhwc = of(sized, input(DataType.UINT8, -1, -1, -1, 3));
        assertThat(nhwc.text()).isEqualTo("x=1..8..32x480x640x3");
        assertThat(nhwc.signature().inputs().get(0).shape()).containsExactly(-1, 480, 640, 3);
    }

    @Test
    void of_freeSizeThatNothingSays_isOneClearLine() {
        assertThatThrownBy(() -> of(MODEL, input(DataType.FLOAT, 1, 3, -1, -1)))
                .isInstanceOf(ModelException.class)
                .hasMessage(
                        "[DERM-341] Input x float32 [1,3,?,?] of affine.onnx has free sides besides the batch, and TensorRT builds"
                                + " for given sizes. Remedy: State derm.input.size=WIDTHxHEIGHT, or export the model with fixed sizes.");
        assertThatThrownBy(() -> of(MODEL, input(DataType.FLOAT, 1, -1), input(DataType.FLOAT, 1, 3, 8, 8)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("DERM-341");
    }

    @Test
    void of_typeWithoutAName_isOneClearLine() {
        assertThatThrownBy(() -> of(MODEL, input(DataType.BFLOAT16, 1, 3, 8, 8)))
                .isInstanceOf(ModelException.class)
                .hasMessage(
                        "[DERM-340] Tensor 'x' of affine.onnx has elements of type bfloat16, expected float32, float16, uint8,"
                                + " int8, int32, int64 or bool. Remedy: Add a Cast to one of these to the graph.");
    }
}
