package io.derm.samples;

import io.derm.api.LesionClass;
import io.derm.phantom.LesionTruth;
import io.derm.pipeline.FrameFindings;
import io.derm.pipeline.Lesion;
import io.derm.pipeline.Sighting;
import io.derm.samples.TrackingMetrics.Identified;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Holds what an exam reported of a phantom clip against what is true of it. Confined. */
final class ClipTally {
    /** A reported lesion whose boxes overlap a true one by less in most frames is false. */
    private static final double ABOUT_A_LESION = 0.3;
    /** A lesion that the clip shows so well for so many frames is one to be found. */
    private static final double SHOWN = 0.65;

    private static final int SHOWN_PIXELS = 18;
    private static final int SHOWN_FRAMES = 15;

    private final List<List<LesionTruth>> truths = new ArrayList<>();
    private final List<List<Identified>> sightings = new ArrayList<>();
    private final Map<Integer, Integer> framesAboutALesion = new HashMap<>();
    private long assessed;

    /** What one clip came to. */
    record Result(
            long frames,
            long truthBoxes,
            long answerBoxes,
            long identified,
            long switches,
            int reported,
            int wrong,
            int lesions,
            int found,
            int melanomas,
            int melanomasFound,
            int melanomasCalled,
            long sightings,
            long assessed) {
        static final Result NONE = new Result(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

        Result plus(Result o) {
            return new Result(
                    frames + o.frames,
                    truthBoxes + o.truthBoxes,
                    answerBoxes + o.answerBoxes,
                    identified + o.identified,
                    switches + o.switches,
                    reported + o.reported,
                    wrong + o.wrong,
                    lesions + o.lesions,
                    found + o.found,
                    melanomas + o.melanomas,
                    melanomasFound + o.melanomasFound,
                    melanomasCalled + o.melanomasCalled,
                    sightings + o.sightings,
                    assessed + o.assessed);
        }

        double idf1() {
            return 2.0 * identified / (truthBoxes + answerBoxes);
        }

        /** Share of the boxes reported that are of the lesion they are said to be. */
        double idp() {
            return (double) identified / answerBoxes;
        }

        /** Share of the true boxes that are reported as of their lesion. */
        double idr() {
            return (double) identified / truthBoxes;
        }

        double wrongPerMinute(double framesPerSecond) {
            return wrong * 60 * framesPerSecond / frames;
        }
    }

    void add(List<LesionTruth> truth, FrameFindings findings) {
        List<Identified> seen = new ArrayList<>();
        for (Sighting sighting : findings.sightings()) {
            seen.add(new Identified(sighting.lesion(), sighting.detection().box()));
            boolean aboutALesion = truth.stream()
                    .anyMatch(t -> t.box().iou(sighting.detection().box()) >= ABOUT_A_LESION);
            framesAboutALesion.merge(sighting.lesion(), aboutALesion ? 1 : 0, Integer::sum);
            assessed += sighting.assessed() ? 1 : 0;
        }
        truths.add(truth);
        sightings.add(seen);
    }

    /**
     * Sums up.
     *
     * @param lesions what the exam reported
     */
    Result result(List<Lesion> lesions) {
        Set<Integer> reported = lesions.stream().map(Lesion::id).collect(Collectors.toSet());
        TrackingMetrics metrics = new TrackingMetrics();
        for (int f = 0; f < truths.size(); f++) {
            metrics.add(
                    truths.get(f).stream()
                            .map(t -> new Identified(t.id(), t.box()))
                            .toList(),
                    sightings.get(f).stream()
                            .filter(s -> reported.contains(s.id()))
                            .toList());
        }
        int wrong = 0;
        for (Lesion lesion : lesions) {
            wrong += 2 * framesAboutALesion.getOrDefault(lesion.id(), 0) < lesion.sightings() ? 1 : 0;
        }
        int found = 0;
        int melanomas = 0;
        int melanomasFound = 0;
        int melanomasCalled = 0;
        Map<Integer, LesionTruth> toFind = toFind();
        for (LesionTruth truth : toFind.values()) {
            boolean isFound = false;
            boolean called = false;
            for (Lesion lesion : lesions) {
                if (metrics.frames(truth.id(), lesion.id()) > 0) {
                    isFound = true;
                    called |= lesion.lesionClass() == LesionClass.MELANOMA;
                }
            }
            boolean melanoma = truth.lesionClass() == LesionClass.MELANOMA;
            found += isFound ? 1 : 0;
            melanomas += melanoma ? 1 : 0;
            melanomasFound += melanoma && isFound ? 1 : 0;
            melanomasCalled += melanoma && called ? 1 : 0;
        }
        return new Result(
                truths.size(),
                metrics.truths(),
                metrics.answers(),
                metrics.identified(),
                metrics.switches(),
                lesions.size(),
                wrong,
                toFind.size(),
                found,
                melanomas,
                melanomasFound,
                melanomasCalled,
                sightings.stream().mapToInt(List::size).sum(),
                assessed);
    }

    private Map<Integer, LesionTruth> toFind() {
        Map<Integer, Integer> framesShown = new HashMap<>();
        Map<Integer, LesionTruth> lesions = new TreeMap<>();
        for (List<LesionTruth> frame : truths) {
            for (LesionTruth truth : frame) {
                float side = Math.max(truth.box().width(), truth.box().height());
                if (truth.visible() >= SHOWN
                        && side >= SHOWN_PIXELS
                        && framesShown.merge(truth.id(), 1, Integer::sum) == SHOWN_FRAMES) {
                    lesions.put(truth.id(), truth);
                }
            }
        }
        return lesions;
    }
}
