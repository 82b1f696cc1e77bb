package com.example.device;

import io.derm.api.FrameSource;
import io.derm.api.contract.FrameSourceContract;
import java.io.ByteArrayInputStream;

/** What derm asks of every source, asked of this one. */
class Y4mSourceContractTest extends FrameSourceContract {
    @Override
    protected FrameSource open() {
        return new Y4mSource("five.y4m", new ByteArrayInputStream(Y4m.clip(16, 8, 5)));
    }

    @Override
    protected int expectedFrames() {
        return 5;
    }
}
