package io.derm.ort;

import io.derm.api.InferenceRuntime;
import io.derm.api.contract.InferenceRuntimeContract;

class OrtRuntimeContractTest extends InferenceRuntimeContract {
    @Override
    protected InferenceRuntime runtime() {
        return new OrtRuntime();
    }
}
