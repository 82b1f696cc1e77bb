package io.derm.ort;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HalfFloatTest {
    /** The definition of IEEE 754 binary16: sign, five bits of exponent biased by 15, ten of fraction. */
    private static double value(int half) {
        int exponent = half >> 10 & 0x1F;
        int fraction = half & 0x3FF;
        double magnitude;
        if (exponent == 31) {
            magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        } else if (exponent == 0) {
            magnitude = Math.scalb((double) fraction, -24);
        } else {
            magnitude = Math.scalb(1024.0 + fraction, exponent - 25);
        }
        return (half & 0x8000) != 0 ? -magnitude : magnitude;
    }

    @Test
    void toFloat_everyHalf_isItsValue() {
        for (int half = 0; half < 0x10000; half++) {
            assertThat((double) HalfFloat.toFloat((short) half)).isEqualTo(Double.valueOf(value(half)));
        }
    }

    @Test
    void toHalf_everyHalf_isItself() {
        for (int half = 0; half < 0x10000; half++) {
            if (!Double.isNaN(value(half))) {
                assertThat(HalfFloat.toHalf((float) value(half)) & 0xFFFF).isEqualTo(half);
            }
        }
        assertThat(HalfFloat.toFloat(HalfFloat.toHalf(Float.NaN))).isNaN();
    }

    @Test
    void toHalf_betweenTwoHalves_isTheNearestWithTiesToEven() {
        SplittableRandom random = new SplittableRandom(1);
        for (int half = 0; half < 0x7BFF; half++) {
            float low = (float) value(half);
            float high = (float) value(half + 1);
            float middle = (low + high) / 2;
            int even = (half & 1) == 0 ? half : half + 1;
            assertThat(HalfFloat.toHalf(middle) & 0xFFFF).isEqualTo(even);
            assertThat(HalfFloat.toHalf(-middle) & 0xFFFF).isEqualTo(even | 0x8000);
            assertThat(HalfFloat.toHalf(Math.nextDown(middle)) & 0xFFFF).isEqualTo(half);
            assertThat(HalfFloat.toHalf(Math.nextUp(middle)) & 0xFFFF).isEqualTo(half + 1);
            float any = low + (float) random.nextDouble() * (high - low);
            int nearest = any - low < high - any ? half : half + 1;
            if (any != middle) {
                assertThat(HalfFloat.toHalf(any) & 0xFFFF).isEqualTo(nearest);
            }
        }
    }

    @Test
    void toHalf_beyondTheLargest_isInfinityFromTheMiddleOn() {
        assertThat(HalfFloat.toHalf(Math.nextDown(65520f))).isEqualTo((short) 0x7BFF);
        assertThat(HalfFloat.toHalf(65520f)).isEqualTo((short) 0x7C00);
        assertThat(HalfFloat.toHalf(Float.MAX_VALUE)).isEqualTo((short) 0x7C00);
        assertThat(HalfFloat.toHalf(Float.NEGATIVE_INFINITY)).isEqualTo((short) 0xFC00);
    }
}
