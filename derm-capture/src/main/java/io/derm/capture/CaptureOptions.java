package io.derm.capture;

import io.derm.api.PixelFormat;

/**
 * How a source is read. Immutable.
 *
 * @param frames how many frames may be out at once; {@link io.derm.api.FrameSource#next()} waits for one to be closed
 *     when all are
 * @param decoderThreads threads that one video is decoded with, 0 for one a core
 * @param timeoutMillis how long a stream may stay silent while it is opened or read, 0 for ever
 * @param skipUnreadable whether a folder leaves out images that cannot be decoded, with a warning, where it would fail
 *     at the first
 * @param trackLeases whether the pool remembers the stack of each open lease; for tests
 * @param pixelFormat of the frames of videos and streams; NV12 is given for upright pictures of even sides, BGR24 for all others and
 *     for stills
 * @param hardware what of FFmpeg's hardware decoders to use, e.g. {@code vaapi} or {@code cuda}; empty for software, which is also
 *     what a video is decoded with, after one warning, where the hardware cannot
 */
public record CaptureOptions(
        int frames,
        int decoderThreads,
        int timeoutMillis,
        boolean skipUnreadable,
        boolean trackLeases,
        PixelFormat pixelFormat,
        String hardware) {
    private static final CaptureOptions DEFAULTS =
            new CaptureOptions(8, 1, 10_000, false, false, PixelFormat.BGR24, "");

    public CaptureOptions {
        if (frames < 1 || decoderThreads < 0 || timeoutMillis < 0) {
            throw new IllegalArgumentException("Capture options have " + frames + " frames, " + decoderThreads
                    + " decoder threads and a time-out of " + timeoutMillis
                    + " ms, expected at least 1 frame and nothing negative");
        }
    }

    /** Eight frames of BGR24, one decoder thread, ten seconds of silence, no unreadable image tolerated, no hardware. */
    public static CaptureOptions defaults() {
        return DEFAULTS;
    }

    /** The same with at most {@code frames} frames out at once. */
    public CaptureOptions withFrames(int frames) {
        return new CaptureOptions(
                frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases, pixelFormat, hardware);
    }

    /** The same with {@code decoderThreads} threads a video, 0 for one a core. */
    public CaptureOptions withDecoderThreads(int decoderThreads) {
        return new CaptureOptions(
                frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases, pixelFormat, hardware);
    }

    /** The same with streams given up after {@code timeoutMillis} of silence, 0 for never. */
    public CaptureOptions withTimeoutMillis(int timeoutMillis) {
        return new CaptureOptions(
                frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases, pixelFormat, hardware);
    }

    /** The same, leaving out unreadable images of a folder or failing at the first. */
    public CaptureOptions withSkipUnreadable(boolean skipUnreadable) {
        return new CaptureOptions(
                frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases, pixelFormat, hardware);
    }

    /** The same, with or without the stack of each open lease. */
    public CaptureOptions withTrackLeases(boolean trackLeases) {
        return new CaptureOptions(
                frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases, pixelFormat, hardware);
    }

    /** The same with frames of another format. */
    public CaptureOptions withPixelFormat(PixelFormat pixelFormat) {
        return new CaptureOptions(
                frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases, pixelFormat, hardware);
    }

    /** The same, decoding by {@code hardware}, a name that FFmpeg has for it; empty for software. */
    public CaptureOptions withHardware(String hardware) {
        return new CaptureOptions(
                frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases, pixelFormat, hardware);
    }
}
