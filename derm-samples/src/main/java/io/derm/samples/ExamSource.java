package io.derm.samples;

import io.derm.api.FrameSource;
import io.derm.capture.CaptureOptions;
import io.derm.capture.LiveOptions;
import io.derm.capture.LiveSource;
import io.derm.capture.LiveStatus;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * What an exam takes its frames from: a recording as it is, a camera or stream kept alive, with a person told of its outages.
 * Thread-safe.
 */
final class ExamSource implements AutoCloseable {
    /**
     * Of a live exam seven frames can be out at once, one waits and one is decoded; the live page holds two more, and a trial of each
     * model two: it is never the exam that looks like a stall.
     */
    private static final int FRAMES = 18;

    private final FrameSource frames;

    private ExamSource(FrameSource frames) {
        this.frames = frames;
    }

    /**
     * Opens a source.
     *
     * @param reconnectFor how long a live source may be without a picture; zero for one that is not tried again
     * @throws io.derm.api.CaptureException if it cannot be opened
     */
    static ExamSource open(String source, Duration reconnectFor) {
        return new ExamSource(LiveSource.connect(
                source,
                CaptureOptions.defaults().withFrames(FRAMES),
                LiveOptions.defaults().withGiveUpMillis(Math.toIntExact(reconnectFor.toMillis())),
                new LiveLines(System.err, Progress.onTerminal())));
    }

    FrameSource frames() {
        return frames;
    }

    /** The source where it is a live one. */
    Optional<LiveSource> live() {
        return frames instanceof LiveSource live ? Optional.of(live) : Optional.empty();
    }

    /** A sentence on reconnects and time without a picture, with a space before it; empty for a source that is not live. */
    String outages() {
        return live().map(live -> sentence(live.status())).orElse("");
    }

    private static String sentence(LiveStatus status) {
        if (status.reconnects() == 0 && status.outageMillis() == 0) {
            return " The source was live throughout.";
        }
        return String.format(
                Locale.ROOT,
                " The source was connected again %s; %.1f s without a picture.",
                status.reconnects() == 1 ? "once" : status.reconnects() + " times",
                status.outageMillis() / 1e3);
    }

    @Override
    public void close() {
        frames.close();
    }
}
