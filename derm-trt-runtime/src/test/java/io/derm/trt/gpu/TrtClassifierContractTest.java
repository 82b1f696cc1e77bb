package io.derm.trt.gpu;

import io.derm.api.Classifier;
import io.derm.api.SessionOptions;
import io.derm.api.contract.ClassifierContract;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.models.DemoModels;
import io.derm.trt.TrtRuntime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of classifiers with the demo model in float16 on a GPU. */
@Tag("gpu")
class TrtClassifierContractTest extends ClassifierContract {
    @BeforeAll
    static void needsAGpu() {
        GpuModels.needGpu();
    }

    /** Another batch runs other kernels, which round otherwise. */
    @Override
    protected float batchTolerance() {
        return 0.02f;
    }

    @Override
    protected Classifier open() {
        return EffnetClassifier.open(
                new TrtRuntime(),
                GpuModels.float16(DemoModels.classifier()),
                SessionOptions.defaults(),
                EffnetOptions.defaults());
    }
}
