package io.derm.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.PixelFormat;
import io.derm.api.RuntimeUse;
import io.derm.api.SourceInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When steps begin, in simulated time: a camera, three steps of given lengths, and nothing of threads. */
class LaneTest {
    private static final double MS = 1e6;
    private static final double FRAME = 1000.0 / 30;

    private final FramePool pool = new FramePool(8, true);

    @AfterEach
    void everyLeaseIsClosed() {
        assertThat(pool.leaks()).isEmpty();
        pool.close();
    }

    /** The rate of the slowest of camera and steps, and no frame older than two frame times and its own inference. */
    @ParameterizedTest(name = "detect {0} ms, classify {1} ms, listener {2} ms, each varying by {3} %")
    @CsvSource({
        "10, 10, 100, 0",
        "10, 10, 100, 10",
        "25, 8, 100, 10",
        "8, 25, 100, 10",
        "30, 30, 1, 10",
        "50, 20, 1, 10",
        "20, 50, 1, 10",
        "45, 50, 48, 10",
        "60, 60, 60, 10",
        "5, 5, 1, 10",
        "80, 10, 200, 10",
        "10, 80, 200, 10",
    })
    void newestFrame_whateverIsSlowest_isFreshAtTheFullRate(
            double detect, double classify, double listener, double percent) {
        Random random = new Random(7);
        Simulation run = new Simulation(
                noisy(random, detect, percent), noisy(random, classify, percent), noisy(random, listener, percent));
        run.forSeconds(120);
        double slowest = Math.max(Math.max(FRAME, detect), Math.max(classify, listener));
        assertThat(run.delivered).isGreaterThan((long) (0.95 * 120_000 / slowest));
        double inference = (detect + classify) * (1 + percent / 100);
        assertThat(run.ages.getMaxValue() / MS).isLessThan(2 * FRAME + inference);
    }

    @Test
    void newestFrame_ofAListenerThatStalls_isFreshAfterIt() {
        Random random = new Random(3);
        int[] calls = {0};
        DoubleSupplier stalls = () -> ++calls[0] % 100 == 0 ? 800 : 1;
        Simulation run = new Simulation(noisy(random, 10, 10), noisy(random, 10, 10), stalls);
        run.forSeconds(120);
        assertThat(calls[0]).isGreaterThan(1000);
        assertThat(run.ages.getMaxValue() / MS).isLessThan(2 * FRAME + 22);
    }

    @Test
    void newestFrame_ofAClassifierThatStalls_waitsForNoOtherFrame() {
        Random random = new Random(3);
        int[] calls = {0};
        DoubleSupplier stalls = () -> ++calls[0] % 100 == 0 ? 800 : 10;
        Simulation run = new Simulation(noisy(random, 10, 10), stalls, noisy(random, 1, 10));
        run.forSeconds(120);
        // The frame that met the stall is as old as the stall; those after it are not.
        assertThat(run.ages.getValueAtPercentile(98.5) / MS).isLessThan(2 * FRAME + 21);
    }

    @Test
    void everyFrame_ofUnevenSteps_isDeliveredAtTheRateOfTheSlowest() {
        Random random = new Random(5);
        Simulation run = new Simulation(
                FramePolicy.EVERY, 1, noisy(random, 20, 30), noisy(random, 20, 30), noisy(random, 5, 30));
        run.forSeconds(60);
        assertThat(run.delivered).isGreaterThan((long) (0.9 * 60_000 / 20));
        assertThat(run.lane.tally.dropped())
                .allSatisfy((cause, n) -> assertThat(n).isLessThanOrEqualTo(cause == DropCause.STOPPED ? 8 : 0));
        assertThat(run.lane.underway()).isLessThanOrEqualTo(8);
    }

    private static DoubleSupplier noisy(Random random, double mean, double percent) {
        return () -> mean * (1 + percent / 100 * (2 * random.nextDouble() - 1));
    }

    /** Runs a lane as {@link Exams} does, with the time that each step takes drawn beforehand. */
    private final class Simulation {
        final Lane lane;
        final Histogram ages = new Histogram(3);
        private final double frameMillis;
        private final List<DoubleSupplier> millis;
        private final Work[] inStep = new Work[3];
        private final long[] ends = new long[3];
        private long now;

        private long sequence;
        private long delivered;
        private final List<Long> order = new ArrayList<>();

        Simulation(DoubleSupplier detect, DoubleSupplier classify, DoubleSupplier listener) {
            this(FramePolicy.LATEST, FRAME, detect, classify, listener);
        }

        Simulation(
                FramePolicy policy,
                double frameMillis,
                DoubleSupplier detect,
                DoubleSupplier classify,
                DoubleSupplier listener) {
            this.frameMillis = frameMillis;
            this.millis = List.of(detect, classify, listener);
            this.lane = new Lane(
                    ExamOptions.defaults().withPolicy(policy),
                    new Evidence(ExamOptions.defaults()),
                    1,
                    new ReentrantLock().newCondition(),
                    () -> {},
                    RuntimeUse.UNKNOWN,
                    RuntimeUse.UNKNOWN);
            lane.settle(new SourceInfo("simulated", 16, 16, 30, -1, true));
            lane.start(new Thread(() -> {}));
        }

        void forSeconds(double seconds) {
            long nextFrame = 0;
            while (now < seconds * 1e9) {
                long next = Long.MAX_VALUE;
                if (nextFrame <= now && !lane.full()) {
                    lane.captured(new Work(frame(), 0, new CameraPath.Place(0, Similarity.IDENTITY)));
                    nextFrame += (long) (frameMillis * MS);
                }
                for (int step = 2; step >= 0; step--) {
                    if (inStep[step] != null && ends[step] <= now) {
                        lane.end(step, inStep[step], now, null);
                        inStep[step] = null;
                    }
                }
                for (int step = 2; step >= 0; step--) {
                    long delay = inStep[step] != null
                            ? Lane.NEVER
                            : lane.delay(
                                    step,
                                    now,
                                    inStep[Lane.CLASSIFY] == null ? Lane.IDLE : lane.left(Lane.CLASSIFY, now),
                                    lane.overdue(Lane.CLASSIFY, now));
                    if (delay == 0) {
                        begin(step);
                    } else if (delay != Lane.NEVER) {
                        next = Math.min(next, now + delay);
                    }
                    if (inStep[step] != null) {
                        next = Math.min(next, ends[step]);
                    }
                }
                if (!lane.full()) {
                    next = Math.min(next, Math.max(nextFrame, now + 1));
                }
                now = next;
            }
            lane.stop();
            for (int step = 0; step < 3; step++) {
                if (inStep[step] != null) {
                    lane.end(step, inStep[step], now, null);
                }
            }
            assertThat(order).isSorted().doesNotHaveDuplicates();
        }

        private void begin(int step) {
            Work work = lane.begin(step, now);
            inStep[step] = work;
            long nanos = (long) (millis.get(step).getAsDouble() * MS);
            ends[step] = now + nanos;
            if (step == Lane.DETECT) {
                work.detectNanos = nanos;
            } else if (step == Lane.CLASSIFY) {
                work.classifyNanos = nanos;
            }
            if (step == Lane.DELIVER) {
                // The first frames are for learning how long steps take.
                if (now > 2e9) {
                    ages.recordValue(now - work.frame.capturedNanos());
                }
                delivered++;
                order.add(work.frame.sequence());
            }
        }

        private Frame frame() {
            try {
                return pool.lease(16, 16, PixelFormat.BGR24, sequence++, now / 1000, now);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
