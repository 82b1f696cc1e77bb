package io.derm.samples;

import io.derm.api.Availability;
import io.derm.phantom.Framing;
import io.derm.phantom.PhantomDataset;
import io.derm.samples.VerifyModels.Variant;
import io.derm.trt.TrtMeter;
import io.derm.trt.TrtRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Verifies TensorRT on a GPU: section after section, the most valuable first, within a time. The report is written anew after each, so that
 * a crash of a driver leaves what was found up to then. Used once.
 */
final class VerifyGpu {
    /** Runtime that answers are held to. */
    static final String REFERENCE = "onnxruntime";

    private static final int SCENES = 64;
    private static final int QUICK_SCENES = 12;
    private static final int SCENE_SIDE = 416;
    /** Not among the seeds that the demo models were trained on. */
    private static final long SCENE_SEED = 2_000_000;

    /** Time that is kept for what follows a section, as a part of the whole. */
    private static final double AFTER_ENGINES = 0.45;

    /**
     * What to verify.
     *
     * @param out folder of the report
     * @param cache of engines
     * @param minutes for the whole
     * @param device number of the GPU
     * @param command as it is shown in the report
     */
    record Options(Path out, Path cache, boolean quick, double minutes, int device, String command) {}

    /** Does the work of a section, and says in it what it finds. */
    private interface Step {
        void run(VerifySection section) throws Exception;
    }

    private record Planned(VerifySection section, Step step) {}

    private final Options options;
    private final Deadline deadline;
    private final VerifyReport report;
    private @Nullable VerifySection running;

    VerifyGpu(Options options) {
        this.options = options;
        this.deadline = Deadline.in(Duration.ofMillis((long) (options.minutes() * 60_000)));
        this.report = new VerifyReport(options.command());
    }

    /**
     * Runs all sections that there is time for.
     *
     * @param overrun called on another thread when the time is over and a section still runs, after the report was written; a call into
     *     a GPU's driver cannot be broken off, so it should end the process
     */
    VerifyReport run(Runnable overrun) throws IOException {
        Availability there = new TrtRuntime().availability();
        if (!there.available()) {
            return without(there);
        }
        TrtMeter.Device gpu = TrtMeter.device(options.device());
        report.device(gpu.name());
        Path work = Outputs.folder(options.out().resolve("work"));
        Thread watch = watch(overrun);
        try {
            VerifySection machine = report.add(VerifySection.of("machine", VerifyMachine.TITLE));
            List<Planned> planned = new ArrayList<>();
            Set<Variant> built = ConcurrentHashMap.newKeySet();
            DataSet data = scenes(work);
            try (VerifyModels models = new VerifyModels(work, data, this::made)) {
                VerifyRun run = new VerifyRun(
                        new TrtRuntime(),
                        gpu,
                        options.device(),
                        work,
                        Outputs.folder(options.cache()),
                        options.quick(),
                        deadline,
                        data,
                        models,
                        built);
                planned.add(new Planned(machine, s -> VerifyMachine.withGpu(s, run)));
                plan(planned, run);
                planned.forEach(this::run);
            }
        } finally {
            watch.interrupt();
            delete(work);
        }
        write();
        return report;
    }

    /** Whether a model is made: those that are run, and what YOLOv4 in float16 is held to. */
    private boolean made(Variant v) {
        return v.network() != VerifyModels.Network.YOLOV4
                || (!report.emulated() && !(options.quick() && v.precision() == VerifyModels.Precision.INT8));
    }

    private void plan(List<Planned> planned, VerifyRun run) {
        double total = 60 * options.minutes();
        planned.add(new Planned(
                report.add(VerifySection.of("tests", VerifyTests.TITLE)), s -> new VerifyTests(run).run(s)));
        planned.add(new Planned(
                report.add(VerifySection.of("engines", VerifyEngines.TITLE)),
                s -> new VerifyEngines(run, deadline.leaving(AFTER_ENGINES * total)).run(s)));
        planned.add(new Planned(
                report.add(VerifySection.of("parity", VerifyParity.TITLE)), s -> new VerifyParity(run).run(s)));
        planned.add(new Planned(
                report.add(VerifySection.of("latency", VerifyLatency.TITLE)), s -> new VerifyLatency(run).run(s)));
        planned.add(new Planned(
                report.add(VerifySection.of("memory", VerifyMemory.TITLE)), s -> new VerifyMemory(run).run(s)));
        planned.add(new Planned(
                report.add(VerifySection.optional("peer", VerifyPeer.TITLE)), s -> new VerifyPeer(run).run(s)));
    }

    /** The report of a machine without a GPU. */
    private VerifyReport without(Availability there) {
        VerifySection machine = report.add(VerifySection.of("machine", VerifyMachine.TITLE));
        VerifyMachine.withoutGpu(machine);
        machine.failed("there is no GPU that TensorRT works on: " + there.detail() + " (" + there.remedy() + ")");
        machine.ended(0);
        String why = "there is no GPU";
        report.add(VerifySection.of("tests", VerifyTests.TITLE)).notRun(why);
        report.add(VerifySection.of("engines", VerifyEngines.TITLE)).notRun(why);
        report.add(VerifySection.of("parity", VerifyParity.TITLE)).notRun(why);
        report.add(VerifySection.of("latency", VerifyLatency.TITLE)).notRun(why);
        report.add(VerifySection.of("memory", VerifyMemory.TITLE)).notRun(why);
        report.add(VerifySection.optional("peer", VerifyPeer.TITLE)).notRun(why);
        write();
        return report;
    }

    // A section that fails in whatever way must not take the others with it.
    private void run(Planned planned) {
        VerifySection section = planned.section();
        if (deadline.over()) {
            section.notRun("out of time");
            write();
            return;
        }
        System.err.println("derm: " + section.title() + " ...");
        running(section);
        long start = System.nanoTime();
        try {
            planned.step().run(section);
        } catch (TimeoutException e) {
            section.notRun("out of time");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            section.notRun("interrupted");
        } catch (Exception | LinkageError | OutOfMemoryError e) {
            section.failed(words(e));
        }
        section.ended((System.nanoTime() - start) / 1e9);
        running(null);
        write();
    }

    /** What went wrong, in one line. */
    static String words(Throwable e) {
        String message = e.getMessage();
        return message == null || message.isBlank() ? e.toString() : message;
    }

    private synchronized void running(@Nullable VerifySection section) {
        running = section;
    }

    private Thread watch(Runnable overrun) {
        Thread watch = new Thread(
                () -> {
                    try {
                        Thread.sleep((long) (1000 * Math.max(0, deadline.seconds())));
                        // Sections stop by themselves within a measurement.
                        Thread.sleep(GRACE_MILLIS);
                    } catch (InterruptedException e) {
                        return;
                    }
                    VerifySection at;
                    synchronized (this) {
                        at = running;
                    }
                    if (at != null) {
                        at.notRun("out of time in the middle of it");
                    }
                    write();
                    overrun.run();
                },
                "derm-verify-watch");
        watch.setDaemon(true);
        watch.start();
        return watch;
    }

    private static final long GRACE_MILLIS = 5_000;

    private DataSet scenes(Path work) throws IOException {
        Path folder = work.resolve("scenes");
        delete(folder);
        PhantomDataset.write(
                folder,
                new PhantomDataset.Options(
                        options.quick() ? QUICK_SCENES : SCENES,
                        SCENE_SEED,
                        SCENE_SIDE,
                        SCENE_SIDE,
                        Framing.MIXED,
                        32,
                        Runtime.getRuntime().availableProcessors()),
                (done, total) -> {});
        return DataSet.read(folder);
    }

    private synchronized void write() {
        Outputs.write(options.out().resolve("report.json"), report.json());
        Outputs.write(options.out().resolve("report.html"), VerifyHtml.render(report));
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
