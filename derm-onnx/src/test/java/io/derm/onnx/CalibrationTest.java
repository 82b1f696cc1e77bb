package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.ElementType;
import io.derm.api.InferenceException;
import io.derm.api.Session;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import io.derm.ort.OrtRuntime;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CalibrationTest {
    private static final int SIDE = 64;

    private static OnnxModel model() {
        SmallGraph g = new SmallGraph(13, 7)
                .input("x", DataType.FLOAT, 1, 3, SIDE, SIDE)
                .output("y", DataType.FLOAT, 1, 4, SIDE, SIDE)
                .floats("w", 4, 3, 1, 1);
        g.node("Conv", "c", "x", "w");
        g.node("Tanh", "y", "c");
        return g.build();
    }

    private static Tensor picture(int index) {
        Tensor t = Tensor.allocate("x", ElementType.FLOAT32, 1, 3, SIDE, SIDE);
        Random random = new Random(index);
        for (int i = 0; i < t.elements(); i++) {
            t.floats().put(i, random.nextFloat() * (1 + index % 7) - 0.3f * (index % 5));
        }
        return t;
    }

    /** Makes each sample when it is asked for, and knows which of them somebody still holds on to. */
    private static final class Fleeting implements Samples {
        private final int size;
        private final List<WeakReference<Tensor>> made = new ArrayList<>();
        private final List<Long> used = new ArrayList<>();
        private long held = -1;

        Fleeting(int size) {
            this.size = size;
        }

        @Override
        public int size() {
            return size;
        }

        @Override
        public Tensors run(Session session, int index) {
            if (index == size / 10 || index == size - 1) {
                System.gc();
                held = made.stream().filter(w -> w.get() != null).count();
                used.add(
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
            }
            Tensor t = picture(index);
            made.add(new WeakReference<>(t));
            return session.run(Tensors.of(t));
        }
    }

    @Test
    void thousandSamples_areNotKeptNorWhatTheyGave() {
        Fleeting samples = new Fleeting(1000);
        Calibration calibration = Int8Bench.calibrate(model(), samples);
        assertThat(calibration.samples()).isEqualTo(1000);
        assertThat(samples.made).hasSize(1000);
        // The runtime may hold the inputs of its last run.
        assertThat(samples.held).isBetween(0L, 2L);
        // The values of the tensors on 900 samples have 162 MB.
        assertThat(samples.used.get(1) - samples.used.get(0)).isLessThan(16L << 20);
    }

    @Test
    void ranges_areThoseOfAllValuesOfAllSamples() {
        OnnxModel model = model();
        List<Tensors> samples = new ArrayList<>();
        float[] low = new float[2];
        float[] high = new float[2];
        for (int i = 0; i < 12; i++) {
            samples.add(Tensors.of(picture(i)));
            float[] x = new float[3 * SIDE * SIDE];
            samples.get(i).get(0).floats().get(0, x);
            float[] y = Int8Bench.run(model, samples.get(i)).get("y");
            for (int t = 0; t < 2; t++) {
                for (float v : t == 0 ? x : y) {
                    low[t] = Math.min(low[t], v);
                    high[t] = Math.max(high[t], v);
                }
            }
        }
        List<Integer> done = new ArrayList<>();
        Calibration calibration =
                Calibration.of(model, new OrtRuntime(), Int8Bench.OPTIONS, Samples.of(samples), (what, n, total) -> {
                    done.add(n);
                    assertThat(total).isEqualTo(12);
                });
        assertThat(done).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
        assertThat(calibration.tensors()).containsExactly("c", "x", "y");
        assertThat(calibration.range("x", RangeMethod.MIN_MAX)).isEqualTo(new Range(low[0], high[0]));
        assertThat(calibration.range("y", RangeMethod.MIN_MAX)).isEqualTo(new Range(low[1], high[1]));
        assertThatThrownBy(() -> calibration.range("w", RangeMethod.MSE)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void numbersThatAreNotFinite_areRefused() {
        Tensor x = picture(0);
        x.floats().put(77, Float.NaN);
        assertThatThrownBy(() -> Int8Bench.calibrate(model(), Samples.of(List.of(Tensors.of(x)))))
                .isInstanceOf(InferenceException.class)
                .hasMessageContaining("[DERM-100] Tensor '")
                .hasMessageContaining("not finite");
        assertThatThrownBy(() -> Int8Bench.calibrate(model(), Samples.of(List.of())))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
