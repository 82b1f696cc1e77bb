package io.derm.bench;

import io.derm.api.DermException;
import io.derm.api.Frame;
import io.derm.api.InferenceRuntime;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/**
 * An exam of cameras at their own rate: how long after a frame was due its findings are there, and how many frames nobody came for. Frames are
 * decoded beforehand and shown by {@link PacedCamera}; every frame's findings are held to those that the models give outside the exam.
 */
public final class PacedExam {
    /** Exit code where the machine cannot run it. */
    static final int NOT_RUN = 3;

    /** From here to the first frame: threads start and exams wait for their camera. */
    private static final double LEAD_SECONDS = 0.5;
    /** Cameras go on after the window, so that its last frames meet the same load as the others. */
    private static final double COOL_DOWN_SECONDS = 1;

    private PacedExam() {}

    /** Runs one as the arguments say; exit code 0 done, 1 failed, 2 wrong usage, 3 not run. */
    public static void main(String[] args) {
        System.exit(run(System.out, System.err, args));
    }

    static int run(PrintStream out, PrintStream err, String... args) {
        PacedOptions options;
        try {
            options = PacedOptions.parse(args);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return 2;
        }
        try {
            PacedReport report = run(options);
            out.print(report.table());
            write(options, report.json(), out);
            return 0;
        } catch (NotRunException e) {
            out.println(e.getMessage());
            return writeNotRun(options, e, out, err);
        } catch (DermException | IllegalArgumentException | IllegalStateException | IOException e) {
            err.println(e.getMessage());
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            err.println("Interrupted");
            return 1;
        }
    }

    private static int writeNotRun(PacedOptions options, NotRunException reason, PrintStream out, PrintStream err) {
        try {
            write(options, PacedReport.notRunJson(options, reason.getMessage()), out);
            return NOT_RUN;
        } catch (IOException e) {
            err.println(e.getMessage());
            return 1;
        }
    }

    private static void write(PacedOptions options, String json, PrintStream out) throws IOException {
        if (options.json().isPresent()) {
            Files.writeString(Path.of(options.json().get()), json + "\n");
        } else {
            out.println(json);
        }
    }

    /**
     * Runs one.
     *
     * @throws NotRunException if this machine cannot
     * @throws IllegalStateException if findings are not what they must be, or a stream failed
     */
    static PacedReport run(PacedOptions options) throws InterruptedException {
        InferenceRuntime runtime = Subjects.runtime(options.runtime());
        List<PacedStream> streams = new ArrayList<>();
        try (Pictures pictures = Pictures.decode(options.source(), options.pictures())) {
            for (int i = 0; i < options.streams(); i++) {
                streams.add(new PacedStream(runtime, options));
            }
            return run(options, pictures.frames(), streams);
        } finally {
            streams.forEach(PacedStream::close);
        }
    }

    private static PacedReport run(PacedOptions options, List<Frame> pictures, List<PacedStream> streams)
            throws InterruptedException {
        List<Findings> expected = streams.get(0).findings(pictures);
        PacedClock clock = PacedClock.system();
        long start = clock.nanos() + nanos(LEAD_SECONDS);
        long from = start + nanos(options.warmUpSeconds());
        PacedWindow window = new PacedWindow(from, from + nanos(options.seconds()));
        long frames =
                (long) Math.ceil((options.warmUpSeconds() + options.seconds() + COOL_DOWN_SECONDS) * options.rate());
        List<PacedCamera> cameras = new ArrayList<>();
        List<PacedTally> tallies = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(streams.size());
        try {
            List<Future<?>> exams = new ArrayList<>();
            for (int i = 0; i < streams.size(); i++) {
                // Cameras are not in step with one another.
                long phase = nanos(i / (options.rate() * streams.size()));
                PacedCamera camera = new PacedCamera(
                        pictures, options.rate(), start + phase, frames, options.buffers(), window, clock);
                PacedTally tally = new PacedTally(window, nanos(options.deadlineMillis() / 1000));
                cameras.add(camera);
                tallies.add(tally);
                PacedStream stream = streams.get(i);
                exams.add(threads.submit(() -> {
                    stream.run(camera, expected, tally);
                    return null;
                }));
            }
            clock.sleepUntil(window.fromNanos());
            ProcessMemory before = ProcessMemory.now();
            long deliveredBefore = delivered(tallies);
            clock.sleepUntil(window.toNanos());
            ProcessMemory after = ProcessMemory.now();
            long delivered = delivered(tallies) - deliveredBefore;
            for (Future<?> exam : exams) {
                exam.get();
            }
            return report(
                    options,
                    pictures.get(0),
                    window,
                    frames,
                    cameras,
                    tallies,
                    delivered == 0 ? Double.NaN : (double) after.allocatedSince(before) / delivered,
                    before,
                    after);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw cause instanceof RuntimeException r ? r : new IllegalStateException("A stream failed: " + cause, e);
        } finally {
            threads.shutdownNow();
            cameras.forEach(PacedCamera::close);
        }
    }

    private static PacedReport report(
            PacedOptions options,
            Frame picture,
            PacedWindow window,
            long frames,
            List<PacedCamera> cameras,
            List<PacedTally> tallies,
            double allocatedPerFrame,
            ProcessMemory before,
            ProcessMemory after) {
        Histogram latency = new Histogram(tallies.get(0).latency());
        tallies.forEach(t -> latency.add(t.latency()));
        long due = 0;
        for (PacedCamera camera : cameras) {
            for (long k = 0; k < frames; k++) {
                due += window.holds(camera.dueNanos(k)) ? 1 : 0;
            }
        }
        long noBuffer =
                cameras.stream().mapToLong(PacedCamera::droppedForWantOfBuffers).sum();
        // Each exam has accounted for its frames: those not delivered were replaced in the camera's mailbox or in the
        // exam's.
        long busy = due - latency.getTotalCount() - noBuffer;
        if (busy < cameras.stream().mapToLong(PacedCamera::droppedBusy).sum()) {
            throw new IllegalStateException("Of " + due + " frames " + latency.getTotalCount()
                    + " were delivered, expected fewer by those that the cameras dropped");
        }
        return new PacedReport(
                options,
                picture.width() + "x" + picture.height() + " " + picture.format(),
                due,
                busy,
                noBuffer,
                latency,
                tallies.stream().mapToLong(PacedTally::late).sum(),
                tallies.stream().mapToLong(PacedTally::lesions).sum(),
                allocatedPerFrame,
                before,
                after);
    }

    private static long delivered(List<PacedTally> tallies) {
        return tallies.stream().mapToLong(PacedTally::delivered).sum();
    }

    private static long nanos(double seconds) {
        return Math.round(seconds * 1e9);
    }
}
