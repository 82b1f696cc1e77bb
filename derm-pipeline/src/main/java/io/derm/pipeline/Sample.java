package io.derm.pipeline;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A frame with what the live one said of it, to ask a candidate the same later. Owns its lease. Immutable.
 *
 * @param regions what a classifier was asked of
 * @param liveNanos how long the live one took
 */
record Sample<M, A>(
        Frame frame,
        List<Box> regions,
        Swap.Question<M, A> question,
        Swap.Comparison<A> comparison,
        List<A> answer,
        long liveNanos)
        implements AutoCloseable {
    /**
     * Keeps what is the caller's again once the call has returned.
     *
     * @param frame borrowed
     * @param copies lends the memory for one that has to be copied
     */
    static <M, A> Sample<M, A> of(
            Frame frame,
            FramePool copies,
            List<Box> regions,
            Swap.Question<M, A> question,
            Swap.Comparison<A> comparison,
            List<A> answer,
            long liveNanos)
            throws InterruptedException {
        // The lists first: where one cannot be copied no lease is left open.
        List<Box> of = List.copyOf(regions);
        List<A> said = List.copyOf(answer);
        return new Sample<>(kept(frame, copies), of, question, comparison, said, liveNanos);
    }

    /** A lease keeps a pool's memory as it is; any other is its owner's, who may write to it. */
    private static Frame kept(Frame frame, FramePool copies) throws InterruptedException {
        if (frame.pooled()) {
            return frame.retain();
        }
        ByteBuffer from = frame.pixels().duplicate().clear();
        PixelFormat format = frame.format();
        Frame copy = copies.lease(
                frame.width(),
                frame.height(),
                format,
                frame.sequence(),
                frame.timestampMicros(),
                frame.capturedNanos());
        int row = copy.stride();
        int rows = format.bytes(1, frame.height());
        for (int y = 0; y < rows; y++) {
            copy.pixels().put(y * row, from, y * frame.stride(), row);
        }
        return copy;
    }

    void compare(M candidate, Agreement agreement) {
        comparison.add(agreement, answer, question.ask(candidate, frame, regions));
    }

    @Override
    public void close() {
        frame.close();
    }
}
