package io.derm.samples;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.derm.api.DermException;
import io.derm.api.FrameSource;
import io.derm.capture.Images;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamState;
import io.derm.pipeline.ExamSummary;
import io.derm.pipeline.FrameFindings;
import io.derm.samples.live.Controls;
import io.derm.samples.live.Examiners;
import io.derm.samples.live.Pictures;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Exams of one source for the page, one after the other: of a camera there is one, of a recording one each time that it is played. Pictures
 * go to the page, what is pressed on it comes back. {@link #run} is confined; everything else is thread-safe.
 */
final class LiveSession implements Controls, AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** One exam with what belongs to it alone. */
    record Round(
            int number,
            Exam exam,
            ExamSource examined,
            FrameSource frames,
            BestCrops crops,
            LiveExaminers examiners,
            String name) {}

    /** Takes notice of each exam before it starts. */
    interface Watcher {
        void exam(Round round);
    }

    private final Path out;
    private final Supplier<LiveParts> parts;
    private final EvidenceOptions evidence;
    private final LiveRecording recording;
    private final LiveStateJson states;
    private final Map<String, Path> files = new ConcurrentHashMap<>();
    private volatile @Nullable Pictures pictures;
    private volatile @Nullable Round round;
    private volatile String ended = "";
    // Guarded by this.
    private boolean stopped;
    private boolean again;
    private boolean paused;

    /**
     * Begins with nothing to show.
     *
     * @param parts the models, which may still be opening: it gives them once they are open
     */
    LiveSession(Path out, Supplier<LiveParts> parts, EvidenceOptions evidence) {
        this.out = out;
        this.evidence = evidence;
        this.parts = parts;
        this.recording = new LiveRecording(out, this::offer);
        this.states = new LiveStateJson(parts, recording);
    }

    /**
     * Examines until it is stopped.
     *
     * @param first the source, opened
     * @param reopen opens it again
     * @param name what a person calls it
     * @param loop whether a recording is played again by itself
     * @return the last exam, if there was one
     */
    Optional<ExamSummary> run(
            ExamSource first, Supplier<ExamSource> reopen, String name, boolean loop, Pictures shown, Watcher watcher)
            throws Exception {
        pictures = shown;
        ExamSource source = first;
        ExamSummary summary = null;
        int number = 0;
        while (true) {
            boolean failed = true;
            try (ExamSource examined = source) {
                Round now = round(++number, examined, name);
                watcher.exam(now);
                summary = examine(now, shown);
                failed = false;
            } catch (DermException e) {
                ended = String.valueOf(e.getMessage());
                System.err.println("derm: " + e.getMessage());
            }
            ExamSource next = null;
            while (next == null) {
                if (!await(loop && !failed)) {
                    return Optional.ofNullable(summary);
                }
                try {
                    next = reopen.get();
                } catch (DermException e) {
                    failed = true;
                    ended = String.valueOf(e.getMessage());
                }
            }
            source = next;
        }
    }

    private Round round(int number, ExamSource examined, String name) {
        FrameSource own = examined.frames();
        FrameSource frames = own.info().live() ? own : new PacedSource(own);
        LiveExaminers examiners = new LiveExaminers(parts.get());
        Exam exam = new Exam(frames, examiners.detector(), examiners.classifier(), evidence.of(own.info()));
        return new Round(number, exam, examined, frames, new BestCrops(), examiners, name);
    }

    private ExamSummary examine(Round now, Pictures shown) throws Exception {
        synchronized (this) {
            round = now;
            ended = "";
            // Pressed a second time while the source was opened: this is what was asked for.
            again = false;
            if (stopped) {
                now.exam().stop();
            } else if (paused) {
                hold(now, true);
            }
        }
        recording.begin(now.frames());
        try {
            return now.exam().run(f -> {
                now.crops().keep(f);
                recording.write(f);
                states.examined();
                shown.offer(f, now.examiners().of(f));
            });
        } finally {
            recording.end();
        }
    }

    /** Waits until there is something to examine again; false once all is over. */
    private synchronized boolean await(boolean atOnce) throws InterruptedException {
        while (!stopped && !again && !atOnce) {
            wait();
        }
        again = false;
        return !stopped;
    }

    synchronized void stop() {
        stopped = true;
        notifyAll();
        Round now = round;
        if (now != null) {
            now.exam().stop();
        }
    }

    private Round now() {
        Round now = round;
        if (now == null) {
            throw new IllegalStateException("The exam has not begun");
        }
        return now;
    }

    @Override
    public String state() {
        Round now = round;
        ObjectNode state = now == null ? JSON.createObjectNode() : states.of(now, ended);
        return state.put("type", "state").toString();
    }

    /** Also where one exam is over and the next has not begun: then that one is held. */
    @Override
    public synchronized void pause(boolean on) {
        Round now = now();
        paused = on;
        hold(now, on);
    }

    private static void hold(Round of, boolean on) {
        if (of.frames() instanceof PacedSource recorded) {
            recorded.hold(on);
        }
        if (on) {
            of.exam().pause();
        } else {
            of.exam().resume();
        }
    }

    @Override
    public synchronized void restart() {
        ExamState state = now().exam().status().state();
        if (state != ExamState.ENDED && state != ExamState.FAILED) {
            throw new IllegalStateException("The exam goes on, it can be begun anew once it has ended");
        }
        again = true;
        paused = false;
        notifyAll();
    }

    @Override
    public List<String> snapshot() {
        String name = "snapshot-" + LiveRecording.now();
        Pictures shown = pictures;
        if (shown == null || !shown.latest((f, by) -> save(name, f, by))) {
            throw new IllegalStateException("There is no picture yet");
        }
        List<String> names = List.of(name + ".jpg", name + ".json");
        offer(names);
        return names;
    }

    private void save(String name, FrameFindings findings, Examiners by) {
        Images.write(findings.frame(), out.resolve(name + ".jpg"));
        Outputs.write(
                out.resolve(name + ".json"),
                LiveStateJson.snapshot(now().name(), findings, by).toPrettyString() + "\n");
    }

    private void offer(List<String> names) {
        names.forEach(name -> files.put(name, out.resolve(name)));
    }

    @Override
    public void record(boolean on) {
        now();
        if (on) {
            recording.start();
        } else {
            recording.stop();
        }
    }

    @Override
    public void swap(Part part, String model, String runtime, boolean unchecked) {
        parts.get().swap(part, model, runtime, unchecked);
    }

    @Override
    public void rollback(Part part) {
        if (part == Part.DETECTOR) {
            parts.get().detector.rollback();
        } else {
            parts.get().classifier.rollback();
        }
    }

    @Override
    public void cancel(Part part) {
        if (part == Part.DETECTOR) {
            parts.get().detector.cancel();
        } else {
            parts.get().classifier.cancel();
        }
    }

    @Override
    public void threshold(double score) {
        parts.get().threshold(score);
    }

    @Override
    public Optional<byte[]> crop(int of, int lesion) {
        Round now = round;
        return now == null || now.number() != of
                ? Optional.empty()
                : now.crops().jpeg(lesion);
    }

    @Override
    public Optional<Path> file(String name) {
        return Optional.ofNullable(files.get(name));
    }

    @Override
    public void close() {
        recording.close();
    }
}
