package io.derm.bench.gate;

import io.derm.api.Box;
import io.derm.api.DermException;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.phantom.Framing;
import io.derm.phantom.PhantomScene;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The frames that are measured on, and a camera that shows the first of them: each of its frames is a new lease of a pool, so that a runtime
 * uploads it as it would a frame that was never seen. Confined.
 */
final class GateFrames implements AutoCloseable {
    /** How many frames answers are recorded of. */
    static final int ANSWERED = 3;

    private static final int BUFFERS = 4;
    // Scenes whose lesions are all found with scores far from the threshold.
    private static final long SEED = 2_000_001;

    private final List<Frame> frames;
    private final FramePool pool = new FramePool(BUFFERS);
    private final Deque<Frame> out = new ArrayDeque<>();
    private long sequence;

    private GateFrames(List<Frame> frames) throws InterruptedException {
        this.frames = frames;
        Frame first = frames.get(0);
        List<Frame> all = new ArrayList<>();
        for (int i = 0; i < BUFFERS; i++) {
            Frame frame = lease();
            for (int y = 0; y < rows(first); y++) {
                frame.pixels().put(y * frame.stride(), first.pixels(), y * first.stride(), frame.stride());
            }
            all.add(frame);
        }
        all.forEach(Frame::close);
    }

    /** Rows of all planes, which follow one another in the same stride. */
    private static int rows(Frame frame) {
        return frame.format().bytes(frame.stride(), frame.height()) / frame.stride();
    }

    private Frame lease() throws InterruptedException {
        Frame first = frames.get(0);
        return pool.lease(first.width(), first.height(), first.format(), sequence++, 0, System.nanoTime());
    }

    /** Opens the first frames of a source, or paints phantoms for null. */
    static GateFrames open(@Nullable String source, int count) throws InterruptedException {
        List<Frame> frames = new ArrayList<>();
        if (source == null) {
            for (int i = 0; i < count; i++) {
                frames.add(PhantomScene.of(SEED + i, 1280, 720, Framing.MIDDLE).frame());
            }
        } else {
            try (FrameSource frameSource = Sources.open(source, CaptureOptions.defaults())) {
                Optional<Frame> next = frameSource.next();
                while (next.isPresent() && frames.size() < count) {
                    frames.add(copy(next.get()));
                    next.get().close();
                    next = frameSource.next();
                }
                next.ifPresent(Frame::close);
            }
        }
        if (frames.isEmpty()) {
            throw new DermException(
                    708, source + " has no frame, expected one with lesions", "Give another by --frames.");
        }
        return new GateFrames(frames);
    }

    private static Frame copy(Frame frame) {
        int bytes = frame.format().bytes(frame.stride(), frame.height());
        ByteBuffer pixels = ByteBuffer.allocateDirect(bytes);
        pixels.put(0, frame.pixels(), 0, bytes);
        return Frame.wrap(pixels, frame.width(), frame.height(), frame.stride(), frame.format());
    }

    int size() {
        return frames.size();
    }

    Frame get(int index) {
        return frames.get(index);
    }

    /** Three regions of the first frame, a quarter of its height and more. */
    List<Box> regions() {
        Frame first = frames.get(0);
        float side = first.height() / 4f;
        return List.of(
                Box.ofSize(0.1f * first.width(), 0.1f * first.height(), side, side),
                Box.ofSize(0.4f * first.width(), 0.3f * first.height(), 1.2f * side, side),
                Box.ofSize(0.7f * first.width(), 0.5f * first.height(), side, 1.3f * side));
    }

    /** The camera's next frame, valid until two more were asked for. */
    Frame next() throws InterruptedException {
        if (out.size() == BUFFERS - 1) {
            out.removeFirst().close();
        }
        Frame frame = lease();
        out.addLast(frame);
        return frame;
    }

    /** SHA-256 of sizes, formats and pixels of all frames. */
    String digest() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Frame frame : frames) {
                digest.update((frame.width() + "x" + frame.height() + " " + frame.stride() + " " + frame.format())
                        .getBytes(StandardCharsets.US_ASCII));
                digest.update(frame.pixels()
                        .duplicate()
                        .position(0)
                        .limit(frame.format().bytes(frame.stride(), frame.height())));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** Fails where stored answers are of other frames. */
    void check(Answers stored) {
        if (!stored.frames().isEmpty() && !stored.frames().equals(digest())) {
            throw new DermException(
                    706,
                    "Stored answers are of frames " + stored.frames() + ", these are " + digest(),
                    "Give the frames that they were recorded on by --frames, or record them anew by 'gate record'.");
        }
    }

    @Override
    public void close() {
        out.forEach(Frame::close);
        pool.close();
        frames.forEach(Frame::close);
    }
}
