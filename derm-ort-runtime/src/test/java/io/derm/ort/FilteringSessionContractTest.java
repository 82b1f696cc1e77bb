package io.derm.ort;

import io.derm.api.Availability;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.contract.FilteringSession;
import io.derm.api.contract.InferenceRuntimeContract;

/** Row filters taken at their word keep the contract, which ONNX Runtime, ignoring them, cannot show. */
class FilteringSessionContractTest extends InferenceRuntimeContract {
    @Override
    protected InferenceRuntime runtime() {
        InferenceRuntime ort = new OrtRuntime();
        return new InferenceRuntime() {
            @Override
            public String name() {
                return ort.name();
            }

            @Override
            public int priority() {
                return ort.priority();
            }

            @Override
            public Availability availability() {
                return ort.availability();
            }

            @Override
            public Session open(Model model, SessionOptions options) {
                return new FilteringSession(ort.open(model, options), 1);
            }
        };
    }
}
