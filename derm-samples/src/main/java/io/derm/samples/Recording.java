package io.derm.samples;

import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.PixelFormat;
import io.derm.capture.RecorderOptions;
import io.derm.capture.VideoRecorder;
import io.derm.pipeline.FrameFindings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Draws and records frames; the file is opened with the first frame. Confined. */
final class Recording implements AutoCloseable {
    private final @Nullable Path file;
    private final double rate;
    private final FramePool pool = new FramePool(2);
    private final Overlay overlay = new Overlay();
    private @Nullable VideoRecorder recorder;

    Recording(@Nullable Path file, FrameSource source) {
        this.file = file;
        double stated = source.info().framesPerSecond();
        this.rate = stated > 0 ? stated : 1;
    }

    void write(FrameFindings findings) throws InterruptedException {
        if (file == null) {
            return;
        }
        Frame frame = findings.frame();
        if (recorder == null) {
            recorder = VideoRecorder.open(file, RecorderOptions.of(rate));
        }
        try (Frame drawn = pool.lease(
                frame.width(),
                frame.height(),
                PixelFormat.BGR24,
                frame.sequence(),
                frame.timestampMicros(),
                frame.capturedNanos())) {
            overlay.draw(frame, findings.sightings(), drawn);
            recorder.record(drawn);
        }
    }

    @Override
    public void close() {
        if (recorder != null) {
            recorder.close();
        }
        pool.close();
    }
}
