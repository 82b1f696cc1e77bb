package io.derm.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BoxTest {
    @Test
    void iou_halfOverlap_isOneThird() {
        assertThat(new Box(0, 0, 2, 1).iou(new Box(1, 0, 3, 1))).isEqualTo(1f / 3);
    }

    @Test
    void iou_touchingBoxes_isZero() {
        assertThat(new Box(0, 0, 2, 2).iou(new Box(2, 0, 4, 2))).isZero();
    }

    @Test
    void iou_emptyBoxes_isZero() {
        Box empty = new Box(1, 1, 1, 1);
        assertThat(empty.iou(empty)).isZero();
    }

    @Test
    void clip_boxBeyondTheFrame_staysOnItsBorder() {
        Box frame = new Box(0, 0, 10, 10);
        assertThat(new Box(-5, 2, 4, 30).clip(frame)).isEqualTo(new Box(0, 2, 4, 10));
        assertThat(new Box(20, 20, 30, 30).clip(frame).isEmpty()).isTrue();
    }

    @Test
    void new_wrongOrderOrNotFinite_isRefused() {
        assertThatThrownBy(() -> new Box(2, 0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Box(Float.NaN, 0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Box(0, 0, Float.POSITIVE_INFINITY, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
