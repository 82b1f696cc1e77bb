package io.derm.capture;

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
 */
public record CaptureOptions(
        int frames, int decoderThreads, int timeoutMillis, boolean skipUnreadable, boolean trackLeases) {
    private static final CaptureOptions DEFAULTS = new CaptureOptions(8, 1, 10_000, false, false);

    public CaptureOptions {
        if (frames < 1 || decoderThreads < 0 || timeoutMillis < 0) {
            throw new IllegalArgumentException("Capture options have " + frames + " frames, " + decoderThreads
                    + " decoder threads and a time-out of " + timeoutMillis
                    + " ms, expected at least 1 frame and nothing negative");
        }
    }

    /** Eight frames, one decoder thread, ten seconds of silence, no unreadable image tolerated. */
    public static CaptureOptions defaults() {
        return DEFAULTS;
    }

    /** The same with at most {@code frames} frames out at once. */
    public CaptureOptions withFrames(int frames) {
        return new CaptureOptions(frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases);
    }

    /** The same with {@code decoderThreads} threads a video, 0 for one a core. */
    public CaptureOptions withDecoderThreads(int decoderThreads) {
        return new CaptureOptions(frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases);
    }

    /** The same with streams given up after {@code timeoutMillis} of silence, 0 for never. */
    public CaptureOptions withTimeoutMillis(int timeoutMillis) {
        return new CaptureOptions(frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases);
    }

    /** The same, leaving out unreadable images of a folder or failing at the first. */
    public CaptureOptions withSkipUnreadable(boolean skipUnreadable) {
        return new CaptureOptions(frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases);
    }

    /** The same, with or without the stack of each open lease. */
    public CaptureOptions withTrackLeases(boolean trackLeases) {
        return new CaptureOptions(frames, decoderThreads, timeoutMillis, skipUnreadable, trackLeases);
    }
}
