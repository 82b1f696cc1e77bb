package io.derm.pipeline;

import io.derm.api.Assessment;
import io.derm.api.Detection;
import java.util.List;

/** How far two models' answers are the same. Confined. */
final class Agreement {
    /** Two boxes are of one object from this overlap on, as in PASCAL VOC's mAP50. */
    private static final float SAME_BOX = 0.5f;

    private double same;
    private double all;

    /** Adds a frame's detections: of all boxes of both, those that have a partner of their label, by overlap. */
    void detections(List<Detection> live, List<Detection> candidate) {
        boolean[] taken = new boolean[candidate.size()];
        for (Detection of : live) {
            int best = -1;
            float overlap = SAME_BOX;
            for (int i = 0; i < taken.length; i++) {
                Detection other = candidate.get(i);
                float iou = of.box().iou(other.box());
                if (!taken[i] && iou >= overlap && of.label().equals(other.label())) {
                    best = i;
                    overlap = iou;
                }
            }
            if (best >= 0) {
                taken[best] = true;
                same += 2;
            }
        }
        all += live.size() + candidate.size();
    }

    /** Adds a frame's assessments: those of the same class. */
    void assessments(List<Assessment> live, List<Assessment> candidate) {
        for (int i = 0; i < live.size(); i++) {
            if (live.get(i).lesionClass() == candidate.get(i).lesionClass()) {
                same++;
            }
        }
        all += live.size();
    }

    /** How much there was to compare. */
    double weight() {
        return all;
    }

    /** 0 to 1; 0 where there was nothing to compare. */
    double share() {
        return all == 0 ? 0 : same / all;
    }
}
