package io.derm.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.RuntimeUse;
import io.derm.api.SourceInfo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Sources and models for tests of the loop: what they find is beside the point, when they do is given. */
final class StandIns {
    private static final Model MODEL = Model.of("stand-in", new byte[] {1});

    private StandIns() {}

    interface Hook {
        void frame(Frame frame) throws Exception;
    }

    private static void call(Hook hook, Frame frame) {
        try {
            hook.frame(frame);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Finds one lesion in each frame. */
    static Detector detector(Hook hook) {
        return detector(hook, () -> RuntimeUse.UNKNOWN);
    }

    /** As {@link #detector(Hook)}, by a runtime. */
    static Detector detector(Hook hook, Supplier<RuntimeUse> runtime) {
        return new Detector() {
            @Override
            public RuntimeUse runtime() {
                return runtime.get();
            }

            @Override
            public List<Detection> detect(Frame frame) {
                call(hook, frame);
                return List.of(new Detection(Box.ofSize(4, 4, 8, 8), 0.9f, 0, "lesion"));
            }

            @Override
            public Model model() {
                return MODEL;
            }

            @Override
            public void close() {}
        };
    }

    /** Takes every region for benign. */
    static Classifier classifier(Hook hook) {
        Map<LesionClass, Float> p =
                Map.of(LesionClass.BENIGN, 0.5f, LesionClass.UNKNOWN, 0.25f, LesionClass.MELANOMA, 0.25f);
        return new Classifier() {
            @Override
            public List<Assessment> classify(Frame frame, List<Box> regions) {
                call(hook, frame);
                return regions.stream()
                        .map(r -> new Assessment(LesionClass.BENIGN, p, Map.of()))
                        .toList();
            }

            @Override
            public Model model() {
                throw new UnsupportedOperationException();
            }

            @Override
            public void close() {}
        };
    }

    /** Lets time pass as work does, whatever the length. */
    static void passes(double millis) {
        long end = System.nanoTime() + (long) (millis * 1e6);
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Waits for what another thread is about to do. */
    static void until(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; !condition.getAsBoolean(); i++) {
            assertThat(i).as("milliseconds waited").isLessThan(20_000);
            Thread.sleep(1);
        }
    }

    /** Waits as native code does, which does not look whether its thread is interrupted. */
    static void hang(CountDownLatch until) {
        while (true) {
            try {
                until.await();
                return;
            } catch (InterruptedException e) {
                continue;
            }
        }
    }

    /** A source that is fed by hand. */
    static final class Feed implements FrameSource {
        private final FramePool pool;
        private final boolean live;
        private final BlockingQueue<Optional<Frame>> frames = new LinkedBlockingQueue<>();
        private long next;

        Feed(FramePool pool, boolean live) {
            this.pool = pool;
            this.live = live;
        }

        /** Gives one more frame, captured now. */
        Feed frame() throws InterruptedException {
            return frame(System.nanoTime());
        }

        Feed frame(long capturedNanos) throws InterruptedException {
            frames.add(Optional.of(pool.lease(32, 32, PixelFormat.BGR24, next, next++ * 33_333L, capturedNanos)));
            return this;
        }

        void end() {
            frames.add(Optional.empty());
        }

        @Override
        public SourceInfo info() {
            // So slow that no frame is old, however long the test takes over it.
            return new SourceInfo("feed", 32, 32, 0.01, -1, live);
        }

        @Override
        public Optional<Frame> next() throws InterruptedException {
            return frames.take();
        }

        /** Closes what nobody took. */
        @Override
        public void close() {
            frames.forEach(f -> f.ifPresent(Frame::close));
        }
    }

    /** A camera: frames come at its rate, whether or not anybody is ready. */
    static final class Camera implements FrameSource {
        private final FramePool pool;
        private final double rate;
        private final long frames;
        private final long start = System.nanoTime();
        private long next;

        Camera(FramePool pool, double rate, long frames) {
            this.pool = pool;
            this.rate = rate;
            this.frames = frames;
        }

        @Override
        public SourceInfo info() {
            return new SourceInfo("camera", 32, 32, rate, frames, true);
        }

        @Override
        public Optional<Frame> next() throws InterruptedException {
            if (next == frames) {
                return Optional.empty();
            }
            // The driver keeps the newest frame alone.
            long due = Math.max(next, (long) Math.floor((System.nanoTime() - start) * rate / 1e9));
            long at = start + Math.round(due * 1e9 / rate);
            for (long left = at - System.nanoTime(); left > 0; left = at - System.nanoTime()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                LockSupport.parkNanos(left);
            }
            next = Math.min(frames, due + 1);
            return Optional.of(pool.lease(32, 32, PixelFormat.BGR24, due, Math.round(due * 1e6 / rate), at));
        }

        @Override
        public void close() {}
    }
}
