package io.derm.samples;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.pipeline.FrameFindings;
import io.derm.pipeline.Sighting;
import io.derm.samples.live.Controls.Part;
import io.derm.samples.live.Examiners;
import io.derm.samples.live.Examiners.Examiner;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Remembers, for one exam, which models examined each frame until it is delivered: by then either may have been replaced. The models are
 * borrowed. {@link #of} is confined to the listener.
 */
final class LiveExaminers {
    private final LiveParts parts;
    /** Frames that were detected and are not delivered yet, in their order. Guarded by itself. */
    private final Deque<Underway> underway = new ArrayDeque<>();

    private final Map<Integer, Examiner> assessed = new HashMap<>();

    /** A frame, told by which it is: a source may number its frames as it likes. */
    private static final class Underway {
        private final Frame frame;
        private final @Nullable Examiner detector;
        private @Nullable Examiner classifier;

        Underway(Frame frame, @Nullable Examiner detector) {
            this.frame = frame;
            this.detector = detector;
        }
    }

    LiveExaminers(LiveParts parts) {
        this.parts = parts;
    }

    /** Who examined a frame that is delivered. */
    Examiners of(FrameFindings findings) {
        Underway examined = delivered(findings.frame());
        Examiner detector = examined.detector == null
                ? new Examiner(
                        parts.detector.model(),
                        findings.detectedBy(),
                        parts.running(Part.DETECTOR).threshold())
                : examined.detector;
        // There may have been nothing to classify.
        Examiner classifier = examined.classifier == null
                ? new Examiner(parts.classifier.model(), findings.classifiedBy(), 0)
                : examined.classifier;
        Map<Integer, Examiner> ofLesions = new HashMap<>();
        for (Sighting sighting : findings.sightings()) {
            if (sighting.assessed()) {
                assessed.put(sighting.lesion(), classifier);
            }
            ofLesions.put(sighting.lesion(), assessed.getOrDefault(sighting.lesion(), classifier));
        }
        return new Examiners(detector, classifier, ofLesions);
    }

    /** Forgets a frame, and those before it, which were dropped. */
    private Underway delivered(Frame frame) {
        synchronized (underway) {
            for (Underway next = underway.poll(); next != null; next = underway.poll()) {
                if (next.frame == frame) {
                    return next;
                }
            }
        }
        return new Underway(frame, null);
    }

    private void detected(Frame frame) {
        synchronized (underway) {
            underway.add(new Underway(frame, parts.answers.last()));
        }
    }

    private void classified(Frame frame) {
        synchronized (underway) {
            for (Underway examined : underway) {
                if (examined.frame == frame) {
                    examined.classifier = parts.answers.last();
                }
            }
        }
    }

    Detector detector() {
        return new ForwardingDetector(parts.detector) {
            @Override
            public List<Detection> detect(Frame frame) {
                List<Detection> answer = super.detect(frame);
                detected(frame);
                return answer;
            }

            /** Does nothing: it is borrowed. */
            @Override
            public void close() {}
        };
    }

    Classifier classifier() {
        return new ForwardingClassifier(parts.classifier) {
            @Override
            public List<Assessment> classify(Frame frame, List<Box> regions) {
                List<Assessment> answer = super.classify(frame, regions);
                classified(frame);
                return answer;
            }

            /** Does nothing: it is borrowed. */
            @Override
            public void close() {}
        };
    }
}
