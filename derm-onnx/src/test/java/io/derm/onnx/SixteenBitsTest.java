package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Conversions against exact arithmetic on what the standards say the bits stand for. */
class SixteenBitsTest {
    /** Bits of exponent and fraction. */
    private static int fraction(SixteenBits type) {
        return type == SixteenBits.FLOAT16 ? 10 : 7;
    }

    /** The number that finite bits stand for: (-1)^s * 1.f * 2^(e - bias), or 0.f * 2^(1 - bias) for e = 0. */
    private static BigDecimal exact(SixteenBits type, int bits) {
        int digits = fraction(type);
        int bias = type == SixteenBits.FLOAT16 ? 15 : 127;
        int exponent = (bits >> digits) & ((1 << (15 - digits)) - 1);
        int significand = (bits & ((1 << digits) - 1)) + (exponent == 0 ? 0 : 1 << digits);
        int shift = Math.max(exponent, 1) - bias - digits;
        BigDecimal power = shift < 0
                ? BigDecimal.ONE.divide(BigDecimal.valueOf(2).pow(-shift))
                : BigDecimal.valueOf(2).pow(shift);
        BigDecimal magnitude = BigDecimal.valueOf(significand).multiply(power);
        return bits >> 15 == 0 ? magnitude : magnitude.negate();
    }

    private static int infinity(SixteenBits type) {
        return type == SixteenBits.FLOAT16 ? 0x7c00 : 0x7f80;
    }

    @ParameterizedTest
    @EnumSource(SixteenBits.class)
    void bits_all65536_comeBack(SixteenBits type) {
        for (int b = 0; b < 0x10000; b++) {
            float value = type.value((short) b);
            if ((b & 0x7fff) > infinity(type)) {
                assertThat(value).isNaN();
                assertThat(type.value(type.bits(value))).isNaN();
            } else {
                assertThat(type.bits(value)).isEqualTo((short) b);
                if ((b & 0x7fff) < infinity(type)) {
                    assertThat(new BigDecimal(value)).isEqualByComparingTo(exact(type, b));
                } else {
                    assertThat(value).isInfinite();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(SixteenBits.class)
    void bits_betweenNeighbours_areTheNearest_andEvenHalfWay(SixteenBits type) {
        for (int b = 0; b < infinity(type) - 1; b++) {
            double low = exact(type, b).doubleValue();
            double high = exact(type, b + 1).doubleValue();
            float half = (float) ((low + high) / 2);
            // For both types the number half way has one digit more, which float32 has but at the end of bfloat16.
            assertThat((double) half).isEqualTo((low + high) / 2);
            assertThat(type.bits(half)).isEqualTo((short) (b + (b & 1)));
            assertThat(type.bits(-half)).isEqualTo((short) ((b + (b & 1)) | 0x8000));
            assertThat(type.bits(Math.nextDown(half))).isEqualTo((short) b);
            assertThat(type.bits(Math.nextUp(half))).isEqualTo((short) (b + 1));
        }
    }

    @ParameterizedTest
    @EnumSource(SixteenBits.class)
    void bits_ofRandomFloats_areTheNearestByExactDistance(SixteenBits type) {
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            float f = Float.intBitsToFloat(random.nextInt());
            if (!(Math.abs(f) <= type.max())) {
                continue;
            }
            int found = type.bits(f) & 0xffff;
            BigDecimal distance = exact(type, found).subtract(new BigDecimal(f)).abs();
            for (int neighbour : new int[] {found - 1, found + 1}) {
                if ((neighbour & 0x7fff) < infinity(type) && neighbour >>> 15 == found >>> 15) {
                    assertThat(exact(type, neighbour)
                                    .subtract(new BigDecimal(f))
                                    .abs())
                            .isGreaterThanOrEqualTo(distance);
                }
            }
        }
    }

    @Test
    void limits_areThoseOfTheStandards() {
        assertThat(exact(SixteenBits.FLOAT16, 0x7bff)).isEqualByComparingTo("65504");
        for (SixteenBits type : SixteenBits.values()) {
            assertThat(new BigDecimal(type.max())).isEqualByComparingTo(exact(type, infinity(type) - 1));
            assertThat(new BigDecimal(type.least())).isEqualByComparingTo(exact(type, 1));
            assertThat(new BigDecimal(type.leastNormal())).isEqualByComparingTo(exact(type, 1 << fraction(type)));
        }
    }

    @Test
    void bits_overTheLargest_areInfinityFromHalfAStepOn() {
        assertThat(SixteenBits.FLOAT16.bits(65519.996f)).isEqualTo((short) 0x7bff);
        assertThat(SixteenBits.FLOAT16.bits(65520f)).isEqualTo((short) 0x7c00);
        assertThat(SixteenBits.FLOAT16.bits(Float.NEGATIVE_INFINITY)).isEqualTo((short) 0xfc00);
        assertThat(SixteenBits.BFLOAT16.bits(Float.MAX_VALUE)).isEqualTo((short) 0x7f80);
        assertThat(SixteenBits.BFLOAT16.bits(Math.nextDown(0x1.ffp127f))).isEqualTo((short) 0x7f7f);
    }

    @ParameterizedTest
    @EnumSource(SixteenBits.class)
    void constants_areClamped_andNeverBecomeZero(SixteenBits type) {
        List<Float> found = new ArrayList<>();
        float[] values = {0, -0f, type.least() / 8, -type.least() / 8, Float.MAX_VALUE, -Float.MAX_VALUE, 1};
        for (float v : values) {
            found.add(type.value(type.constant(v)));
        }
        assertThat(found).containsExactly(0f, -0f, type.least(), -type.least(), type.max(), -type.max(), 1f);
        TensorProto half = type.tensor("w", values, 7);
        TensorProto rounded = type.rounded("w", values, 7);
        OnnxModel any = new SmallGraph(17, 8).output("w", DataType.FLOAT, 7).build();
        assertThat(any.floats(half)).containsExactly(any.floats(rounded));
        assertThat(DataType.of(half.getDataType())).isEqualTo(type.type());
    }

    @Test
    void of_anotherType_isRefused() {
        assertThatThrownBy(() -> SixteenBits.of(DataType.INT8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Type is int8, expected float16 or bfloat16");
    }
}
