package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.Model;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.capture.Sources;
import io.derm.effnet.EffnetOptions;
import io.derm.models.DemoModels;
import io.derm.samples.live.Controls.Part;
import io.derm.samples.live.LiveServer;
import io.derm.yolo.YoloOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Exams of one recording, one after the other, and what is saved of them. */
@Timeout(180)
class LiveSessionTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int FRAMES = 30;

    @TempDir
    static Path dir;

    private static Path clip;

    private final LiveParts parts = new LiveParts(
            new LiveModels(DemoModel.DETECTOR, Optional.empty()),
            new LiveModels(DemoModel.CLASSIFIER, Optional.empty()),
            "demo fp32",
            "demo fp32",
            "onnxruntime",
            new LiveModels.Openers(
                    YoloOptions.defaults(),
                    EffnetOptions.defaults(),
                    r -> SessionOptions.defaults().withThreads(1),
                    r -> SessionOptions.defaults().withThreads(1)),
            Runtimes::find);
    private final AtomicInteger reopened = new AtomicInteger();

    @TempDir
    Path out;

    private volatile CountDownLatch mayReopen = new CountDownLatch(0);
    private LiveSession session;
    private LiveServer server;
    private Thread runs;

    private interface Condition {
        boolean holds() throws Exception;
    }

    @BeforeAll
    static void clip() throws Exception {
        clip = dir.resolve("clip.mp4");
        ShortClip.write(clip, FRAMES);
    }

    private void start(Path file, boolean loop) {
        session = new LiveSession(out, () -> parts, new EvidenceOptions());
        server = LiveServer.start("127.0.0.1", 0, Optional.empty(), session);
        ExamSource first = ExamSource.open(file.toString(), Duration.ZERO);
        runs = new Thread(
                () -> {
                    try {
                        session.run(first, () -> reopen(file), "clip", loop, server.pictures(), round -> {});
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                },
                "live-session");
        runs.start();
    }

    private ExamSource reopen(Path file) {
        try {
            reopened.incrementAndGet();
            mayReopen.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return ExamSource.open(file.toString(), Duration.ZERO);
    }

    @AfterEach
    void stop() throws Exception {
        mayReopen.countDown();
        session.stop();
        runs.join();
        server.close();
        session.close();
        parts.close();
    }

    private static void await(Condition condition) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!condition.holds()) {
            assertThat(System.nanoTime() - until).as("still waiting after 90 s").isNegative();
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private JsonNode state() throws Exception {
        return JSON.readTree(session.state());
    }

    private int round() throws Exception {
        return state().path("round").asInt();
    }

    private boolean recorded(int frames) throws Exception {
        return state().path("recording").path("frames").asInt() >= frames;
    }

    /** Whether the session waits to be told what to do next. */
    private boolean waits() {
        return runs.getState() == Thread.State.WAITING
                && Arrays.stream(runs.getStackTrace())
                        .anyMatch(f -> f.getClassName().equals(LiveSession.class.getName())
                                && f.getMethodName().equals("await"));
    }

    private List<String> saved(String ending) throws Exception {
        List<String> names = new ArrayList<>();
        state().path("recording").path("files").forEach(n -> names.add(n.asText()));
        return names.stream().filter(n -> n.endsWith(ending)).toList();
    }

    /** Each file is of one exam: in it time goes on as it did, and frames are counted up. */
    private void assertOfOneExam(String video) throws Exception {
        List<Long> times = new ArrayList<>();
        try (FrameSource source = Sources.open(session.file(video).orElseThrow().toString())) {
            for (Optional<Frame> next = source.next(); next.isPresent(); next = source.next()) {
                try (Frame frame = next.get()) {
                    times.add(frame.timestampMicros());
                }
            }
        }
        assertThat(times).isNotEmpty().hasSizeLessThanOrEqualTo(FRAMES);
        for (int i = 1; i < times.size(); i++) {
            assertThat(times.get(i) - times.get(i - 1)).as("time of a frame").isGreaterThan(10_000);
        }
        List<Integer> frames = new ArrayList<>();
        Path findings = session.file(video.replace(".mp4", ".jsonl")).orElseThrow();
        for (String line : Files.readAllLines(findings)) {
            frames.add(JSON.readTree(line).path("frame").asInt());
        }
        assertThat(frames).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void recording_pastTheEndOfALoopedClip_isOneOfEachExam() throws Exception {
        start(clip, true);
        await(() -> state().has("round"));
        session.record(true);
        // Offered as each exam ends, while the recording goes on.
        await(() -> saved(".mp4").size() >= 2);
        assertThat(state().path("recording").path("active").asBoolean()).isTrue();
        int now = round();
        await(() -> round() > now && recorded(1));
        session.record(false);
        List<String> videos = saved(".mp4");
        assertThat(videos).hasSizeGreaterThan(2).doesNotHaveDuplicates();
        for (String video : videos) {
            assertOfOneExam(video);
        }
    }

    @Test
    void recording_ofAClipThatIsPlayedAgain_goesOnWithIt() throws Exception {
        mayReopen = new CountDownLatch(1);
        start(clip, false);
        await(() -> state().has("round"));
        session.record(true);
        await(this::waits);
        assertThat(saved(".mp4")).hasSize(1);
        session.restart();
        mayReopen.countDown();
        await(() -> round() == 2);
        await(this::waits);
        assertThat(saved(".mp4")).hasSize(2);
        for (String video : saved(".mp4")) {
            assertOfOneExam(video);
        }
        assertThat(saved(".jsonl")).hasSize(2);
        // Nothing to be recorded, and nothing left.
        session.record(false);
        assertThat(saved(".mp4")).hasSize(2);
        assertThatThrownBy(() -> session.record(false)).isInstanceOf(IllegalStateException.class);
        try (Stream<Path> files = Files.list(out)) {
            assertThat(files).hasSize(4);
        }
    }

    @Test
    void recording_thatCannotBeBegunWithTheNextExam_breaksOffAndTheExamGoesOn() throws Exception {
        start(clip, false);
        await(() -> state().has("round"));
        session.record(true);
        await(this::waits);
        try (Stream<Path> files = Files.list(out)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(out);
        session.restart();
        await(() -> round() == 2 && state().path("delivered").asInt() > 0);
        assertThat(state().path("recording").path("active").asBoolean()).isFalse();
        assertThat(state().path("recording").path("failure").asText()).startsWith("[DERM-251] ");
        await(this::waits);
        assertThat(state().path("exam").asText()).isEqualTo("ended");
        Files.createDirectory(out);
    }

    @Test
    void pause_betweenTwoExams_holdsTheNext() throws Exception {
        mayReopen = new CountDownLatch(1);
        start(clip, true);
        await(() -> reopened.get() == 1);
        session.pause(true);
        mayReopen.countDown();
        await(() -> round() == 2 && state().path("exam").asText().equals("paused"));
        // What is captured before the first frame is held is dropped, and nothing is found in it.
        assertThat(state().path("delivered").asInt()).isZero();
        session.pause(false);
        await(() -> state().path("delivered").asInt() > 0);
    }

    @Test
    void restart_pressedTwice_playsOnce() throws Exception {
        mayReopen = new CountDownLatch(1);
        start(clip, false);
        await(this::waits);
        session.restart();
        await(() -> reopened.get() == 1);
        // The source is being opened.
        session.restart();
        mayReopen.countDown();
        await(() -> round() == 2);
        await(() -> waits() || reopened.get() > 1);
        assertThat(reopened).hasValue(1);
        session.restart();
        await(() -> round() == 3);
    }

    @Test
    void snapshot_afterASwap_namesTheModelsThatExaminedThePicture() throws Exception {
        try (DemoClip whole = DemoClip.extract()) {
            start(whole.path(), true);
            Model detector = DemoModels.detector();
            Model classifier = DemoModels.classifier();
            await(() -> state().path("lesions").size() > 0);
            session.pause(true);
            await(this::settled);
            double before = state().path("threshold").asDouble();
            session.threshold(0.6);
            await(() -> state().path("threshold").asDouble() == 0.6);
            session.swap(Part.CLASSIFIER, "demo int8", "onnxruntime", true);
            await(() -> parts.classifier.name().startsWith("demo int8"));
            session.swap(Part.DETECTOR, "demo int8", "onnxruntime", true);
            await(() -> parts.detector.name().startsWith("demo int8"));
            JsonNode old = snapshot();
            assertThat(old.path("threshold").asDouble()).isEqualTo(before);
            assertThat(sha(old, "detector")).isEqualTo(detector.sha256());
            assertThat(sha(old, "classifier")).isEqualTo(classifier.sha256());
            old.path("lesions").forEach(l -> assertThat(sha(l, "classifier")).isEqualTo(classifier.sha256()));

            session.pause(false);
            await(() -> {
                JsonNode now = snapshot();
                return now.path("threshold").asDouble() == 0.6
                        && sha(now, "detector").equals(parts.detector.model().sha256())
                        && sha(now, "classifier")
                                .equals(parts.classifier.model().sha256());
            });
        }
    }

    /** Whether no frame is under way any more. */
    private boolean settled() throws Exception {
        JsonNode state = state();
        long dropped = 0;
        for (JsonNode n : state.path("dropped")) {
            dropped += n.asLong();
        }
        return state.path("exam").asText().equals("paused")
                && state.path("captured").asLong() == state.path("delivered").asLong() + dropped;
    }

    private JsonNode snapshot() throws Exception {
        List<String> names = session.snapshot();
        return JSON.readTree(session.file(names.get(1)).orElseThrow().toFile());
    }

    private static String sha(JsonNode of, String part) {
        return of.path(part).path("sha256").asText();
    }
}
