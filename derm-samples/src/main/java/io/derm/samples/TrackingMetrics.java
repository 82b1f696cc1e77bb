package io.derm.samples;

import io.derm.api.Box;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well boxes with numbers follow lesions with known identities over a clip: IDF1 (Ristani et al., ECCV Workshops 2016) and identity
 * switches (CLEAR MOT, Bernardin and Stiefelhagen 2008), boxes joined at an IoU of 0.5. Confined.
 */
final class TrackingMetrics {
    private static final double MIN_IOU = 0.5;

    /** A box with the identity it has or was given. */
    record Identified(int id, Box box) {}

    private final Map<Integer, Long> truthFrames = new LinkedHashMap<>();
    private final Map<Integer, Long> answerFrames = new LinkedHashMap<>();
    /** Frames in which a truth and an answer overlap, by truth and answer. */
    private final Map<Integer, Map<Integer, Long>> together = new HashMap<>();
    /** The answer that each truth was joined with last. */
    private final Map<Integer, Integer> joined = new HashMap<>();

    private long switches;

    /** Adds a frame. */
    void add(List<Identified> truths, List<Identified> answers) {
        truths.forEach(t -> truthFrames.merge(t.id(), 1L, Long::sum));
        answers.forEach(a -> answerFrames.merge(a.id(), 1L, Long::sum));
        for (Identified truth : truths) {
            for (Identified answer : answers) {
                if (truth.box().iou(answer.box()) >= MIN_IOU) {
                    together.computeIfAbsent(truth.id(), id -> new HashMap<>()).merge(answer.id(), 1L, Long::sum);
                }
            }
        }
        join(truths, answers);
    }

    /** Pairs of the frame before are kept where they still overlap; the rest is joined at the highest overlap in all. */
    private void join(List<Identified> truths, List<Identified> answers) {
        List<Identified> openTruths = new ArrayList<>(truths);
        List<Identified> openAnswers = new ArrayList<>(answers);
        for (Identified truth : truths) {
            Integer last = joined.get(truth.id());
            for (Identified answer : answers) {
                if (last != null && last == answer.id() && truth.box().iou(answer.box()) >= MIN_IOU) {
                    openTruths.remove(truth);
                    openAnswers.remove(answer);
                }
            }
        }
        double[][] cost = new double[openTruths.size()][openTruths.size() + openAnswers.size()];
        for (int t = 0; t < openTruths.size(); t++) {
            for (int a = 0; a < openAnswers.size(); a++) {
                double iou = openTruths.get(t).box().iou(openAnswers.get(a).box());
                cost[t][a] = iou >= MIN_IOU ? -iou : 1;
            }
        }
        int[] answerOf = Assignment.solve(cost);
        for (int t = 0; t < openTruths.size(); t++) {
            int a = answerOf[t];
            if (cost[t][a] < 0) {
                Integer last =
                        joined.put(openTruths.get(t).id(), openAnswers.get(a).id());
                switches += last != null && last != openAnswers.get(a).id() ? 1 : 0;
            }
        }
    }

    /** How often a lesion went on under another number. */
    long switches() {
        return switches;
    }

    /** Boxes of all frames that are true. */
    long truths() {
        return sum(truthFrames);
    }

    /** Boxes of all frames that were given a number. */
    long answers() {
        return sum(answerFrames);
    }

    /** Of both kinds, those whose identities belong together when each truth has one answer for the whole clip. */
    long identified() {
        List<Integer> truths = List.copyOf(truthFrames.keySet());
        List<Integer> answers = List.copyOf(answerFrames.keySet());
        double[][] cost = new double[truths.size()][truths.size() + answers.size()];
        for (int t = 0; t < truths.size(); t++) {
            for (int a = 0; a < answers.size(); a++) {
                cost[t][a] = -frames(truths.get(t), answers.get(a));
            }
        }
        int[] answerOf = Assignment.solve(cost);
        long sum = 0;
        for (int t = 0; t < truths.size(); t++) {
            sum -= Math.round(cost[t][answerOf[t]]);
        }
        return sum;
    }

    /** Frames in which this truth and this answer overlap. */
    long frames(int truth, int answer) {
        return together.getOrDefault(truth, Map.of()).getOrDefault(answer, 0L);
    }

    private static long sum(Map<Integer, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
