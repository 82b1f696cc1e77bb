package io.derm.samples;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Frame;
import io.derm.api.Model;
import io.derm.api.RuntimeUse;
import java.util.List;

/** A classifier that is another one, but for what a subclass does otherwise. */
abstract class ForwardingClassifier implements Classifier {
    private final Classifier to;

    ForwardingClassifier(Classifier to) {
        this.to = to;
    }

    @Override
    public List<Assessment> classify(Frame frame, List<Box> regions) {
        return to.classify(frame, regions);
    }

    @Override
    public Model model() {
        return to.model();
    }

    @Override
    public RuntimeUse runtime() {
        return to.runtime();
    }

    @Override
    public void close() {
        to.close();
    }
}
