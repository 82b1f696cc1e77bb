package io.derm.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ImageMappingTest {
    private static final Box HD = new Box(0, 0, 1280, 720);

    @Test
    void letterbox_hdInto416_leavesBarsAboveAndBelow() {
        ImageMapping m = ImageMapping.of(ImageInput.yolo(416, 416), HD, 1280, 720);
        assertThat(m).isEqualTo(new ImageMapping(HD, 0, 91, 416, 234));
        assertThat(m.frameX(0)).isEqualTo(0);
        assertThat(m.frameX(416)).isEqualTo(1280);
        assertThat(m.frameY(91)).isEqualTo(0);
        assertThat(m.frameY(91 + 234)).isEqualTo(720);
    }

    @Test
    void tensorToFrame_andBack_isTheSamePlace() {
        ImageMapping m = ImageMapping.of(ImageInput.yolo(416, 320), new Box(13.5f, 7, 701, 333.25f), 720, 405);
        for (double v = -20; v < 450; v += 7.3) {
            assertThat(m.tensorX(m.frameX(v))).isCloseTo(v, within(1e-9));
            assertThat(m.tensorY(m.frameY(v))).isCloseTo(v, within(1e-9));
        }
    }

    @Test
    void squareCrop_inTheMiddle_isCentredWithItsMargin() {
        ImageInput input = ImageInput.imagenet(224).withCropScale(1.5f);
        ImageMapping m = ImageMapping.of(input, new Box(600, 300, 640, 320), 1280, 720);
        assertThat(m.source()).isEqualTo(new Box(590, 280, 650, 340));
    }

    @Test
    void squareCrop_atTheBorder_isMovedInside() {
        ImageInput input = ImageInput.imagenet(224).withCropScale(2);
        ImageMapping m = ImageMapping.of(input, new Box(0, 700, 40, 720), 1280, 720);
        assertThat(m.source()).isEqualTo(new Box(0, 640, 80, 720));
    }

    @Test
    void squareCrop_wholeFrame_isTheLargestCentredSquare() {
        ImageMapping m = ImageMapping.of(ImageInput.imagenet(224), HD, 1280, 720);
        assertThat(m.source()).isEqualTo(new Box(280, 0, 1000, 720));
    }

    @Test
    void of_regionOutsideTheFrame_isRefused() {
        assertThatThrownBy(() -> ImageMapping.of(ImageInput.yolo(416, 416), new Box(1280, 0, 1290, 9), 1280, 720))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void letterbox_extremeAspect_keepsAtLeastOneRow() {
        ImageMapping m = ImageMapping.of(ImageInput.yolo(416, 416), new Box(0, 0, 4000, 1), 4000, 1);
        assertThat(m.contentHeight()).isEqualTo(1);
        assertThat(m.tapsX()).isEqualTo(3);
    }
}
