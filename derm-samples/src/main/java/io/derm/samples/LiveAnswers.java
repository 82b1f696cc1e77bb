package io.derm.samples;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.samples.live.Examiners.Examiner;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which model gave an answer. The live one may be replaced as soon as it has answered, so it says so itself, on the thread that asked it;
 * a trial asks on a thread of its own. Thread-safe.
 */
final class LiveAnswers {
    private final ThreadLocal<@Nullable Examiner> last = new ThreadLocal<>();

    /** Who answered this thread last; null for nobody. */
    @Nullable
    Examiner last() {
        return last.get();
    }

    /** A detector that says when it answers. Owns the one given. */
    Detector of(Detector detector, double threshold) {
        return new ForwardingDetector(detector) {
            @Override
            public List<Detection> detect(Frame frame) {
                List<Detection> answer = super.detect(frame);
                last.set(new Examiner(model(), runtime(), threshold));
                return answer;
            }
        };
    }

    /** A classifier that says when it answers. Owns the one given. */
    Classifier of(Classifier classifier) {
        return new ForwardingClassifier(classifier) {
            @Override
            public List<Assessment> classify(Frame frame, List<Box> regions) {
                List<Assessment> answer = super.classify(frame, regions);
                last.set(new Examiner(model(), runtime(), 0));
                return answer;
            }
        };
    }
}
