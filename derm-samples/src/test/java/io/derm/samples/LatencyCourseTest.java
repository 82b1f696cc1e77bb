package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LatencyCourseTest {
    @Test
    void add_manyFrames_keepsThePeakAndTheSpan() {
        LatencyCourse course = new LatencyCourse();
        for (int i = 0; i < 100_000; i++) {
            course.add(i * 1_000_000L, i == 77_777 ? 9_000_000 : 1_000_000);
        }
        double[] millis = course.millis();
        assertThat(millis).hasSizeBetween(300, 600);
        assertThat(java.util.Arrays.stream(millis).filter(m -> m == 9)).hasSize(1);
        double[] seconds = course.seconds();
        assertThat(seconds).isSorted();
        assertThat(seconds[0]).isZero();
        int peak = 0;
        while (millis[peak] != 9) {
            peak++;
        }
        assertThat(seconds[peak]).isLessThanOrEqualTo(77_777);
        assertThat(seconds[peak + 1]).isGreaterThan(77_777);
    }
}
