package io.derm.samples;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.derm.api.Box;
import io.derm.api.LesionClass;
import io.derm.api.RuntimeUse;
import io.derm.capture.LiveStatus;
import io.derm.pipeline.Course;
import io.derm.pipeline.DropCause;
import io.derm.pipeline.ExamStatus;
import io.derm.pipeline.FrameFindings;
import io.derm.pipeline.LatencySummary;
import io.derm.pipeline.Lesion;
import io.derm.pipeline.Sighting;
import io.derm.pipeline.Stage;
import io.derm.pipeline.SwapStatus;
import io.derm.samples.LiveSession.Round;
import io.derm.samples.live.Controls.Part;
import io.derm.samples.live.Examiners;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** A live exam as the page reads it. Thread-safe. */
final class LiveStateJson {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int COURSE_POINTS = 60;
    /** Those seen last; an exam of hours has hundreds. */
    private static final int MOST_LESIONS = 48;

    private static final long RATE_NANOS = 2_000_000_000;

    private final Supplier<LiveParts> parts;
    private final LiveRecording recording;
    private final List<String> runtimes = LiveModels.runtimes();
    /** When the frames of the last two seconds were delivered. */
    private final Deque<Long> lately = new ArrayDeque<>();

    LiveStateJson(Supplier<LiveParts> parts, LiveRecording recording) {
        this.parts = parts;
        this.recording = recording;
    }

    /** One more frame was delivered. */
    void examined() {
        synchronized (lately) {
            lately.add(System.nanoTime());
            trim();
        }
    }

    private void trim() {
        long since = System.nanoTime() - RATE_NANOS;
        while (!lately.isEmpty() && lately.peek() < since) {
            lately.remove();
        }
    }

    private double framesPerSecond() {
        synchronized (lately) {
            trim();
            return lately.size() < 2
                    ? 0
                    : (lately.size() - 1) * 1e9 / Math.max(1, lately.getLast() - lately.getFirst());
        }
    }

    ObjectNode of(Round round, String failure) {
        ExamStatus status = round.exam().status();
        ObjectNode node = JSON.createObjectNode()
                .put("round", round.number())
                .put("exam", name(status.state()))
                .put("failure", failure)
                .put("framesPerSecond", tenths(framesPerSecond()))
                .put("captured", status.captured())
                .put("delivered", status.delivered())
                .put("ageMillis", status.lastAgeNanos() / 1_000_000);
        source(node.putObject("source"), round);
        ObjectNode dropped = node.putObject("dropped");
        for (Map.Entry<DropCause, Long> drop : status.dropped().entrySet()) {
            if (drop.getValue() > 0) {
                dropped.put(name(drop.getKey()), drop.getValue());
            }
        }
        times(node.putArray("times"), round);
        part(node.putObject("detector"), Part.DETECTOR, status.detector());
        part(node.putObject("classifier"), Part.CLASSIFIER, status.classifier());
        node.put("threshold", parts.get().running(Part.DETECTOR).threshold());
        ArrayNode names = node.putArray("runtimes");
        runtimes.forEach(names::add);
        ObjectNode record = node.putObject("recording")
                .put("active", recording.active())
                .put("frames", recording.frames())
                .put("failure", recording.failure());
        recording.files().forEach(record.putArray("files")::add);
        List<Lesion> found = round.exam().lesions();
        node.put("found", found.size());
        ArrayNode lesions = node.putArray("lesions");
        found.stream()
                .sorted(Comparator.comparingLong(Lesion::lastMicros).reversed())
                .limit(MOST_LESIONS)
                .sorted(Comparator.comparingInt(Lesion::id))
                .forEach(lesion -> lesion(lesions.addObject(), lesion, round));
        return node;
    }

    private static void source(ObjectNode node, Round round) {
        node.put("name", round.name())
                .put("recorded", round.frames() instanceof PacedSource)
                .put("frames", round.frames().info().frames())
                .put("framesPerSecond", round.frames().info().framesPerSecond());
        round.examined().live().ifPresent(live -> {
            LiveStatus status = live.status();
            node.put("state", name(status.state()))
                    .put("reason", status.reason())
                    .put("reconnects", status.reconnects())
                    .put("outageSeconds", tenths(status.outageMillis() / 1e3))
                    .put("dropped", status.dropped());
        });
    }

    private static void times(ArrayNode node, Round round) {
        for (Stage stage : Stage.values()) {
            LatencySummary times = round.exam().times(stage);
            if (times.count() > 0) {
                node.addObject()
                        .put("stage", name(stage))
                        .put("p50", tenths(times.p50() / 1e6))
                        .put("p99", tenths(times.p99() / 1e6))
                        .put("max", tenths(times.max() / 1e6));
            }
        }
    }

    private void part(ObjectNode node, Part part, RuntimeUse use) {
        LiveParts.Running running = parts.get().running(part);
        boolean detects = part == Part.DETECTOR;
        node.put("model", running.model())
                .put("runtime", use.runtime())
                .put("insteadOf", use.insteadOf().orElse(""))
                .put("precision", parts.get().precision(part))
                .put(
                        "canRollBack",
                        detects
                                ? parts.get().detector.canRollBack()
                                : parts.get().classifier.canRollBack());
        ObjectNode choices = node.putObject("choices");
        for (String runtime : runtimes) {
            ArrayNode models = choices.putArray(runtime);
            (detects ? parts.get().detectors : parts.get().classifiers)
                    .names(runtime)
                    .forEach(models::add);
        }
        SwapStatus swap =
                detects ? parts.get().detector.status() : parts.get().classifier.status();
        ObjectNode trial = node.putObject("swap")
                .put("state", name(swap.state()))
                .put("name", swap.name())
                .put("compared", swap.compared())
                .put("frames", swap.frames())
                .put("liveMillis", tenths(swap.liveNanos() / 1e6))
                .put("candidateMillis", tenths(swap.candidateNanos() / 1e6))
                .put("reason", swap.reason());
        swap.agreement().ifPresent(share -> trial.put("agreement", share));
        parts.get().tried(part, swap).ifPresent(tried -> trial.put("model", tried.model())
                .put("runtime", tried.runtime()));
    }

    private static void lesion(ObjectNode node, Lesion lesion, Round round) {
        node.put("id", lesion.id())
                .put("class", name(lesion.lesionClass()))
                .put("confirmed", lesion.confirmed())
                .put("sightings", lesion.sightings())
                .put("first", tenths(lesion.firstMicros() / 1e6))
                .put("last", tenths(lesion.lastMicros() / 1e6));
        // Its picture comes with the findings, which are delivered after they are counted.
        round.crops().jpeg(lesion.id()).ifPresent(jpeg -> node.put("look", Arrays.hashCode(jpeg)));
        ObjectNode probabilities = node.putObject("probabilities");
        lesion.probabilities().forEach((c, p) -> probabilities.put(name(c), hundredths(p)));
        ArrayNode course = node.putArray("course");
        Course of = lesion.course();
        int step = Math.max(1, of.size() / COURSE_POINTS);
        for (int i = 0; i < of.size(); i += step) {
            ArrayNode point = course.addArray().add(tenths(of.timestampMicros(i) / 1e6));
            for (LesionClass c : LesionClass.values()) {
                point.add(hundredths(of.probability(i, c)));
            }
        }
    }

    /** What was found in one frame, with all that it takes to know how. */
    static ObjectNode snapshot(String source, FrameFindings findings, Examiners by) {
        ObjectNode node = JSON.createObjectNode()
                .put("notice", Derm.RESEARCH_USE)
                .put("source", source)
                .put("frame", findings.frame().sequence())
                .put("time", findings.frame().timestampMicros() / 1e6)
                .put("width", findings.frame().width())
                .put("height", findings.frame().height())
                .put("threshold", by.detector().threshold());
        examiner(node.putObject("detector"), by.detector());
        examiner(node.putObject("classifier"), by.classifier());
        ArrayNode lesions = node.putArray("lesions");
        for (Sighting sighting : findings.sightings()) {
            Box box = sighting.detection().box();
            ObjectNode lesion = lesions.addObject()
                    .put("id", sighting.lesion())
                    .put("score", sighting.detection().score())
                    .put("class", sighting.assessment().lesionClass().name());
            lesion.putArray("box")
                    .add(box.left())
                    .add(box.top())
                    .add(box.width())
                    .add(box.height());
            ObjectNode probabilities = lesion.putObject("probabilities");
            for (LesionClass c : LesionClass.values()) {
                probabilities.put(c.name(), sighting.assessment().probability(c));
            }
            lesion.put("assessed", sighting.assessed());
            examiner(lesion.putObject("classifier"), by.of(sighting.lesion()));
        }
        return node;
    }

    private static void examiner(ObjectNode node, Examiners.Examiner by) {
        node.put("model", by.model().name())
                .put("sha256", by.model().sha256())
                .put("runtime", by.runtime().toString());
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static double tenths(double value) {
        return Math.round(value * 10) / 10.0;
    }

    private static double hundredths(double value) {
        return Math.round(value * 100) / 100.0;
    }
}
