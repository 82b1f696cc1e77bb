package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranges against searches over the raw values. */
class RangeMethodTest {
    private static final int N = 20_000;
    private static final int LEVELS = 256;

    /** How the values of a tensor are spread. */
    record Spread(String name, float[] values) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Spread> spreads() {
        Random r = new Random(11);
        return Stream.of(
                spread("normal", r::nextGaussian),
                spread("shifted", () -> 0.5 + r.nextGaussian()),
                spread("rectified", () -> Math.max(0, r.nextGaussian() - 0.5)),
                spread("mostly zero", () -> Math.max(0, r.nextGaussian() - 1)),
                spread("laplace", () -> Math.log(r.nextDouble() + 1e-12) * (r.nextBoolean() ? 1 : -1)),
                spread("exponential", () -> -3 * Math.log(r.nextDouble() + 1e-12)),
                spread("negative", () -> -Math.abs(r.nextGaussian())),
                spread("uniform", () -> r.nextDouble() * 7 - 2),
                spread("silu", () -> silu(2 * r.nextGaussian())),
                outlier(spread("rectified, outlier", () -> Math.max(0, r.nextGaussian())), 30),
                outlier(spread("normal, outlier", r::nextGaussian), -50));
    }

    private static double silu(double x) {
        return x / (1 + Math.exp(-x));
    }

    private static Spread spread(String name, java.util.function.DoubleSupplier next) {
        float[] values = new float[N];
        for (int i = 0; i < N; i++) {
            values[i] = (float) next.getAsDouble();
        }
        return new Spread(name, values);
    }

    private static Spread outlier(Spread s, float value) {
        s.values()[77] = value;
        return s;
    }

    private static Histogram histogram(float[] values) {
        Histogram h = new Histogram();
        for (int i = 0; i < values.length; i += 1000) {
            h.add(FloatBuffer.wrap(Arrays.copyOfRange(values, i, Math.min(values.length, i + 1000))));
        }
        return h;
    }

    /** QuantizeLinear and DequantizeLinear of ONNX to unsigned 8 bits, in float64. */
    private static double quantised(double v, double scale, double zero) {
        return scale * (Math.max(0, Math.min(255, Math.rint(v / scale) + zero)) - zero);
    }

    private static double squareError(float[] values, double low, double high) {
        double scale = (high - low) / 255;
        double zero = Math.rint(-low / scale);
        double sum = 0;
        for (float v : values) {
            double d = v - quantised(v, scale, zero);
            sum += d * d;
        }
        return sum;
    }

    @ParameterizedTest
    @MethodSource("spreads")
    void percentile_againstSortedValues_leavesOutOneInTenThousand(Spread s) {
        Histogram h = histogram(s.values());
        Range range = RangeMethod.PERCENTILE.range(h);
        float[] sorted = s.values().clone();
        Arrays.sort(sorted);
        int outside = N / 20_000;
        double high = sorted[N - 1 - outside];
        double low = sorted[outside];
        assertThat((double) range.high())
                .isBetween(Math.max(0, high), Math.max(0, Math.min(sorted[N - 1], high + h.width())));
        // The value at the lower rank itself may be the one outside: one step of the sorted values in slack.
        assertThat((double) range.low()).isBetween(Math.min(0, sorted[outside - 1] - h.width()), Math.min(0, low));
    }

    @Test
    void percentile_ofManyValues_cutsBothEnds() {
        float[] values = new float[200_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i - 100_000) / 1000f;
        }
        for (int i = 0; i < 9; i++) {
            values[i] = -1000 - i;
            values[values.length - 1 - i] = 2000 + i;
        }
        Range range = RangeMethod.PERCENTILE.range(histogram(values));
        assertThat(range.low()).isBetween(-102f, -99f);
        assertThat(range.high()).isBetween(99f, 102f);
    }

    @ParameterizedTest
    @MethodSource("spreads")
    void squareError_ofRealRounding_isAsSmallAsBruteForceGetsIt(Spread s) {
        Range found = RangeMethod.MSE.range(histogram(s.values()));
        double min = 0;
        double max = 0;
        for (float v : s.values()) {
            min = Math.min(min, v);
            max = Math.max(max, v);
        }
        double best = Double.POSITIVE_INFINITY;
        for (double l = 1; l > 0.05; l *= min == 0 ? 0 : 0.95) {
            for (double u = 1; u > 0.05; u *= max == 0 ? 0 : 0.95) {
                best = Math.min(best, squareError(s.values(), l * min, u * max));
            }
        }
        double error = squareError(s.values(), found.low(), found.high());
        assertThat(error).as("%s of %s to %s", found, min, max).isLessThan(1.05 * best);
    }

    @Test
    void squareError_ofOneOutlierAmongManyMillions_leavesItOut() {
        Random r = new Random(5);
        Histogram h = new Histogram();
        float[] values = spread("", r::nextGaussian).values();
        for (int i = 0; i < 1000; i++) {
            h.add(FloatBuffer.wrap(values));
        }
        h.add(FloatBuffer.wrap(new float[] {200}));
        Range found = RangeMethod.MSE.range(h);
        double best = Double.POSITIVE_INFINITY;
        for (double u = 200; u > 2; u *= 0.97) {
            best = Math.min(best, manyTimes(values, found.low(), u));
        }
        assertThat(manyTimes(values, found.low(), found.high())).isLessThan(1.05 * best);
        assertThat(found.high()).isLessThan(20);
    }

    private static double manyTimes(float[] values, double low, double high) {
        return 1000 * squareError(values, low, high) + (200 - high) * (200 - high);
    }

    /**
     * The divergence as in "8-bit inference with TensorRT" (Migacz, GTC 2017), on raw values: a distribution P of the values clipped to the range, Q
     * of those inside merged to 256 levels and spread over the bins that were filled. Levels are runs of as many bins each.
     */
    private static double divergence(float[] values, double low, double high, double width) {
        int n = (int) Math.round((high - low) / width);
        double[] p = new double[n];
        double[] inside = new double[n];
        for (float v : values) {
            int bin = (int) Math.floor((v - low) / width);
            if (bin >= 0 && bin < n) {
                inside[bin]++;
            }
            p[Math.max(0, Math.min(n - 1, bin))]++;
        }
        double[] q = new double[n];
        double total = 0;
        for (int level = 0; level < LEVELS; level++) {
            int from = (int) ((long) level * n / LEVELS);
            int to = (int) ((level + 1L) * n / LEVELS);
            double sum = 0;
            int filled = 0;
            for (int i = from; i < to; i++) {
                sum += inside[i];
                filled += inside[i] > 0 ? 1 : 0;
            }
            for (int i = from; i < to; i++) {
                q[i] = inside[i] > 0 ? sum / filled : 0;
                total += q[i];
            }
        }
        double kl = 0;
        for (int i = 0; i < n; i++) {
            if (p[i] > 0) {
                kl += p[i] / values.length * Math.log(p[i] / values.length / Math.max(q[i] / total, 1e-9));
            }
        }
        return kl;
    }

    @ParameterizedTest
    @MethodSource("spreads")
    void entropy_againstThePublishedSearch_losesAsLittle(Spread s) {
        Range found = RangeMethod.ENTROPY.range(histogram(s.values()));
        double min = 0;
        double max = 0;
        for (float v : s.values()) {
            min = Math.min(min, v);
            max = Math.max(max, v);
        }
        float[] values = new float[N];
        int n = 0;
        for (float v : s.values()) {
            // As calib/histogram.py of NVIDIA's pytorch-quantization does: 0 loses nothing.
            if (v != 0) {
                values[n++] = v;
            }
        }
        values = Arrays.copyOf(values, n);
        double width = Math.max(-min, max) / 2048;
        double best = Double.POSITIVE_INFINITY;
        double bestLow = 0;
        double bestHigh = 0;
        for (double t = 1; t > 0.06; t -= 0.01) {
            double low = Math.floor(Math.max(min, -t * Math.max(-min, max)) / width) * width;
            double high = Math.ceil(Math.min(max, t * Math.max(-min, max)) / width) * width;
            double kl = (high - low) / width < LEVELS - 0.5 ? best : divergence(values, low, high, width);
            if (kl < best) {
                best = kl;
                bestLow = low;
                bestHigh = high;
            }
        }
        double low = Math.floor(found.low() / width) * width;
        double high = Math.ceil(found.high() / width) * width;
        assertThat(divergence(values, low, high, width))
                .as("%s, best %f to %f of %f to %f", found, bestLow, bestHigh, min, max)
                .isLessThan(1.15 * best + 0.002);
    }

    @ParameterizedTest
    @EnumSource(RangeMethod.class)
    void everyRange_includes0_andALevelStandsForIt(RangeMethod method) {
        spreads().forEach(s -> {
            Range range = method.range(histogram(s.values()));
            assertThat(range.low()).isLessThanOrEqualTo(0);
            assertThat(range.high()).isGreaterThanOrEqualTo(0);
            exactZero(range);
        });
    }

    @ParameterizedTest
    @EnumSource(RangeMethod.class)
    void constants_keepTheirValue(RangeMethod method) {
        for (float v : new float[] {5, -5, 0.3f, 1e-3f, 1e38f, -3e38f}) {
            float[] values = new float[3000];
            Arrays.fill(values, v);
            Range range = method.range(histogram(values));
            exactZero(range);
            double scale = range.scaleUint8();
            assertThat(quantised(v, scale, range.zeroPointUint8()) / v).isBetween(0.995, 1.005);
        }
        Range zero = method.range(histogram(new float[3000]));
        assertThat(zero).isEqualTo(new Range(0, 0));
        exactZero(zero);
    }

    @ParameterizedTest
    @ValueSource(floats = {1e-12f, 1e-3f, 1, 77, 1e30f, 3.4e38f})
    void scales_ofAnyMagnitude_areFiniteAndReachBothEnds(float magnitude) {
        for (float share : new float[] {0, 0.001f, 0.3f, 0.5f, 0.999f, 1}) {
            Range range = new Range(-magnitude * share, magnitude * (1 - share / 2));
            exactZero(range);
            double scale = range.scaleUint8();
            assertThat(scale).isPositive().isLessThan(Double.POSITIVE_INFINITY);
            int zero = range.zeroPointUint8();
            assertThat(scale * (255 - zero)).isGreaterThanOrEqualTo(range.high() - 0.51 * scale);
            assertThat(-scale * zero).isLessThanOrEqualTo(range.low() + 0.51 * scale);
            double symmetric = range.scaleInt8();
            assertThat(127 * symmetric).isGreaterThanOrEqualTo(0.9999 * Math.max(-range.low(), range.high()));
        }
    }

    private static void exactZero(Range range) {
        assertThat(range.scaleUint8()).isPositive().isFinite();
        assertThat(range.scaleInt8()).isPositive().isFinite();
        assertThat(range.zeroPointUint8()).isBetween(0, 255);
        assertThat(quantised(0, range.scaleUint8(), range.zeroPointUint8())).isZero();
    }
}
