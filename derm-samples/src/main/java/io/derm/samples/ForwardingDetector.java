package io.derm.samples;

import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.Model;
import io.derm.api.RuntimeUse;
import java.util.List;

/** A detector that is another one, but for what a subclass does otherwise. */
abstract class ForwardingDetector implements Detector {
    private final Detector to;

    ForwardingDetector(Detector to) {
        this.to = to;
    }

    @Override
    public List<Detection> detect(Frame frame) {
        return to.detect(frame);
    }

    @Override
    public int concurrency() {
        return to.concurrency();
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
    public double confirmScore() {
        return to.confirmScore();
    }

    @Override
    public void close() {
        to.close();
    }
}
