package io.derm.effnet;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.ElementType;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.ChannelOrder;
import io.derm.api.ImageInput.Fit;
import io.derm.api.ImageInput.Layout;
import io.derm.api.ImageInput.PerChannel;
import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import io.derm.api.TensorInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a model of each source is fed, as its exporters document it. */
class EffnetSourceTest {
    @Test
    void torchvision_isFedImagenetMeanAndStd() {
        ImageInput input = input("efficientnet_b3.onnx", "input", "output", Map.of(), -1, 3, 300, 300);
        assertThat(input)
                .isEqualTo(new ImageInput(
                        300,
                        300,
                        Fit.SQUARE_CROP,
                        0,
                        1.25f,
                        ChannelOrder.RGB,
                        new PerChannel((float) (255 * 0.485), (float) (255 * 0.456), (float) (255 * 0.406)),
                        new PerChannel((float) (255 * 0.229), (float) (255 * 0.224), (float) (255 * 0.225)),
                        Layout.NCHW,
                        ElementType.FLOAT32));
    }

    @Test
    void keras_isFedLevels() {
        ImageInput input = input("efficientnetb0.onnx", "input_1", "predictions", Map.of(), -1, 224, 224, 3);
        assertThat(input.layout()).isEqualTo(Layout.NHWC);
        assertThat(input.channels()).isEqualTo(ChannelOrder.RGB);
        assertThat(input.mean()).isEqualTo(PerChannel.all(0));
        assertThat(input.std()).isEqualTo(PerChannel.all(1));
    }

    @Test
    void lite_isFedLevelsLess127By128() {
        ImageInput input = input("efficientnet-lite4-11.onnx", "images:0", "Softmax:0", Map.of(), 1, 224, 224, 3);
        assertThat(input.layout()).isEqualTo(Layout.NHWC);
        assertThat(input.mean()).isEqualTo(PerChannel.all(127));
        assertThat(input.std()).isEqualTo(PerChannel.all(128));
    }

    @Test
    void tao_isFedBlueGreenRedLessTheCaffeMean() {
        ImageInput input = input("final.onnx", "input_1:0", "predictions/Softmax:0", Map.of(), -1, 3, 224, 224);
        assertThat(input.layout()).isEqualTo(Layout.NCHW);
        assertThat(input.channels()).isEqualTo(ChannelOrder.BGR);
        assertThat(input.mean()).isEqualTo(new PerChannel(103.939f, 116.779f, 123.68f));
        assertThat(input.std()).isEqualTo(PerChannel.all(1));
    }

    @Test
    void metadata_goesBeforeTheSource() {
        ImageInput input = input(
                "tf_efficientnet_b0.ap_in1k.onnx",
                "input",
                "output",
                Map.of(
                        ModelKeys.INPUT_MEAN, "127.5,127.5,127.5",
                        ModelKeys.INPUT_STD, "127.5,127.5,127.5",
                        ModelKeys.INPUT_CROP_SCALE, "1.5",
                        ModelKeys.INPUT_CHANNELS, "bgr"),
                1,
                3,
                224,
                224);
        assertThat(input.mean()).isEqualTo(PerChannel.all(127.5f));
        assertThat(input.std()).isEqualTo(PerChannel.all(127.5f));
        assertThat(input.cropScale()).isEqualTo(1.5f);
        assertThat(input.channels()).isEqualTo(ChannelOrder.BGR);
    }

    @ParameterizedTest
    @CsvSource({
        "efficientnet_b0.onnx,224", "efficientnet_b1.onnx,240", "efficientnet_b2.onnx,288", "efficientnet-b3.onnx,300",
        "efficientnet_b4_melanoma.onnx,380", "b5.onnx,456", "EfficientNetB6.onnx,528", "effnet_b7.onnx,600",
        "tf_efficientnet_b2.onnx,260", "tf_efficientnet_b7_ns.onnx,600", "melanoma.onnx,224", "isicb3000.onnx,224"
    })
    void size_leftFreeByTheGraph_isThatOfTheVariantInTheName(String file, int side) {
        ImageInput input = input(file, "input", "output", Map.of(), -1, 3, -1, -1);
        assertThat(input.width()).isEqualTo(side);
        assertThat(input.height()).isEqualTo(side);
    }

    @ParameterizedTest
    @CsvSource({"224", "240", "260", "288", "300", "380", "456", "528", "600"})
    void size_ofTheGraph_isTaken(int side) {
        assertThat(input("efficientnet_b0.onnx", "input", "output", Map.of(), 1, 3, side, side)
                        .width())
                .isEqualTo(side);
    }

    @Test
    void uint8Input_takesLevelsAsTheyAre() {
        Signature signature = signature("input", "output", Map.of(), ElementType.UINT8, 1, 3, 224, 224);
        ImageInput input = classifier("m.onnx", signature).input();
        assertThat(input.mean()).isEqualTo(PerChannel.all(0));
        assertThat(input.std()).isEqualTo(PerChannel.all(1));
        assertThat(input.type()).isEqualTo(ElementType.UINT8);
    }

    private static ImageInput input(
            String file, String inputName, String outputName, Map<String, String> metadata, int... shape) {
        return classifier(file, signature(inputName, outputName, metadata, ElementType.FLOAT32, shape))
                .input();
    }

    private static Signature signature(
            String inputName, String outputName, Map<String, String> metadata, ElementType type, int... shape) {
        Map<String, String> all = new HashMap<>(metadata);
        all.put(ModelKeys.CLASSES, "derm");
        return new Signature(
                List.of(new TensorInfo(
                        inputName, type, java.util.Arrays.stream(shape).boxed().toList())),
                List.of(new TensorInfo(outputName, ElementType.FLOAT32, List.of(-1, 3))),
                all);
    }

    private static EffnetClassifier classifier(String file, Signature signature) {
        return new EffnetClassifier(
                new FixedSession(signature, Fixtures.scores("scores", 1, 2, 3)),
                Model.of(file, new byte[] {8, 8}),
                EffnetOptions.defaults());
    }
}
