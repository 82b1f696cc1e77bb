package io.derm.ort;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/** IEEE 754 binary16, which JDK 17 cannot convert. */
final class HalfFloat {
    private HalfFloat() {}

    /** The nearest half, ties to even; infinity from 65520 on. */
    static short toHalf(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = (bits >>> 16) & 0x8000;
        int magnitude = bits & 0x7FFF_FFFF;
        if (magnitude >= 0x4780_0000) {
            return (short) (sign | (magnitude > 0x7F80_0000 ? 0x7E00 : 0x7C00));
        }
        if (magnitude < 0x3880_0000) {
            // An ulp at 0.5 is the smallest half, so the addition rounds as the conversion must.
            int shifted = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + 0.5f);
            return (short) (sign | (shifted - 0x3F00_0000));
        }
        int rounded = magnitude - 0x3800_0000 + 0xFFF + ((magnitude >>> 13) & 1);
        return (short) (sign | (rounded >>> 13));
    }

    /** The same number as a float, exactly. */
    static float toFloat(short half) {
        int sign = (half & 0x8000) << 16;
        int magnitude = half & 0x7FFF;
        if (magnitude >= 0x7C00) {
            return Float.intBitsToFloat(sign | 0x7F80_0000 | (magnitude << 13));
        }
        // The bits read as a float are 2^112 too small, subnormals included.
        float value = Float.intBitsToFloat(magnitude << 13) * 0x1p112f;
        return Float.intBitsToFloat(sign | Float.floatToRawIntBits(value));
    }

    /** Widens the first {@code count} elements. */
    static void widen(ShortBuffer from, FloatBuffer to, int count) {
        for (int i = 0; i < count; i++) {
            to.put(i, toFloat(from.get(i)));
        }
    }
}
