package io.derm.capture;

import io.derm.api.FrameSource;
import io.derm.api.contract.FrameSourceContract;

/** A source that is not live goes through whole, so the contract holds to the frame. */
class LiveSourceContractTest extends FrameSourceContract {
    @Override
    protected FrameSource open() {
        return LiveSource.open(
                TestMedia.file("plain.mp4").toString(),
                CaptureOptions.defaults(),
                LiveOptions.defaults(),
                status -> {});
    }

    @Override
    protected int expectedFrames() {
        return 12;
    }
}
