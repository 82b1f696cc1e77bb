package com.example.device;

import io.derm.api.InferenceRuntime;
import io.derm.api.contract.InferenceRuntimeContract;

/** What derm asks of every runtime, asked of this one: the suite comes in derm-api's test jar. */
class PlainRuntimeContractTest extends InferenceRuntimeContract {
    @Override
    protected InferenceRuntime runtime() {
        return new PlainRuntime();
    }
}
