package io.derm.bench;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.samples.DemoClip;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Frames decoded beforehand, so that decoding is no part of what is timed. Whoever makes one closes it; the frames may be read by any thread. */
final class Pictures implements AutoCloseable {
    /** Stands for the phantom clip that comes with derm. */
    static final String PHANTOM = "phantom";

    private final List<Frame> frames;

    private Pictures(List<Frame> frames) {
        this.frames = List.copyOf(frames);
    }

    /**
     * The first frames of a video.
     *
     * @param source a path or URI, or {@value #PHANTOM}
     * @param most number of frames, fewer where it has no more
     */
    static Pictures decode(String source, int most) throws InterruptedException {
        if (source.equals(PHANTOM)) {
            try (DemoClip clip = DemoClip.extract()) {
                return decode(clip.path().toString(), most);
            }
        }
        List<Frame> frames = new ArrayList<>();
        // One more than is kept: the decoder may be ahead.
        try (FrameSource video = Sources.open(source, CaptureOptions.defaults().withFrames(most + 1))) {
            while (frames.size() < most) {
                Optional<Frame> frame = video.next();
                if (frame.isEmpty()) {
                    break;
                }
                frames.add(frame.get());
            }
        } catch (RuntimeException | InterruptedException e) {
            frames.forEach(Frame::close);
            throw e;
        }
        if (frames.isEmpty()) {
            throw new IllegalArgumentException("Source " + source + " has no frames, expected at least one");
        }
        return new Pictures(frames);
    }

    List<Frame> frames() {
        return frames;
    }

    @Override
    public void close() {
        frames.forEach(Frame::close);
    }
}
