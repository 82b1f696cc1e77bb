package io.derm.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import org.junit.jupiter.api.Test;

class CameraPathTest {
    private static final Similarity MOVED = new Similarity(1.004, 0.003, 5.5, -3.5);

    private static Frame frame(long texture, Similarity seen, long noise) {
        return CameraMotionTest.frame(
                PixelFormat.NV12, CameraMotionTest.seen(CameraMotionTest.texture(texture), seen), noise);
    }

    @Test
    void since_framesBetween_addsUpWhatTheyTell() {
        CameraPath path = new CameraPath();
        CameraPath.Place[] places = new CameraPath.Place[4];
        Similarity at = Similarity.IDENTITY;
        for (int k = 0; k < places.length; k++) {
            places[k] = path.next(frame(1, at, k));
            at = MOVED.after(at);
        }
        assertThat(CameraMotionTest.off(places[3].since(places[1]), MOVED.after(MOVED)))
                .isLessThan(0.6);
        assertThat(CameraMotionTest.off(places[2].since(places[1]), MOVED)).isLessThan(0.4);
    }

    @Test
    void since_acrossACut_isNull() {
        CameraPath path = new CameraPath();
        CameraPath.Place before = path.next(frame(1, Similarity.IDENTITY, 1));
        CameraPath.Place after = path.next(frame(2, Similarity.IDENTITY, 2));
        CameraPath.Place last = path.next(frame(2, MOVED, 3));
        assertThat(after.since(before)).isNull();
        assertThat(last.since(before)).isNull();
        assertThat(last.since(null)).isNull();
        assertThat(CameraMotionTest.off(last.since(after), MOVED)).isLessThan(0.4);
    }
}
