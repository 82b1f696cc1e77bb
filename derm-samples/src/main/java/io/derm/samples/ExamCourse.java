package io.derm.samples;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.LesionClass;
import io.derm.pipeline.DropCause;
import io.derm.pipeline.FrameFindings;
import io.derm.pipeline.Sighting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the plots of a report are drawn from, in memory that does not grow with the length of the exam: time is cut into at most
 * {@value #CELLS} stretches of equal length, and where they do not reach, neighbours are joined and stretches become twice as long.
 * Confined.
 */
final class ExamCourse {
    static final int CELLS = 240;
    /** The picture is cut into so many columns and rows. */
    static final int COLUMNS = 24;

    static final int ROWS = 15;
    /** Scores and probabilities from 0 to 1 are counted in so many steps. */
    static final int BINS = 20;

    private static final int CLASSES = LesionClass.values().length;
    private static final long SHORTEST_MICROS = 10_000;

    private final Stretch[] stretches = new Stretch[CELLS];
    private final Map<Integer, TreeMap<Integer, int[]>> lesions = new HashMap<>();
    private final Map<Integer, Box> bestLooks = new HashMap<>();
    private final int[][] positions = new int[ROWS][COLUMNS];
    private final int[][] scores = new int[CLASSES][BINS];
    private final int[] melanoma = new int[BINS];
    private final long[] droppedBefore = new long[DropCause.values().length];
    private long stretchMicros = SHORTEST_MICROS;
    private long firstMicros;
    private int used;
    private int lastWidth;
    private int lastHeight;

    ExamCourse() {
        Arrays.setAll(stretches, i -> new Stretch());
    }

    /** One stretch of time. */
    static final class Stretch {
        private int frames;
        private int classified;
        private long latencySum;
        private long latencyMax;
        private long detectSum;
        private long classifySum;
        private final long[] dropped = new long[DropCause.values().length];

        int frames() {
            return frames;
        }

        /** Mean age of its frames' findings, in milliseconds. */
        double meanLatencyMillis() {
            return latencySum / 1e6 / frames;
        }

        double maxLatencyMillis() {
            return latencyMax / 1e6;
        }

        double meanDetectMillis() {
            return detectSum / 1e6 / frames;
        }

        /** Mean over the frames with something to classify; NaN where there was none. */
        double meanClassifyMillis() {
            return classified == 0 ? Double.NaN : classifySum / 1e6 / classified;
        }

        long dropped(DropCause cause) {
            return dropped[cause.ordinal()];
        }

        private void add(Stretch other) {
            frames += other.frames;
            classified += other.classified;
            latencySum += other.latencySum;
            latencyMax = Math.max(latencyMax, other.latencyMax);
            detectSum += other.detectSum;
            classifySum += other.classifySum;
            for (int i = 0; i < dropped.length; i++) {
                dropped[i] += other.dropped[i];
            }
        }
    }

    /**
     * Adds a frame.
     *
     * @param droppedSoFar frames that the exam has dropped up to now, by cause
     */
    void add(FrameFindings findings, Map<DropCause, Long> droppedSoFar) {
        Frame frame = findings.frame();
        int cell = cell(frame.timestampMicros());
        lastWidth = frame.width();
        lastHeight = frame.height();
        Stretch stretch = stretches[cell];
        stretch.frames++;
        stretch.latencySum += findings.latencyNanos();
        stretch.latencyMax = Math.max(stretch.latencyMax, findings.latencyNanos());
        stretch.detectSum += findings.detectNanos();
        if (findings.sightings().stream().anyMatch(Sighting::assessed)) {
            stretch.classified++;
            stretch.classifySum += findings.classifyNanos();
        }
        drop(stretch, droppedSoFar);
        findings.sightings().forEach(s -> add(cell, frame, s));
        // Of a live source the frame of a best look may have been dropped on its way here.
        findings.sightings()
                .forEach(s ->
                        bestLooks.putIfAbsent(s.lesion(), part(s.detection().box(), frame)));
        findings.bestLooks()
                .forEach(s -> bestLooks.put(s.lesion(), part(s.detection().box(), frame)));
    }

    /** Adds what was dropped after the last frame. */
    void end(Map<DropCause, Long> dropped) {
        if (used > 0) {
            drop(stretches[used - 1], dropped);
        }
    }

    private void drop(Stretch stretch, Map<DropCause, Long> soFar) {
        soFar.forEach((cause, count) -> {
            stretch.dropped[cause.ordinal()] += count - droppedBefore[cause.ordinal()];
            droppedBefore[cause.ordinal()] = count;
        });
    }

    private void add(int cell, Frame frame, Sighting sighting) {
        LesionClass lesionClass = sighting.assessment().lesionClass();
        lesions.computeIfAbsent(sighting.lesion(), id -> new TreeMap<>())
                .computeIfAbsent(cell, c -> new int[CLASSES])[lesionClass.ordinal()]++;
        scores[lesionClass.ordinal()][bin(sighting.detection().score(), BINS)]++;
        melanoma[bin(sighting.assessment().probability(LesionClass.MELANOMA), BINS)]++;
        Box part = part(sighting.detection().box(), frame);
        positions[bin(part.centerY(), ROWS)][bin(part.centerX(), COLUMNS)]++;
    }

    private static int bin(double part, int bins) {
        return (int) Math.max(0, Math.min(bins - 1, Math.floor(part * bins)));
    }

    private static Box part(Box box, Frame frame) {
        return Box.ofSize(
                box.left() / frame.width(),
                box.top() / frame.height(),
                box.width() / frame.width(),
                box.height() / frame.height());
    }

    private int cell(long timestampMicros) {
        if (used == 0) {
            firstMicros = timestampMicros;
        }
        // Where a stream's time steps back, its frames count as of the beginning.
        long since = Math.max(0, timestampMicros - firstMicros);
        while (since / stretchMicros >= CELLS) {
            joinNeighbours();
        }
        int cell = (int) (since / stretchMicros);
        used = Math.max(used, cell + 1);
        return cell;
    }

    private void joinNeighbours() {
        for (int i = 0; i < CELLS / 2; i++) {
            Stretch joined = stretches[2 * i];
            joined.add(stretches[2 * i + 1]);
            stretches[i] = joined;
        }
        for (int i = CELLS / 2; i < CELLS; i++) {
            stretches[i] = new Stretch();
        }
        lesions.replaceAll((id, cells) -> {
            TreeMap<Integer, int[]> joined = new TreeMap<>();
            cells.forEach((cell, counts) -> {
                int[] sum = joined.computeIfAbsent(cell / 2, c -> new int[CLASSES]);
                Arrays.setAll(sum, c -> sum[c] + counts[c]);
            });
            return joined;
        });
        used = (used + 1) / 2;
        stretchMicros *= 2;
    }

    double stretchSeconds() {
        return stretchMicros / 1e6;
    }

    /** Begin of a stretch on the source's time. */
    double seconds(int stretch) {
        return (firstMicros + stretch * stretchMicros) / 1e6;
    }

    /** All stretches up to the last with a frame; some may have none. */
    List<Stretch> stretches() {
        return List.of(stretches).subList(0, used);
    }

    /** Several stretches as one. */
    Stretch join(int from, int to) {
        Stretch joined = new Stretch();
        stretches().subList(from, to).forEach(joined::add);
        return joined;
    }

    /** Frames dropped for a cause. */
    long dropped(DropCause cause) {
        return stretches().stream().mapToLong(s -> s.dropped(cause)).sum();
    }

    /**
     * Part of a lesion's time in which it looked the same.
     *
     * @param from first stretch
     * @param to stretch after the last
     * @param lesionClass what most sightings of each stretch were assessed as, the more serious one of a tie
     */
    record Run(int from, int to, LesionClass lesionClass) {}

    List<Run> runs(int lesion) {
        SortedMap<Integer, int[]> cells = lesions.getOrDefault(lesion, new TreeMap<>());
        List<Run> runs = new ArrayList<>();
        cells.forEach((cell, counts) -> {
            LesionClass most = LesionClass.BENIGN;
            for (LesionClass c : LesionClass.values()) {
                if (counts[c.ordinal()] >= counts[most.ordinal()]) {
                    most = c;
                }
            }
            Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
            if (last != null && last.lesionClass() == most && unbroken(last.to(), cell)) {
                runs.set(runs.size() - 1, new Run(last.from(), cell + 1, most));
            } else {
                runs.add(new Run(cell, cell + 1, most));
            }
        });
        return runs;
    }

    /** Whether no frame was examined between two stretches, and they are apart only as they are shorter than the time between frames. */
    private boolean unbroken(int from, int to) {
        return to - from <= Math.ceil(gapSeconds() / stretchSeconds())
                && stretches().subList(from, to).stream().allMatch(s -> s.frames() == 0);
    }

    /** Time without a frame or sighting from which on a line is broken: three times the usual one between two frames. */
    double gapSeconds() {
        long frames = stretches().stream().mapToLong(Stretch::frames).sum();
        return 3 * stretchSeconds() * used / Math.max(1, frames);
    }

    /** The best look of a lesion in parts of the picture's width and height. */
    Optional<Box> bestLook(int lesion) {
        return Optional.ofNullable(bestLooks.get(lesion));
    }

    /** Sightings with their centre in each cell of the picture, by row and column. */
    int[][] positions() {
        return positions;
    }

    /** Sightings by detection score. */
    int[] scores(LesionClass lesionClass) {
        return scores[lesionClass.ordinal()];
    }

    /** Sightings by probability of melanoma. */
    int[] melanoma() {
        return melanoma;
    }

    /** Height of the last picture over its width. */
    double aspect() {
        return lastWidth == 0 ? 1 : (double) lastHeight / lastWidth;
    }
}
