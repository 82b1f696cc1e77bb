package io.derm.capture;

import io.derm.api.FrameSource;
import io.derm.api.contract.FrameSourceContract;

class VideoSourceContractTest extends FrameSourceContract {
    @Override
    protected FrameSource open() {
        return VideoSource.open(TestMedia.file("plain.mp4"), CaptureOptions.defaults());
    }

    @Override
    protected int expectedFrames() {
        return 12;
    }
}
