package io.derm.api.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link Detector} must do. Extend it and open a detector that finds something in {@link #frame()}. */
@Timeout(120)
public abstract class DetectorContract {
    /** Opens a fresh detector. */
    protected abstract Detector open() throws Exception;

    /** A frame in which the detector finds at least one object. The suite closes it. */
    protected abstract Frame frame() throws Exception;

    @Test
    void detect_aFrameWithObjects_givesThemBestFirstInsideTheFrame() throws Exception {
        try (Detector detector = open();
                Frame frame = frame()) {
            List<Detection> found = detector.detect(frame);
            assertThat(found).isNotEmpty();
            for (int i = 0; i < found.size(); i++) {
                Detection d = found.get(i);
                Box box = d.box();
                assertThat(box.isEmpty()).isFalse();
                assertThat(box).isEqualTo(box.clip(frame.bounds()));
                assertThat(d.label()).isNotBlank();
                if (i > 0) {
                    assertThat(d.score()).isLessThanOrEqualTo(found.get(i - 1).score());
                }
            }
        }
    }

    @Test
    void detect_theSameFrameTwice_givesTheSame() throws Exception {
        try (Detector detector = open();
                Frame frame = frame()) {
            List<Detection> first = List.copyOf(detector.detect(frame));
            assertThat(detector.detect(frame)).isEqualTo(first);
        }
    }

    @Test
    void detect_anotherFrameBetween_leavesNoTrace() throws Exception {
        try (Detector detector = open();
                Frame frame = frame();
                Frame other = TestFrames.noise(frame.width() + 60, frame.height() / 2 + 8, 1)) {
            List<Detection> first = List.copyOf(detector.detect(frame));
            detector.detect(other);
            assertThat(detector.detect(frame)).isEqualTo(first);
        }
    }

    @Test
    void detect_borrowsTheFrame_andLeavesItOpen() throws Exception {
        try (Detector detector = open();
                Frame frame = frame()) {
            detector.detect(frame);
            assertThat(frame.pixels()).isNotNull();
        }
    }

    @Test
    void detect_aFrameOfOnePixel_doesNotFail() throws Exception {
        try (Detector detector = open();
                Frame frame = TestFrames.solid(1, 1, 90, 120, 180)) {
            for (Detection d : detector.detect(frame)) {
                assertThat(d.box()).isEqualTo(d.box().clip(frame.bounds()));
            }
        }
    }

    @Test
    void detect_afterClose_isIllegalState() throws Exception {
        Detector detector = open();
        detector.close();
        detector.close();
        try (Frame frame = frame()) {
            assertThatThrownBy(() -> detector.detect(frame)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void model_isKnown() throws Exception {
        try (Detector detector = open()) {
            assertThat(detector.model().sha256()).matches("[0-9a-f]{64}");
        }
    }
}
