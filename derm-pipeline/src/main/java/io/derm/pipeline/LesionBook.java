package io.derm.pipeline;

import io.derm.api.Assessment;
import io.derm.api.Detection;
import io.derm.api.LesionClass;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Sums up the sightings of each lesion, and says when one is to be assessed again. Confined to the exam's thread. */
final class LesionBook {
    /** A look has to be better by this factor to replace the best one, so that a crop is not taken anew in every frame. */
    private static final double BETTER = 1.05;
    /** A lesion that was just found is assessed so often before looks are picked. */
    private static final int FIRST_LOOKS = 3;

    private static final LesionClass[] CLASSES = LesionClass.values();

    private final ExamOptions options;
    private final Map<Integer, Entry> entries = new HashMap<>();
    private int neverConfirmed;

    /** Knows no lesion yet. */
    LesionBook(ExamOptions options) {
        this.options = options;
    }

    /** Whether a look at a lesion is worth a run of the classifier. */
    boolean due(int lesion, double quality) {
        Entry entry = entries.get(lesion);
        return entry == null
                || entry.assessed < FIRST_LOOKS
                || entry.sinceAssessed + 1 >= options.classifyEvery()
                || quality > entry.bestQuality * BETTER;
    }

    Entry entry(int lesion, long timestampMicros) {
        return entries.computeIfAbsent(lesion, id -> new Entry(id, timestampMicros));
    }

    List<Lesion> confirmed() {
        return lesions(Entry::confirmed);
    }

    List<Lesion> all() {
        return lesions(entry -> true);
    }

    private List<Lesion> lesions(Predicate<Entry> wanted) {
        return entries.values().stream()
                .filter(wanted)
                .map(Entry::lesion)
                .sorted(Comparator.comparingInt(Lesion::id))
                .toList();
    }

    /** Keeps of a lesion that will not come again only what is reported, so that an exam without an end needs no memory without one. */
    void forget(int lesion) {
        Entry entry = entries.get(lesion);
        if (entry != null && !entry.confirmed()) {
            entries.remove(lesion);
            neverConfirmed++;
        }
    }

    int unconfirmed() {
        int n = neverConfirmed;
        for (Entry entry : entries.values()) {
            n += entry.confirmed() ? 0 : 1;
        }
        return n;
    }

    /** One lesion. */
    final class Entry {
        private final int id;
        private final long firstMicros;
        private final double[] votes = new double[CLASSES.length];
        private final double[] sums = new double[CLASSES.length];
        private final Course course = new Course();
        private long lastMicros;
        private int count;
        private double scores;
        /** What the scores before those of the present limit had to sum up to, the limit, and how many were held to it. */
        private double limitsBefore;

        private double limit;
        private int toLimit;
        private double noLesion;
        private int assessed;
        private int sinceAssessed;
        private double weights;
        private @Nullable Assessment last;
        private @Nullable Sighting best;
        private long bestMicros;
        private double bestQuality = -1;

        private Entry(int id, long firstMicros) {
            this.id = id;
            this.firstMicros = firstMicros;
        }

        /**
         * Adds a sighting.
         *
         * @param confirmScore that of the detector which gave it
         * @param assessment what it was assessed as, null where it was not
         */
        Sighting see(
                Detection detection,
                double confirmScore,
                double quality,
                @Nullable Assessment assessment,
                long micros) {
            count++;
            score(detection.score(), options.confirmScore().orElse(confirmScore));
            lastMicros = micros;
            sinceAssessed++;
            if (assessment != null) {
                weigh(assessment, quality);
                course.add(micros, assessment);
                last = assessment;
                assessed++;
                sinceAssessed = 0;
            }
            Sighting sighting =
                    new Sighting(id, detection, Objects.requireNonNull(last), assessment != null, confirmed());
            if (assessment != null && quality > bestQuality * BETTER) {
                bestQuality = quality;
                best = sighting;
                bestMicros = micros;
            }
            return sighting;
        }

        /** Each score is held to its own detector's limit: another one's are on another scale. */
        private void score(double score, double of) {
            if (of != limit) {
                limitsBefore += limit * toLimit;
                limit = of;
                toLimit = 0;
            }
            toLimit++;
            scores += score;
        }

        private void weigh(Assessment assessment, double quality) {
            // So that a lesion of which no look is any good has a class all the same.
            double weight = Math.max(quality, 1e-6);
            for (LesionClass c : CLASSES) {
                sums[c.ordinal()] += weight * assessment.probability(c);
            }
            noLesion += weight * assessment.noLesion();
            votes[assessment.lesionClass().ordinal()] += weight;
            weights += weight;
        }

        boolean bestIs(Sighting sighting) {
            return best == sighting;
        }

        private boolean confirmed() {
            // A product, as a sum of the limits would be rounded at each, and a lesion at the limit might miss it.
            return count >= options.confirmSightings() && scores >= limitsBefore + limit * toLimit && !dismissed();
        }

        /** Whether it is rather no lesion; never what was mostly called a melanoma. */
        private boolean dismissed() {
            return noLesion >= options.dismissNoLesion() * weights
                    && options.dismissNoLesion() < 1
                    && lesionClass() != LesionClass.MELANOMA;
        }

        private LesionClass lesionClass() {
            LesionClass voted = LesionClass.BENIGN;
            for (LesionClass c : CLASSES) {
                if (votes[c.ordinal()] >= votes[voted.ordinal()]) {
                    voted = c;
                }
            }
            return voted;
        }

        private Lesion lesion() {
            Map<LesionClass, Float> mean = new EnumMap<>(LesionClass.class);
            for (LesionClass c : CLASSES) {
                mean.put(c, (float) (sums[c.ordinal()] / weights));
            }
            Sighting shown = Objects.requireNonNull(best);
            return new Lesion(
                    id,
                    firstMicros,
                    lastMicros,
                    count,
                    assessed,
                    confirmed(),
                    lesionClass(),
                    mean,
                    (float) (noLesion / weights),
                    shown,
                    bestMicros,
                    course.copy());
        }
    }
}
