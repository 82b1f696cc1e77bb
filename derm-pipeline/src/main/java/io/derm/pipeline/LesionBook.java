package io.derm.pipeline;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.LesionClass;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Sums up the sightings of each lesion. Confined to the exam's thread. */
final class LesionBook {
    /** A look has to be better by this factor to replace the best one, so that a crop is not taken anew in every frame. */
    private static final double BETTER = 1.05;

    private static final double CUT_BY_BORDER = 1e-3;

    private final Map<Integer, Entry> entries = new HashMap<>();

    /** Adds a sighting; true where it shows the lesion better than any before. */
    boolean add(Frame frame, Sighting sighting) {
        Entry entry = entries.computeIfAbsent(sighting.lesion(), id -> new Entry(frame.timestampMicros()));
        return entry.add(frame, sighting);
    }

    List<Lesion> confirmed(int minSightings) {
        List<Lesion> lesions = new ArrayList<>();
        entries.forEach((id, entry) -> {
            if (entry.count >= minSightings) {
                lesions.add(entry.lesion(id));
            }
        });
        lesions.sort(Comparator.comparingInt(Lesion::id));
        return lesions;
    }

    int size() {
        return entries.size();
    }

    private static final class Entry {
        private final long firstMicros;
        private final double[] votes = new double[LesionClass.values().length];
        private final double[] sums = new double[LesionClass.values().length];
        private final Course course = new Course();
        private long lastMicros;
        private int count;
        private double weights;
        private @Nullable Sighting best;
        private long bestMicros;
        private double bestRank = -1;

        Entry(long firstMicros) {
            this.firstMicros = firstMicros;
        }

        boolean add(Frame frame, Sighting sighting) {
            Box box = sighting.detection().box();
            Assessment assessment = sighting.assessment();
            double weight = sighting.detection().score() * Math.sqrt(box.area());
            for (LesionClass c : LesionClass.values()) {
                sums[c.ordinal()] += weight * assessment.probability(c);
            }
            votes[assessment.lesionClass().ordinal()] += weight;
            weights += weight;
            count++;
            lastMicros = frame.timestampMicros();
            course.add(lastMicros, assessment);
            boolean whole = box.left() > 1
                    && box.top() > 1
                    && box.right() < frame.width() - 1
                    && box.bottom() < frame.height() - 1;
            double rank = whole ? weight : weight * CUT_BY_BORDER;
            if (rank <= bestRank * BETTER) {
                return false;
            }
            bestRank = rank;
            best = sighting;
            bestMicros = lastMicros;
            return true;
        }

        Lesion lesion(int id) {
            Map<LesionClass, Float> mean = new EnumMap<>(LesionClass.class);
            LesionClass voted = LesionClass.BENIGN;
            for (LesionClass c : LesionClass.values()) {
                mean.put(c, (float) (sums[c.ordinal()] / weights));
                if (votes[c.ordinal()] >= votes[voted.ordinal()]) {
                    voted = c;
                }
            }
            Sighting shown = Objects.requireNonNull(best);
            return new Lesion(id, firstMicros, lastMicros, count, voted, mean, shown, bestMicros, course.copy());
        }
    }
}
