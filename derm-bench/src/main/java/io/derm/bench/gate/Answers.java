package io.derm.bench.gate;

import io.derm.api.Box;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a detector and a classifier said of frames, to hold later answers to.
 *
 * @param frames digest of the frames; empty if there are no answers
 * @param found what was detected, highest score first within a frame
 * @param assessed what was said of regions
 */
record Answers(String frames, List<Found> found, List<Assessed> assessed) {
    /** A detection in a frame of that index. */
    record Found(int frame, Box box, double score, int classIndex) {
        String line() {
            return String.format(Locale.ROOT, "detection %d %s %.5f %d", frame, coordinates(box), score, classIndex);
        }
    }

    /** Probabilities of a region of a frame. */
    record Assessed(int frame, Box region, double benign, double unknown, double melanoma) {
        String line() {
            return String.format(
                    Locale.ROOT,
                    "assessment %d %s %.5f %.5f %.5f",
                    frame,
                    coordinates(region),
                    benign,
                    unknown,
                    melanoma);
        }
    }

    /** How far answers are from others: the largest distance of a side in pixels, of a score, and of a probability. */
    record Drift(int unmatched, double boxes, double scores, double probabilities) {}

    static final Answers NONE = new Answers("", List.of(), List.of());

    Answers {
        found = List.copyOf(found);
        assessed = List.copyOf(assessed);
    }

    private static String coordinates(Box b) {
        return String.format(Locale.ROOT, "%.2f %.2f %.2f %.2f", b.left(), b.top(), b.right(), b.bottom());
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        if (!frames.isEmpty()) {
            lines.add("frames " + frames);
        }
        found.forEach(f -> lines.add(f.line()));
        assessed.forEach(a -> lines.add(a.line()));
        return lines;
    }

    /** Distance of these answers from stored ones of the same frames and regions. */
    Drift from(Answers stored) {
        List<Found> left = new ArrayList<>(found);
        int unmatched = 0;
        double boxes = 0;
        double scores = 0;
        for (Found old : stored.found) {
            Found nearest = null;
            for (Found f : left) {
                boolean candidate = f.frame == old.frame && f.classIndex == old.classIndex && f.box.iou(old.box) > 0.3;
                if (candidate && (nearest == null || f.box.iou(old.box) > nearest.box.iou(old.box))) {
                    nearest = f;
                }
            }
            if (nearest == null) {
                unmatched++;
            } else {
                left.remove(nearest);
                boxes = Math.max(boxes, distance(nearest.box, old.box));
                scores = Math.max(scores, Math.abs(nearest.score - old.score));
            }
        }
        double probabilities = 0;
        for (int i = 0; i < stored.assessed.size(); i++) {
            Assessed old = stored.assessed.get(i);
            Assessed now = assessed.get(i);
            probabilities = Math.max(probabilities, Math.abs(now.benign - old.benign));
            probabilities = Math.max(probabilities, Math.abs(now.unknown - old.unknown));
            probabilities = Math.max(probabilities, Math.abs(now.melanoma - old.melanoma));
        }
        return new Drift(unmatched + left.size(), boxes, scores, probabilities);
    }

    private static double distance(Box a, Box b) {
        return Math.max(
                Math.max(Math.abs(a.left() - b.left()), Math.abs(a.top() - b.top())),
                Math.max(Math.abs(a.right() - b.right()), Math.abs(a.bottom() - b.bottom())));
    }
}
