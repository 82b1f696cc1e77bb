package com.example.device;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.PixelFormat;
import io.derm.api.SourceInfo;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Uncompressed video as YUV4MPEG2, the format in which camera programs write to a pipe: {@code ffmpeg -f yuv4mpegpipe}, GStreamer's
 * {@code y4menc}. Yields NV12 frames, every one that is written; the writer waits when they are not taken. Pictures are progressive
 * 4:2:0 of even sides, taken for BT.709 of limited range as all NV12 is.
 *
 * <p>Confined, but for {@link #close()}. An interrupt of {@link #next()} while it reads a channel closes the channel, and so ends the
 * source.
 */
public final class Y4mSource implements FrameSource {
    private static final Pattern HEADER =
            Pattern.compile("YUV4MPEG2(?= )(?=.* W(?<w>[0-9]{1,5})\\b)(?=.* H(?<h>[0-9]{1,5})\\b)"
                    + "(?=.* F(?<n>[0-9]{1,9}):(?<d>[0-9]{1,9})\\b).*");
    /** Chroma other than 4:2:0, fields, full range: to take such pixels for what NV12 is would show a wrong picture. */
    private static final Pattern OTHER_PIXELS =
            Pattern.compile(" (?:C(?!420(?:jpeg|mpeg2|paldv)?\\b)|I(?![p?](?: |$))|XCOLORRANGE=(?!LIMITED(?: |$)))");
    /** So that a frame of whatever a header claims stays within what an array holds. */
    private static final int MAX_SIDE = 16384;

    private final InputStream in;
    private final SourceInfo info;
    private final FramePool pool = new FramePool(8);
    private final byte[] picture;
    private long sequence;
    private boolean ended;
    private volatile boolean closed;

    /**
     * Reads the header.
     *
     * @param name what a person calls the source
     * @param stream closed with the source, or now where the header cannot be read. For a stalled {@link #next()} to be woken it must
     *     be of an interruptible channel, as {@link Y4mSourceProvider} makes it; most others, {@link System#in} among them, wait on
     * @throws CaptureException if it is no YUV4MPEG2, or not progressive 4:2:0 of limited range and even sides
     */
    public Y4mSource(String name, InputStream stream) {
        this.in = new BufferedInputStream(stream, 1 << 16);
        try {
            this.info = info(name, line());
            this.picture = new byte[PixelFormat.NV12.bytes(info.width(), info.height())];
        } catch (IOException e) {
            close();
            throw new CaptureException(911, "Source " + name + " breaks off: " + e, "Start it again.", e);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static SourceInfo info(String name, String header) {
        Matcher m = HEADER.matcher(header);
        boolean fits = m.matches() && !OTHER_PIXELS.matcher(header).find();
        int width = fits ? Integer.parseInt(m.group("w")) : 0;
        int height = fits ? Integer.parseInt(m.group("h")) : 0;
        double rate = fits ? Double.parseDouble(m.group("n")) / Double.parseDouble(m.group("d")) : 0;
        if (width < 2
                || height < 2
                || Math.max(width, height) > MAX_SIDE
                || ((width | height) & 1) != 0
                || !(rate > 0)
                || Double.isInfinite(rate)) {
            throw new CaptureException(
                    910,
                    "Source " + name + " begins with '" + header.substring(0, Math.min(160, header.length()))
                            + "', expected a YUV4MPEG2 header of progressive 4:2:0 of limited range, with even sides up to "
                            + MAX_SIDE + " and a rate",
                    "Write it with 'ffmpeg -i CAMERA -vf yadif=deint=interlaced,scale=out_color_matrix=bt709:out_range=tv "
                            + "-pix_fmt yuv420p -f yuv4mpegpipe -'.");
        }
        return new SourceInfo(name, width, height, rate, -1, false);
    }

    @Override
    public SourceInfo info() {
        return info;
    }

    @Override
    public Optional<Frame> next() throws InterruptedException {
        if (closed) {
            throw new IllegalStateException("Source " + info.name() + " is closed");
        }
        if (ended || !readPicture()) {
            ended = true;
            return Optional.empty();
        }
        long micros = Math.round(sequence * 1e6 / info.framesPerSecond());
        try {
            Frame frame =
                    pool.lease(info.width(), info.height(), PixelFormat.NV12, sequence++, micros, System.nanoTime());
            interleave(frame.pixels());
            return Optional.of(frame);
        } catch (IllegalStateException e) {
            if (closed) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The next frame's planes into {@link #picture}; false at the end, and where the source is closed meanwhile. */
    private boolean readPicture() throws InterruptedException {
        try {
            String head = line();
            if (head.isEmpty()) {
                return false;
            }
            if (!head.equals("FRAME") && !head.startsWith("FRAME ")) {
                throw brokenOff("'" + head + "' where a frame begins", null);
            }
            int read = in.readNBytes(picture, 0, picture.length);
            if (read < picture.length) {
                throw brokenOff(read + " bytes of a frame of " + picture.length, null);
            }
            return true;
        } catch (ClosedByInterruptException e) {
            ended = true;
            // The channel leaves the thread marked as interrupted; the exception says it instead.
            Thread.interrupted();
            InterruptedException interrupted = new InterruptedException("interrupted while it read " + info.name());
            interrupted.initCause(e);
            throw interrupted;
        } catch (IOException e) {
            if (closed) {
                return false;
            }
            throw brokenOff(e.toString(), e);
        }
    }

    /** The luma plane as it is, then Cb and Cr in turns, which the file has one plane after the other. */
    private void interleave(ByteBuffer to) {
        int luma = info.width() * info.height();
        int chroma = luma / 4;
        to.put(0, picture, 0, luma);
        for (int i = 0; i < chroma; i++) {
            to.put(luma + 2 * i, picture[luma + i]);
            to.put(luma + 2 * i + 1, picture[luma + chroma + i]);
        }
    }

    /** Text up to the end of the line; empty at the end of the stream. */
    private String line() throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int c = in.read(); c >= 0 && c != '\n' && text.size() < 256; c = in.read()) {
            text.write(c);
        }
        return text.toString(StandardCharsets.US_ASCII);
    }

    private CaptureException brokenOff(String found, Throwable cause) {
        ended = true;
        return new CaptureException(
                911,
                "Source " + info.name() + " breaks off after " + sequence + " frames: found " + found
                        + ", expected a frame of " + info.width() + "x" + info.height() + " or the end",
                "Look at what its writer says, and start it again.",
                cause);
    }

    @Override
    public void close() {
        closed = true;
        pool.close();
        try {
            in.close();
        } catch (IOException e) {
            // What was read is complete; there is nothing to be lost in a stream that is only read.
        }
    }
}
