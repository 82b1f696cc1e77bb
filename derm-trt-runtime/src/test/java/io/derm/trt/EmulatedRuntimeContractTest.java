package io.derm.trt;

import io.derm.api.InferenceRuntime;
import io.derm.api.contract.InferenceRuntimeContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of runtimes on the emulated device: all of the module but TensorRT and the GPU themselves. */
@Tag("emulated")
class EmulatedRuntimeContractTest extends InferenceRuntimeContract {
    @BeforeAll
    static void load() {
        EmulatedDevice.load();
    }

    @Override
    protected InferenceRuntime runtime() {
        return new TrtRuntime();
    }

    @AfterEach
    void leavesNothingBehind() {
        EmulatedDevice.assertClean();
    }
}
