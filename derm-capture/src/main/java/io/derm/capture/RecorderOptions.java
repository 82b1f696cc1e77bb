package io.derm.capture;

/**
 * How a recording is written. Immutable.
 *
 * @param framesPerSecond nominal rate, for the bit rate and the length of the last frame; frames are placed by their own
 *     time
 * @param bitsPerSecond aim of the encoder, 0 for one tenth of a bit a pixel, e.g. 2.8 Mbit/s at 1280x720 and 30 frames/s
 * @param threads threads that encode, 0 for one a core
 */
public record RecorderOptions(double framesPerSecond, long bitsPerSecond, int threads) {
    public RecorderOptions {
        if (!(framesPerSecond > 0 && framesPerSecond <= 1000) || bitsPerSecond < 0 || threads < 0) {
            throw new IllegalArgumentException("Recording at " + framesPerSecond + " frames/s, " + bitsPerSecond
                    + " bits/s, " + threads + " threads; expected 0 to 1000 frames/s and nothing negative");
        }
    }

    /** At a nominal rate, with the bit rate by the size of the picture and one thread. */
    public static RecorderOptions of(double framesPerSecond) {
        return new RecorderOptions(framesPerSecond, 0, 1);
    }

    /** The same with another aim, 0 for one by size. */
    public RecorderOptions withBitsPerSecond(long bitsPerSecond) {
        return new RecorderOptions(framesPerSecond, bitsPerSecond, threads);
    }

    /** The same with other threads, 0 for one a core. */
    public RecorderOptions withThreads(int threads) {
        return new RecorderOptions(framesPerSecond, bitsPerSecond, threads);
    }

    long bitsPerSecond(int width, int height) {
        return bitsPerSecond > 0
                ? bitsPerSecond
                : Math.max(100_000, Math.round(0.1 * width * height * framesPerSecond));
    }
}
