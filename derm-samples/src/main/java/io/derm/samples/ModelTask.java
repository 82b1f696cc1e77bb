package io.derm.samples;

import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import io.derm.api.TensorInfo;
import io.derm.yolo.YoloLayout;
import java.util.List;
import java.util.Optional;

/**
 * What a model is for, as far as its metadata and the names and shapes of its outputs tell. Immutable.
 *
 * @param name {@link #DETECT}, {@link #CLASSIFY} or what else the metadata says; empty where nothing tells
 * @param declared whether the metadata says so
 * @param layout of a detector's outputs, or why it is not known; empty for other tasks
 */
record ModelTask(Optional<String> name, boolean declared, Optional<String> layout) {
    static final String DETECT = "detect";
    static final String CLASSIFY = "classify";

    static ModelTask of(Signature signature, String modelName) {
        Optional<String> declared = signature.get(ModelKeys.TASK);
        if (declared.isEmpty() || declared.get().equals(DETECT)) {
            try {
                String layout = YoloLayout.of(signature, modelName).decoderName();
                return new ModelTask(Optional.of(DETECT), declared.isPresent(), Optional.of(layout));
            } catch (ModelException e) {
                if (declared.isPresent()) {
                    return new ModelTask(declared, true, Optional.of("not recognised: " + e.problem()));
                }
            }
        }
        List<TensorInfo> outputs = signature.outputs();
        boolean scores = outputs.size() == 1 && outputs.get(0).rank() == 2;
        return new ModelTask(
                declared.or(() -> scores ? Optional.of(CLASSIFY) : Optional.empty()),
                declared.isPresent(),
                Optional.empty());
    }

    boolean is(String task) {
        return name.isPresent() && name.get().equals(task);
    }
}
