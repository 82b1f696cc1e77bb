package io.derm.trt.gpu;

import io.derm.api.InferenceRuntime;
import io.derm.api.contract.InferenceRuntimeContract;
import io.derm.trt.TrtRuntime;
import org.junit.jupiter.api.Tag;

/** The contract of runtimes on a GPU. */
@Tag("gpu")
class TrtRuntimeContractTest extends InferenceRuntimeContract {
    @Override
    protected InferenceRuntime runtime() {
        return new TrtRuntime();
    }
}
