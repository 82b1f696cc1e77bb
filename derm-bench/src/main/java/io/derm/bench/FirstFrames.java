package io.derm.bench;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import java.util.Optional;

/** A source cut off after some frames. Closes what it reads from. */
final class FirstFrames implements FrameSource {
    private final FrameSource source;
    private int left;

    FirstFrames(FrameSource source, int most) {
        this.source = source;
        this.left = most;
    }

    @Override
    public SourceInfo info() {
        return source.info();
    }

    @Override
    public Optional<Frame> next() throws InterruptedException {
        return left-- > 0 ? source.next() : Optional.empty();
    }

    @Override
    public void close() {
        source.close();
    }
}
