package io.derm.samples;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.effnet.EffnetClassifier;
import io.derm.samples.VerifyModels.Network;
import io.derm.samples.VerifyModels.Precision;
import io.derm.samples.VerifyRun.Classifying;
import io.derm.samples.VerifyRun.Detecting;
import io.derm.trt.TrtMeter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** The section that measures how long things take on the GPU, and holds what has a budget to it. */
final class VerifyLatency {
    static final String TITLE = "Latency and throughput";

    /** Of {@code detect} over the bare run of the same engine. */
    static final double DETECT_OVER_BARE = 1.10;
    /** Of finding and assessing eight lesions in a frame of 1080p with YOLOv4-608 and B0 in FP16, on an H100 or H200. */
    static final double EXAM_MILLIS = 2;

    private static final int LESIONS = 8;
    private static final int[] BATCHES = {1, 8, 32};
    private static final int[] STREAMS = {1, 2, 4, 8};
    private static final int MOST = 4_000;

    private enum Size {
        HD("720p", 1280, 720),
        FULL_HD("1080p", 1920, 1080),
        UHD("4K", 3840, 2160);

        private final String words;
        private final int width;
        private final int height;

        Size(String words, int width, int height) {
            this.words = words;
            this.width = width;
            this.height = height;
        }
    }

    /** Something that is measured; tells its time on the GPU, or NaN where only the wall clock is read. */
    private interface Timed {
        double run() throws Exception;
    }

    /** Times on both clocks. */
    private record Times(Histogram wall, Histogram gpu) {
        private Times() {
            this(new Histogram(3), new Histogram(3));
        }

        private void add(long wallNanos, double gpuMillis) {
            wall.recordValue(Math.max(1, wallNanos));
            if (!Double.isNaN(gpuMillis)) {
                gpu.recordValue(Math.max(1, Math.round(gpuMillis * 1e6)));
            }
        }
    }

    private final VerifyRun run;
    private final double seconds;
    private final int warmUp;

    VerifyLatency(VerifyRun run) {
        this.run = run;
        // On the emulated device the way is what matters and times mean nothing.
        this.seconds = run.emulated() ? 0.01 : run.quick() ? 0.2 : 1;
        this.warmUp = run.emulated() ? 1 : 50;
    }

    void run(VerifySection section) throws Exception {
        VerifyTable parts = table(section, "parts", "Upload and image kernel alone");
        VerifyTable models = table(section, "models", "Bare runs, detect, classify and whole exam steps");
        VerifyTable streams = section.table(
                "streams",
                "Streams in parallel: exam steps at 1080p, FP16",
                "models",
                "streams",
                "frames/s",
                "n",
                "p50 ms",
                "p99 ms",
                "max ms");
        section.note("Times are percentiles after a warm-up of " + warmUp
                + " runs, each frame fresh from a pool and uploaded in it."
                + " 'events' is the time between CUDA events, 'wall' the caller's clock. An exam step is detect and classify of "
                + LESIONS + " regions.");
        if (run.emulated()) {
            section.notRun("budgets, FP32, INT8 and more than two streams: the device is emulated on the CPU");
        }
        if (!run.models().quiet(run.deadline().seconds() / 10)) {
            section.note("A model was still being made on the CPU beside the first of these measurements.");
        }
        if (!big()) {
            section.note(String.format(
                    Locale.ROOT,
                    "The budget of %.0f ms for an exam step with YOLOv4-608 is for an H100 or H200; on this GPU the time is only reported.",
                    EXAM_MILLIS));
        }
        ImageJob.open(run.data().scenes().get(0).file().toString(), (name, picture) -> {
            for (Precision p : run.emulated() ? List.of(Precision.FP16) : List.of(Precision.values())) {
                set(section, parts, models, Network.YOLOV4, p, picture);
                set(section, parts, models, Network.DETECTOR, p, picture);
            }
            for (Network detector : List.of(Network.YOLOV4, Network.DETECTOR)) {
                streams(section, streams, detector, picture);
            }
        });
    }

    private static VerifyTable table(VerifySection section, String id, String title) {
        return section.table(
                id,
                title,
                "models",
                "precision",
                "what",
                "frame",
                "clock",
                "n",
                "p50 ms",
                "p90 ms",
                "p99 ms",
                "p99.9 ms",
                "max ms",
                VerifyHtml.BUDGET);
    }

    private boolean big() {
        return run.gpu().name().matches(".*\\bG?H[12]00\\b.*");
    }

    private static String words(Network detector) {
        return detector == Network.YOLOV4 ? "YOLOv4-608 + Lite0" : "demo models";
    }

    /** Measures a detector and the classifier in one precision. */
    private void set(
            VerifySection section, VerifyTable parts, VerifyTable models, Network detector, Precision p, Frame picture)
            throws Exception {
        String what = words(detector) + " " + p;
        Optional<String> leftOut = run.leftOut(new VerifyModels.Variant(detector, p));
        if (leftOut.isPresent()) {
            section.note(leftOut.get());
            return;
        }
        if (!run.has(detector, p) || !run.has(Network.CLASSIFIER, p)) {
            section.notRun(what + ": there is no engine");
            return;
        }
        if (run.deadline().over()) {
            section.notRun(what + ": out of time");
            return;
        }
        try (Detecting d = run.detecting(new VerifyModels.Variant(detector, p));
                Classifying c = run.classifying(p)) {
            measure(section, parts, models, new Rig(detector, p, d, c, picture));
        } catch (TimeoutException e) {
            section.notRun(what + ": out of time");
        } catch (RuntimeException e) {
            section.failed(what + ": " + VerifyGpu.words(e));
        }
    }

    private record Rig(Network network, Precision precision, Detecting d, Classifying c, Frame picture) {
        private void row(
                VerifyTable table, String what, String frame, String clock, Histogram h, @Nullable Double budget) {
            if (h.getTotalCount() > 0) {
                table.row(
                        words(network),
                        precision.name(),
                        what,
                        frame,
                        clock,
                        h.getTotalCount(),
                        h.getValueAtPercentile(50) / 1e6,
                        h.getValueAtPercentile(90) / 1e6,
                        h.getValueAtPercentile(99) / 1e6,
                        h.getValueAtPercentile(99.9) / 1e6,
                        h.getMaxValue() / 1e6,
                        budget);
            }
        }
    }

    private void measure(VerifySection section, VerifyTable parts, VerifyTable models, Rig rig) throws Exception {
        boolean first = rig.precision() == Precision.FP16;
        for (Size size : Size.values()) {
            try (VerifyFrames frames = new VerifyFrames(rig.picture(), size.width, size.height)) {
                if (size == Size.HD) {
                    detectors(section, models, rig, frames);
                }
                exam(section, models, rig, size, frames);
                if (first) {
                    parts(parts, rig, size, frames);
                }
            }
        }
        if (rig.network() == Network.DETECTOR) {
            try (VerifyFrames frames = new VerifyFrames(rig.picture(), Size.FULL_HD.width, Size.FULL_HD.height)) {
                for (int n : BATCHES) {
                    classifiers(models, rig, n, frames);
                }
            }
        }
    }

    /** The bare run and {@code detect} in turn, so that whatever the GPU's clocks do meets both. */
    private void detectors(VerifySection section, VerifyTable table, Rig rig, VerifyFrames frames) throws Exception {
        try (TrtMeter meter = new TrtMeter(rig.d().session())) {
            Frame[] kept = {frames.next()};
            List<Times> times = interleaved(List.of(
                    () -> meter.bare(1).gpuMillis(),
                    () -> {
                        kept[0] = frames.next();
                        rig.d().detector().detect(kept[0]);
                        return Double.NaN;
                    },
                    () -> {
                        rig.d().detector().detect(kept[0]);
                        return Double.NaN;
                    }));
            Histogram bare = times.get(0).wall();
            double budget = DETECT_OVER_BARE * bare.getValueAtPercentile(50) / 1e6;
            rig.row(table, "bare run", "-", "events", times.get(0).gpu(), null);
            rig.row(table, "bare run", "-", "wall", bare, null);
            rig.row(table, "detect", Size.HD.words, "wall", times.get(1).wall(), budget);
            rig.row(
                    table,
                    "detect, frame on the GPU",
                    Size.HD.words,
                    "wall",
                    times.get(2).wall(),
                    null);
            held(section, rig, "detect at 720p", times.get(1).wall(), budget);
        }
    }

    private void held(VerifySection section, Rig rig, String what, Histogram h, double budget) {
        double p50 = h.getValueAtPercentile(50) / 1e6;
        if (!run.emulated() && !(p50 <= budget)) {
            section.failed(String.format(
                    Locale.ROOT,
                    "%s %s: %s takes %.3f ms at p50, budget %.3f ms",
                    words(rig.network()),
                    rig.precision(),
                    what,
                    p50,
                    budget));
        }
    }

    private void exam(VerifySection section, VerifyTable table, Rig rig, Size size, VerifyFrames frames)
            throws Exception {
        List<Box> lesions = lesions(size.width, size.height, LESIONS);
        Times times = interleaved(List.of(() -> step(rig.d(), rig.c(), frames.next(), lesions)))
                .get(0);
        boolean held =
                big() && size == Size.FULL_HD && rig.network() == Network.YOLOV4 && rig.precision() == Precision.FP16;
        rig.row(table, "exam step", size.words, "wall", times.wall(), held ? EXAM_MILLIS : null);
        if (held) {
            held(section, rig, "an exam step at 1080p", times.wall(), EXAM_MILLIS);
        }
    }

    private static double step(Detecting d, Classifying c, Frame frame, List<Box> lesions) {
        d.detector().detect(frame);
        c.classifier().classify(frame, lesions);
        return Double.NaN;
    }

    private void classifiers(VerifyTable table, Rig rig, int n, VerifyFrames frames) throws Exception {
        List<Box> lesions = lesions(Size.FULL_HD.width, Size.FULL_HD.height, n);
        EffnetClassifier classifier = rig.c().classifier();
        try (TrtMeter meter = new TrtMeter(rig.c().session())) {
            List<Times> times = interleaved(List.of(() -> meter.bare(n).gpuMillis(), () -> {
                classifier.classify(frames.next(), lesions);
                return Double.NaN;
            }));
            rig.row(
                    table,
                    "bare run of Lite0, batch " + n,
                    "-",
                    "events",
                    times.get(0).gpu(),
                    null);
            rig.row(
                    table,
                    "bare run of Lite0, batch " + n,
                    "-",
                    "wall",
                    times.get(0).wall(),
                    null);
            rig.row(
                    table,
                    "classify " + n,
                    Size.FULL_HD.words,
                    "wall",
                    times.get(1).wall(),
                    null);
        }
    }

    private void parts(VerifyTable table, Rig rig, Size size, VerifyFrames frames) throws Exception {
        ImageInput whole = rig.d().detector().input();
        ImageInput crops = rig.c().classifier().input();
        List<Box> lesions = lesions(size.width, size.height, LESIONS);
        try (TrtMeter meter = new TrtMeter(rig.d().session());
                TrtMeter classes = new TrtMeter(rig.c().session())) {
            Frame[] kept = {frames.next()};
            List<Times> times = interleaved(List.of(
                    () -> {
                        kept[0] = frames.next();
                        return meter.upload(kept[0]).gpuMillis();
                    },
                    () -> meter.image(whole, kept[0], List.of(kept[0].bounds())).gpuMillis(),
                    () -> classes.image(crops, kept[0], lesions).gpuMillis()));
            List<String> names = List.of(
                    "upload",
                    "image kernel, frame to " + whole.width() + "x" + whole.height(),
                    "image kernel, " + LESIONS + " regions to " + crops.width() + "x" + crops.height());
            for (int i = 0; i < names.size(); i++) {
                rig.row(table, names.get(i), size.words, "events", times.get(i).gpu(), null);
                rig.row(table, names.get(i), size.words, "wall", times.get(i).wall(), null);
            }
        }
    }

    /** Regions of the size of lesions, spread over a frame. */
    private static List<Box> lesions(int width, int height, int n) {
        List<Box> boxes = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            float side = height / 12f + 3.25f * i;
            boxes.add(Box.ofSize(
                    (i * 7919) % (int) (width - side), (i * 104729) % (int) (height - side), side, 0.9f * side));
        }
        return boxes;
    }

    /** Runs all in turn, again and again, until the time for each is over. */
    private List<Times> interleaved(List<Timed> all) throws Exception {
        List<Times> times = new ArrayList<>();
        all.forEach(t -> times.add(new Times()));
        for (int i = 0; i < warmUp; i++) {
            for (Timed timed : all) {
                timed.run();
            }
            requireTime();
        }
        Deadline end = Deadline.in(Duration.ofMillis((long) (1000 * seconds * all.size())));
        for (int i = 0; i < MOST && !end.over(); i++) {
            for (int k = 0; k < all.size(); k++) {
                long start = System.nanoTime();
                double gpuMillis = all.get(k).run();
                times.get(k).add(System.nanoTime() - start, gpuMillis);
            }
            requireTime();
        }
        return times;
    }

    private void requireTime() throws TimeoutException {
        if (run.deadline().over()) {
            throw new TimeoutException();
        }
    }

    private void streams(VerifySection section, VerifyTable table, Network detector, Frame picture) throws Exception {
        String what = "streams of " + words(detector);
        Optional<String> leftOut = run.leftOut(new VerifyModels.Variant(detector, Precision.FP16));
        if (leftOut.isPresent()) {
            return;
        }
        if (!run.has(detector, Precision.FP16) || !run.has(Network.CLASSIFIER, Precision.FP16)) {
            section.notRun(what + ": there is no engine");
            return;
        }
        for (int n : run.emulated() ? new int[] {1, 2} : STREAMS) {
            if (run.deadline().over()) {
                section.notRun(what + ", " + n + ": out of time");
            } else {
                try {
                    streams(table, detector, n, picture);
                } catch (TimeoutException e) {
                    section.notRun(what + ", " + n + ": out of time");
                } catch (ExecutionException e) {
                    Throwable cause = e.getCause() == null ? e : e.getCause();
                    section.failed(what + ", " + n + ": " + VerifyGpu.words(cause));
                }
            }
        }
    }

    /** What a stream measured. */
    private record Stream(Histogram wall, long nanos) {}

    private void streams(VerifyTable table, Network detector, int n, Frame picture) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(n);
        try {
            CyclicBarrier together = new CyclicBarrier(n);
            List<Callable<Stream>> all = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                all.add(() -> stream(detector, picture, together));
            }
            Histogram wall = new Histogram(3);
            double rate = 0;
            for (Future<Stream> f : threads.invokeAll(
                    all, (long) (1000 * Math.max(0, run.deadline().seconds())), TimeUnit.MILLISECONDS)) {
                if (f.isCancelled()) {
                    throw new TimeoutException();
                }
                Stream s = f.get();
                wall.add(s.wall());
                rate += s.wall().getTotalCount() * 1e9 / s.nanos();
            }
            table.row(
                    words(detector),
                    n,
                    rate,
                    wall.getTotalCount(),
                    wall.getValueAtPercentile(50) / 1e6,
                    wall.getValueAtPercentile(99) / 1e6,
                    wall.getMaxValue() / 1e6);
        } finally {
            threads.shutdownNow();
        }
    }

    private Stream stream(Network detector, Frame picture, CyclicBarrier together) throws Exception {
        List<Box> lesions = lesions(Size.FULL_HD.width, Size.FULL_HD.height, LESIONS);
        try (Detecting d = run.detecting(new VerifyModels.Variant(detector, Precision.FP16));
                Classifying c = run.classifying(Precision.FP16);
                VerifyFrames frames = new VerifyFrames(picture, Size.FULL_HD.width, Size.FULL_HD.height)) {
            for (int i = 0; i < warmUp; i++) {
                step(d, c, frames.next(), lesions);
            }
            together.await((long) (1000 * Math.max(1, run.deadline().seconds())), TimeUnit.MILLISECONDS);
            Histogram wall = new Histogram(3);
            long begin = System.nanoTime();
            long now = begin;
            long end = begin + (long) (2e9 * seconds);
            while (now < end) {
                step(d, c, frames.next(), lesions);
                long after = System.nanoTime();
                wall.recordValue(after - now);
                now = after;
            }
            return new Stream(wall, now - begin);
        } catch (RuntimeException e) {
            // The others need not wait for the end of the time.
            together.reset();
            throw e;
        }
    }
}
