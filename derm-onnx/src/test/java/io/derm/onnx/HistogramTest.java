package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistogramTest {

    /** Every bin against a count of the raw values between its edges; edges are powers of two times integers, so both are exact. */
    private static void holds(Histogram h, List<Float> values) {
        int finite = 0;
        int zeros = 0;
        double largest = 0;
        float min = 0;
        float max = 0;
        long[] expected = new long[h.bins()];
        for (float v : values) {
            if (Float.isNaN(v) || Float.isInfinite(v)) {
                continue;
            }
            min = finite == 0 ? v : Math.min(min, v);
            max = finite == 0 ? v : Math.max(max, v);
            finite++;
            zeros += v == 0 ? 1 : 0;
            largest = Math.max(largest, Math.abs((double) v));
            int below = 0;
            int above = h.bins();
            while (above - below > 1) {
                int middle = (below + above) / 2;
                if (v >= h.edge(middle)) {
                    below = middle;
                } else {
                    above = middle;
                }
            }
            assertThat((double) v).isGreaterThanOrEqualTo(h.edge(below)).isLessThan(h.edge(below + 1));
            expected[below]++;
        }
        for (int i = 0; i < h.bins(); i++) {
            assertThat(h.count(i)).as("bin %d", i).isEqualTo(expected[i]);
            assertThat(h.edge(i + 1) - h.edge(i)).isEqualTo(h.width());
            assertThat(h.centre(i)).isEqualTo((h.edge(i) + h.edge(i + 1)) / 2);
        }
        assertThat(h.count()).isEqualTo(finite);
        assertThat(h.notFinite()).isEqualTo(values.size() - finite);
        assertThat(h.zeros()).isEqualTo(zeros);
        assertThat(h.min()).isEqualTo(min);
        assertThat(h.max()).isEqualTo(max);
        assertThat(h.edge(h.bins() / 2)).isZero();
        if (largest > 0x1p-120) {
            assertThat(largest).as("half of a side is in use").isGreaterThanOrEqualTo(h.width() * h.bins() / 4);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void counts_ofValuesThatGrowWildly_areThoseOfBruteForce(long seed) {
        Random random = new Random(seed);
        Histogram h = new Histogram();
        List<Float> all = new ArrayList<>();
        for (int batch = 0; batch < 12; batch++) {
            int n = 1 + random.nextInt(2000);
            double magnitude = Math.pow(10, -44 + random.nextInt(82));
            ByteBuffer bytes = ByteBuffer.allocateDirect(4 * (n + 7)).order(ByteOrder.nativeOrder());
            FloatBuffer values = bytes.asFloatBuffer();
            for (int i = 0; i < n; i++) {
                float v = (float) (random.nextGaussian() * magnitude);
                values.put(
                        i,
                        switch (random.nextInt(20)) {
                            case 0 -> 0f;
                            case 1 -> -0f;
                            case 2 -> random.nextBoolean() ? Float.NaN : Float.NEGATIVE_INFINITY;
                            case 3 -> Float.MIN_VALUE;
                            case 4 -> -Float.MIN_VALUE;
                            case 5 -> Math.scalb(random.nextBoolean() ? 1f : -1f, random.nextInt(20) - 140);
                            default -> v;
                        });
                all.add(values.get(i));
            }
            // What lies over the limit is not part of the tensor.
            values.put(n, Float.MAX_VALUE).limit(n);
            h.add(values);
            holds(h, all);
        }
        assertThat(h.notFinite()).isPositive();
    }

    @Test
    void values_onEdges_fallIntoTheBinAbove() {
        Histogram h = new Histogram();
        List<Float> values = new ArrayList<>();
        for (int i = -1024; i <= 1024; i++) {
            values.add(i / 16f);
        }
        h.add(buffer(values));
        holds(h, values);
        List<Float> more = List.of(64f, -64f, Math.nextDown(64f), 128f, -128f, Math.nextUp(-128f));
        h.add(buffer(more));
        values.addAll(more);
        holds(h, values);
    }

    @ParameterizedTest
    @ValueSource(
            floats = {0f, -0f, 5f, -5f, 1e38f, -1e38f, Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE, -1e-40f})
    void constants_areCountedInOneBin(float value) {
        Histogram h = new Histogram();
        List<Float> values = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            values.add(value);
        }
        h.add(buffer(values));
        holds(h, values);
        h.add(buffer(List.of(1f)));
        values.add(1f);
        holds(h, values);
    }

    @Test
    void nothingFinite_isEmpty() {
        Histogram h = new Histogram();
        h.add(FloatBuffer.allocate(0));
        holds(h, List.of());
        List<Float> odd = List.of(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
        h.add(buffer(odd));
        holds(h, odd);
        assertThat(RangeMethod.MIN_MAX.range(h)).isEqualTo(new Range(0, 0));
    }

    private static FloatBuffer buffer(List<Float> values) {
        FloatBuffer b = FloatBuffer.allocate(values.size());
        values.forEach(b::put);
        return b.flip();
    }
}
