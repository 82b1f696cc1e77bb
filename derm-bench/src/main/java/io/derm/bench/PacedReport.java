package io.derm.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.HdrHistogram.Histogram;

/**
 * What a paced exam came to, all streams together. Immutable but for the histogram, which nobody writes to any more.
 *
 * @param options how it was run
 * @param frame size and format of the frames
 * @param due frames that were due in the window
 * @param busy of those, dropped because a newer one came before the exam could take them, in the camera's mailbox or the exam's own
 * @param noBuffer of those, dropped while all buffers were out
 * @param latency of the others, from the intended start to the findings, in nanoseconds
 * @param late of the others, those after the deadline
 * @param lesions found in the others
 * @param allocatedPerFrame heap bytes allocated by all threads over frames delivered in the window; NaN where no frame was
 * @param before memory at the begin of the window
 * @param after memory at its end
 */
record PacedReport(
        PacedOptions options,
        String frame,
        long due,
        long busy,
        long noBuffer,
        Histogram latency,
        long late,
        long lesions,
        double allocatedPerFrame,
        ProcessMemory before,
        ProcessMemory after) {
    private static final double[] PERCENTILES = {50, 90, 95, 99, 99.9};

    PacedReport {
        if (due != busy + noBuffer + latency.getTotalCount()) {
            throw new IllegalStateException("Of " + due + " frames " + latency.getTotalCount() + " were delivered, "
                    + busy + " and " + noBuffer + " dropped, expected no other");
        }
    }

    /** For people. */
    String table() {
        StringBuilder text = new StringBuilder();
        line(
                text,
                "paced exam: %d stream%s of %.1f frames/s, %s, %.1f s after %.1f s of warm-up; %s, %s, %d thread%s a model",
                options.streams(),
                options.streams() == 1 ? "" : "s",
                options.rate(),
                frame,
                options.seconds(),
                options.warmUpSeconds(),
                options.runtime(),
                options.precision(),
                options.threads(),
                options.threads() == 1 ? "" : "s");
        StringBuilder head = new StringBuilder(String.format("%-36s", "ms from the intended start"));
        StringBuilder row = new StringBuilder(String.format("%-36s", "to the findings"));
        for (double p : PERCENTILES) {
            head.append(String.format("%10s", name(p)));
            row.append(String.format(Locale.ROOT, "%10.2f", latency.getValueAtPercentile(p) / 1e6));
        }
        head.append(String.format("%10s", "max"));
        row.append(String.format(Locale.ROOT, "%10.2f", latency.getMaxValue() / 1e6));
        text.append(head).append('\n').append(row).append('\n');
        long delivered = latency.getTotalCount();
        line(
                text,
                "frames: %d due, %d delivered (%.1f %%), %d dropped as the exam was busy, %d for want of a buffer; %d later than %.0f ms",
                due,
                delivered,
                100.0 * delivered / Math.max(1, due),
                busy,
                noBuffer,
                late,
                options.deadlineMillis());
        line(
                text,
                "memory: %.0f bytes of heap allocated a frame; %s resident before, %s after, %s at most",
                allocatedPerFrame,
                mebibytes(before.residentBytes()),
                mebibytes(after.residentBytes()),
                mebibytes(after.peakBytes()));
        line(text, "lesions: %.2f a frame", (double) lesions / Math.max(1, delivered));
        return text.toString();
    }

    private static void line(StringBuilder to, String format, Object... values) {
        to.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    private static String name(double percentile) {
        return "p" + (percentile == (int) percentile ? String.valueOf((int) percentile) : String.valueOf(percentile));
    }

    private static String mebibytes(OptionalLong bytes) {
        return bytes.isPresent() ? bytes.getAsLong() / (1 << 20) + " MiB" : "unknown";
    }

    /** For programs. */
    String json() {
        Map<String, Object> latencyMillis = new LinkedHashMap<>();
        for (double p : PERCENTILES) {
            latencyMillis.put(name(p), latency.getValueAtPercentile(p) / 1e6);
        }
        latencyMillis.put("max", latency.getMaxValue() / 1e6);
        latencyMillis.put("mean", latency.getMean() / 1e6);
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("options", settings(options));
        all.put("frame", frame);
        all.put("due", due);
        all.put("delivered", latency.getTotalCount());
        Map<String, Object> dropped = new LinkedHashMap<>();
        dropped.put("busy", busy);
        dropped.put("noBuffer", noBuffer);
        all.put("dropped", dropped);
        all.put("late", late);
        all.put("latencyMillis", latencyMillis);
        all.put("lesions", lesions);
        if (Double.isFinite(allocatedPerFrame)) {
            all.put("allocatedBytesPerFrame", allocatedPerFrame);
        }
        before.residentBytes().ifPresent(b -> all.put("residentBytesBefore", b));
        after.residentBytes().ifPresent(b -> all.put("residentBytesAfter", b));
        after.peakBytes().ifPresent(b -> all.put("residentBytesPeak", b));
        return write(all);
    }

    /** For programs, of a run that could not be. */
    static String notRunJson(PacedOptions options, String reason) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("options", settings(options));
        all.put("notRun", reason);
        return write(all);
    }

    private static Map<String, Object> settings(PacedOptions options) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("rate", options.rate());
        settings.put("seconds", options.seconds());
        settings.put("warmUpSeconds", options.warmUpSeconds());
        settings.put("streams", options.streams());
        settings.put("source", options.source());
        settings.put("pictures", options.pictures());
        settings.put("buffers", options.buffers());
        settings.put("deadlineMillis", options.deadlineMillis());
        settings.put("runtime", options.runtime());
        settings.put("detector", options.detector());
        settings.put("classifier", options.classifier());
        settings.put("precision", options.precision().name());
        settings.put("threads", options.threads());
        settings.put("classifyEvery", options.classifyEvery());
        return settings;
    }

    private static String write(Map<String, Object> all) {
        try {
            return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(all);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("Numbers and names can be written", e);
        }
    }
}
