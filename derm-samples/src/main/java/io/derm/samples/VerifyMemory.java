package io.derm.samples;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.Session;
import io.derm.samples.VerifyModels.Network;
import io.derm.samples.VerifyModels.Precision;
import io.derm.samples.VerifyModels.Variant;
import io.derm.samples.VerifyRun.Classifying;
import io.derm.samples.VerifyRun.Detecting;
import io.derm.trt.TrtMeter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The section that looks for what grows: memory over rounds of opening and closing, the heap over frames. */
final class VerifyMemory {
    static final String TITLE = "Memory over rounds of opening and closing, heap allocation a frame";

    private static final int ROUNDS = 100;
    private static final int QUICK_ROUNDS = 10;
    /** Rounds after which libraries have what they keep. */
    private static final int SETTLING = 5;
    /** A leak of one small buffer a round shows; what drivers and allocators keep between rounds does not. */
    private static final double MAX_GPU_MIB = 16;

    private static final double MAX_RESIDENT_MIB = 64;
    private static final double MAX_BYTES = 2048;
    private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s*(\\d+) kB$");

    private final VerifyRun run;
    private final int perMeasurement;

    VerifyMemory(VerifyRun run) {
        this.run = run;
        this.perMeasurement = run.emulated() ? 5 : 500;
    }

    void run(VerifySection section) throws Exception {
        if (!run.has(Network.DETECTOR, Precision.FP16) || !run.has(Network.CLASSIFIER, Precision.FP16)) {
            section.notRun("there are no engines of the demo models in FP16");
            return;
        }
        ImageJob.open(run.data().scenes().get(0).file().toString(), (name, picture) -> {
            try (VerifyFrames frames = new VerifyFrames(picture, 1280, 720)) {
                allocation(section, frames);
                rounds(section, frames);
            }
        });
    }

    private void rounds(VerifySection section, VerifyFrames frames) throws Exception {
        VerifyTable table = section.table(
                "rounds", "Rounds of opening, one exam step and closing", "after", "GPU in use MiB", "resident MiB");
        int wanted = run.emulated() ? 2 : run.quick() ? QUICK_ROUNDS : ROUNDS;
        for (int i = 0; i < SETTLING; i++) {
            round(frames);
        }
        System.gc();
        double gpu = gpuMib();
        double resident = residentMib();
        table.row(SETTLING, gpu, resident);
        int done = 0;
        while (done < wanted && !run.deadline().over()) {
            round(frames);
            done++;
            if (done % 25 == 0 && done < wanted) {
                table.row(SETTLING + done, gpuMib(), residentMib());
            }
        }
        System.gc();
        double gpuGrowth = gpuMib() - gpu;
        double residentGrowth = residentMib() - resident;
        table.row(SETTLING + done, gpu + gpuGrowth, resident + residentGrowth);
        if (done < wanted) {
            section.notRun((wanted - done) + " of " + wanted + " rounds: out of time");
        }
        grown(section, "memory of the GPU", done, gpuGrowth, MAX_GPU_MIB);
        grown(section, "resident memory", done, residentGrowth, MAX_RESIDENT_MIB);
    }

    private static void grown(VerifySection section, String what, int rounds, double mib, double limit) {
        String line = String.format(
                Locale.ROOT, "%s grew by %.1f MiB over %d rounds, limit %.0f MiB", what, mib, rounds, limit);
        section.note(line);
        if (mib > limit) {
            section.failed(line);
        }
    }

    private void round(VerifyFrames frames) throws Exception {
        try (Detecting d = run.detecting(new Variant(Network.DETECTOR, Precision.FP16));
                Classifying c = run.classifying(Precision.FP16)) {
            Frame frame = frames.next();
            d.detector().detect(frame);
            c.classifier().classify(frame, List.of(frame.bounds()));
        }
    }

    private double gpuMib() {
        TrtMeter.Memory memory = TrtMeter.memory(run.device());
        return (memory.total() - memory.free()) / 1048576.0;
    }

    private static double residentMib() throws IOException {
        Path status = Path.of("/proc/self/status");
        Matcher m = RESIDENT.matcher(Files.exists(status) ? Files.readString(status) : "");
        return m.find() ? Long.parseLong(m.group(1)) / 1024.0 : Double.NaN;
    }

    /** What a run of a frame allocates beyond its results, which a session gives in memory that it keeps. */
    private void allocation(VerifySection section, VerifyFrames frames) throws Exception {
        VerifyTable table =
                section.table("allocation", "Heap allocated by a frame", "what", "bytes a frame", "limit bytes");
        try (Detecting d = run.detecting(new Variant(Network.DETECTOR, Precision.FP16));
                Classifying c = run.classifying(Precision.FP16)) {
            Frame frame = frames.next();
            List<Box> whole = List.of(frame.bounds());
            List<Box> eight = Collections.nCopies(8, frame.bounds());
            // Filters and graphs are made in the first runs.
            d.detector().detect(frame);
            double lease = bytes(frames, f -> {});
            double detector = bytes(frames, session(d.session(), d.detector().input(), whole)) - lease;
            double classifier =
                    bytes(frames, session(c.session(), c.classifier().input(), eight)) - lease;
            table.row("lease of a frame", lease, null);
            table.row("detector's session, one run", detector, MAX_BYTES);
            table.row("classifier's session, one run of 8 regions", classifier, MAX_BYTES);
            table.row("detect with its results", bytes(frames, f -> d.detector().detect(f)) - lease, null);
            table.row(
                    "classify 8 with its results",
                    bytes(frames, f -> c.classifier().classify(f, eight)) - lease,
                    null);
            if (detector > MAX_BYTES || classifier > MAX_BYTES) {
                section.failed(String.format(
                        Locale.ROOT,
                        "a run allocates %.0f (detector) and %.0f (classifier) bytes of heap, limit %.0f",
                        detector,
                        classifier,
                        MAX_BYTES));
            }
        }
    }

    private interface PerFrame {
        void run(Frame frame);
    }

    private static PerFrame session(Session session, ImageInput input, List<Box> regions) {
        return frame -> session.run(input, frame, regions);
    }

    private double bytes(VerifyFrames frames, PerFrame body) throws InterruptedException {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int i = 0; i < perMeasurement; i++) {
            body.run(frames.next());
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < perMeasurement; i++) {
            body.run(frames.next());
        }
        return (threads.getCurrentThreadAllocatedBytes() - before) / (double) perMeasurement;
    }
}
