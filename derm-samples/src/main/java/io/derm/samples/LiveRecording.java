package io.derm.samples;

import io.derm.api.DermException;
import io.derm.api.FrameSource;
import io.derm.pipeline.FrameFindings;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The recording that a person starts and stops during a live exam: a video with what was found drawn on it, and its findings. Thread-safe. */
final class LiveRecording implements AutoCloseable {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS");

    private final Path out;
    private @Nullable Recording video;
    private @Nullable FindingsWriter findings;
    private String name = "";
    private String failure = "";
    private long frames;

    LiveRecording(Path out) {
        this.out = out;
    }

    /** A moment as the names of files have it. */
    static String now() {
        return LocalDateTime.now().format(TIME);
    }

    synchronized void start(FrameSource source) {
        if (video != null) {
            throw new IllegalStateException("A recording is under way already");
        }
        name = "recording-" + now();
        failure = "";
        frames = 0;
        findings = new FindingsWriter(out.resolve(name + ".jsonl"));
        video = new Recording(out.resolve(name + ".mp4"), source);
    }

    /** Ends it; gives the names of its files. */
    synchronized List<String> stop() {
        if (video == null) {
            throw new IllegalStateException("No recording is under way");
        }
        close();
        return frames == 0 ? List.of() : List.of(name + ".mp4", name + ".jsonl");
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
            failure = String.valueOf(e.getMessage());
            try {
                close();
            } catch (DermException again) {
                e.addSuppressed(again);
            }
        }
    }

    synchronized boolean active() {
        return video != null;
    }

    synchronized long frames() {
        return frames;
    }

    /** Why the last one broke off; empty if it did not. */
    synchronized String failure() {
        return failure;
    }

    @Override
    public synchronized void close() {
        try (FindingsWriter closing = findings;
                Recording ending = video) {
            findings = null;
            video = null;
        }
    }
}
