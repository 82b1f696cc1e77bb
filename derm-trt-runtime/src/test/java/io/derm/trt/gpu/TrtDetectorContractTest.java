package io.derm.trt.gpu;

import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.SessionOptions;
import io.derm.api.contract.DetectorContract;
import io.derm.models.DemoModels;
import io.derm.phantom.Framing;
import io.derm.phantom.PhantomScene;
import io.derm.trt.TrtRuntime;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of detectors with the demo model in float16 on a GPU. */
@Tag("gpu")
class TrtDetectorContractTest extends DetectorContract {
    @BeforeAll
    static void needsAGpu() {
        GpuModels.needGpu();
    }

    @Override
    protected Detector open() {
        return YoloDetector.open(
                new TrtRuntime(),
                GpuModels.float16(DemoModels.detector()),
                SessionOptions.defaults(),
                YoloOptions.defaults());
    }

    /** A scene in which the model finds lesions on the CPU too. */
    @Override
    protected Frame frame() {
        return PhantomScene.of(2_000_000, 640, 480, Framing.MIXED).frame();
    }
}
