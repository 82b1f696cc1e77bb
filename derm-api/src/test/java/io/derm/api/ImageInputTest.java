package io.derm.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ImageInputTest {
    @Test
    void adaptedTo_channelsLastShape_isNhwc() {
        ImageInput input = ImageInput.yolo(9, 9).adaptedTo(signature(Map.of(), -1, 320, 416, 3), "m");
        assertThat(input.layout()).isEqualTo(ImageInput.Layout.NHWC);
        assertThat(input.width()).isEqualTo(416);
        assertThat(input.height()).isEqualTo(320);
    }

    @Test
    void adaptedTo_metadata_winsOverTheDefault() {
        Map<String, String> meta = Map.of(
                ModelKeys.INPUT_FIT, "square-crop",
                ModelKeys.INPUT_CHANNELS, "bgr",
                ModelKeys.INPUT_MEAN, "103.939, 116.779, 123.68",
                ModelKeys.INPUT_STD, "1,1,1",
                ModelKeys.INPUT_PAD, "128",
                ModelKeys.INPUT_SIZE, "320x256",
                ModelKeys.INPUT_CROP_SCALE, "1.5");
        ImageInput input = ImageInput.yolo(416, 416).adaptedTo(signature(meta, 1, 3, -1, -1), "m");
        assertThat(input)
                .isEqualTo(new ImageInput(
                        320,
                        256,
                        ImageInput.Fit.SQUARE_CROP,
                        128,
                        1.5f,
                        ImageInput.ChannelOrder.BGR,
                        new ImageInput.PerChannel(103.939f, 116.779f, 123.68f),
                        ImageInput.PerChannel.all(1),
                        ImageInput.Layout.NCHW,
                        ElementType.FLOAT32));
    }

    @Test
    void adaptedTo_badEntry_namesItAndWhatIsExpected() {
        assertThatThrownBy(() -> ImageInput.yolo(416, 416)
                        .adaptedTo(signature(Map.of(ModelKeys.INPUT_FIT, "squash"), 1, 3, 416, 416), "m.onnx"))
                .isInstanceOf(ModelException.class)
                .hasMessage(
                        "[DERM-013] Metadata derm.input.fit of m.onnx is 'squash', expected one of [letterbox, stretch,"
                                + " square-crop]. Remedy: Mend the metadata or override it with derm.input.fit=…");
    }

    @Test
    void adaptedTo_wrongRank_isRefused() {
        assertThatThrownBy(() -> ImageInput.yolo(416, 416).adaptedTo(signature(Map.of(), 1, 3, 416), "m.onnx"))
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith(
                        "[DERM-010] Model m.onnx has inputs [images float32 [1,3,416]], expected one of rank 4");
    }

    @Test
    void adaptedTo_oneChannel_isRefused() {
        assertThatThrownBy(() -> ImageInput.yolo(416, 416).adaptedTo(signature(Map.of(), 1, 1, 416, 416), "m.onnx"))
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith("[DERM-011]");
    }

    private static Signature signature(Map<String, String> metadata, Integer... shape) {
        return new Signature(
                List.of(new TensorInfo("images", ElementType.FLOAT32, List.of(shape))), List.of(), metadata);
    }

    @Test
    void fits_tensorsOfItsSizeTypeAndLayout_andFreeSides() {
        ImageInput nchw = ImageInput.yolo(64, 32);
        assertThat(nchw.fits(new TensorInfo("x", ElementType.FLOAT32, List.of(1, 3, 32, 64))))
                .isTrue();
        assertThat(nchw.fits(new TensorInfo("x", ElementType.FLOAT32, List.of(-1, 3, -1, -1))))
                .isTrue();
        assertThat(nchw.fits(new TensorInfo("x", ElementType.FLOAT32, List.of(1, 3, 64, 32))))
                .isFalse();
        assertThat(nchw.fits(new TensorInfo("x", ElementType.FLOAT32, List.of(1, 1, 32, 64))))
                .isFalse();
        assertThat(nchw.fits(new TensorInfo("x", ElementType.FLOAT16, List.of(1, 3, 32, 64))))
                .isFalse();
        assertThat(nchw.fits(new TensorInfo("x", ElementType.FLOAT32, List.of(3, 32, 64))))
                .isFalse();
        assertThat(nchw.withLayout(ImageInput.Layout.NHWC)
                        .fits(new TensorInfo("x", ElementType.FLOAT32, List.of(8, 32, 64, 3))))
                .isTrue();
    }
}
