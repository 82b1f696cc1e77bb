package io.derm.samples;

import io.derm.api.DermException;
import io.derm.api.FrameSource;
import io.derm.pipeline.FrameFindings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The recording that a person starts and stops on the page: a video with what was found drawn on it, and its findings. Each exam has
 * times, numbers of frames and numbers of lesions of its own, so files end with the exam, and others begin with the next for as long as
 * the person wants it recorded. Thread-safe.
 */
final class LiveRecording implements AutoCloseable {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS");
    /** A clip that is played again and again leaves two with each exam. */
    private static final int MOST_NAMED = 16;

    private final Path out;
    private final Consumer<List<String>> saved;
    /** Those of the files that ended last. */
    private final Deque<String> ended = new ArrayDeque<>();

    private @Nullable FrameSource source;
    private @Nullable Recording video;
    private @Nullable FindingsWriter findings;
    private boolean wanted;
    private String name = "";
    private String failure = "";
    private long frames;

    /** @param saved told the names of files that are complete */
    LiveRecording(Path out, Consumer<List<String>> saved) {
        this.out = out;
        this.saved = saved;
    }

    /** A moment as the names of files have it. */
    static String now() {
        return LocalDateTime.now().format(TIME);
    }

    /** An exam begins. */
    synchronized void begin(FrameSource of) {
        source = of;
        if (wanted) {
            try {
                open(of);
            } catch (DermException e) {
                breakOff(e);
            }
        }
    }

    /** The exam is over. */
    synchronized void end() {
        source = null;
        try {
            finish();
        } catch (DermException e) {
            breakOff(e);
        }
    }

    /** Records from the next frame on, which may be that of an exam to come. */
    synchronized void start() {
        if (wanted) {
            throw new IllegalStateException("A recording is under way already");
        }
        failure = "";
        frames = 0;
        if (source != null) {
            open(source);
        }
        wanted = true;
    }

    synchronized void stop() {
        if (!wanted) {
            throw new IllegalStateException("No recording is under way");
        }
        wanted = false;
        finish();
    }

    private void open(FrameSource of) {
        name = "recording-" + now();
        frames = 0;
        findings = new FindingsWriter(findingsFile());
        video = new Recording(out.resolve(name + ".mp4"), of);
    }

    private Path findingsFile() {
        return out.resolve(name + ".jsonl");
    }

    /** A disk that is full ends the recording, not the exam. */
    synchronized void write(FrameFindings frame) throws InterruptedException {
        if (video == null || findings == null) {
            return;
        }
        try {
            video.write(frame);
            findings.write(frame);
            frames++;
        } catch (DermException e) {
            breakOff(e);
        }
    }

    private void breakOff(DermException e) {
        wanted = false;
        failure = String.valueOf(e.getMessage());
        try {
            closeFiles();
        } catch (DermException again) {
            e.addSuppressed(again);
        }
    }

    private void finish() {
        if (video == null) {
            return;
        }
        closeFiles();
        if (frames == 0) {
            discard();
            return;
        }
        List<String> names = List.of(name + ".mp4", name + ".jsonl");
        ended.addAll(names);
        while (ended.size() > MOST_NAMED) {
            ended.remove();
        }
        saved.accept(names);
    }

    /** No frame came: there is no video, and the findings are empty. */
    private void discard() {
        try {
            Files.deleteIfExists(findingsFile());
        } catch (IOException e) {
            throw Outputs.failed(findingsFile(), e);
        }
    }

    private void closeFiles() {
        try (FindingsWriter closing = findings;
                Recording ending = video) {
            findings = null;
            video = null;
        }
    }

    /** Whether frames are recorded, or will be as soon as there are any. */
    synchronized boolean active() {
        return wanted;
    }

    /** In the files that are written, or were last. */
    synchronized long frames() {
        return frames;
    }

    /** Why the last one broke off; empty if it did not. */
    synchronized String failure() {
        return failure;
    }

    /** Names of the files that were completed last, the latest at the end. */
    synchronized List<String> files() {
        return List.copyOf(ended);
    }

    @Override
    public synchronized void close() {
        wanted = false;
        finish();
    }
}
