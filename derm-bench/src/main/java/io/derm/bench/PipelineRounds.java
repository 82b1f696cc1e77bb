package io.derm.bench;

import io.derm.bench.gate.Interval;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Times of the parts of an exam, taken in turns, and what they come to. Immutable.
 *
 * @param rounds for each round what a frame took in each part
 */
record PipelineRounds(List<Map<Part, Taken>> rounds) {
    /** What is timed. */
    enum Part {
        CAPTURE("capture alone"),
        DETECT("detection alone"),
        CLASSIFY("classification alone"),
        BOTH("both models, no loop"),
        EXAM("exam"),
        DETECT_WITHIN("  detection within it"),
        CLASSIFY_WITHIN("  classification within it");

        /** Those that have a turn of their own. */
        static final List<Part> TIMED = List.of(CAPTURE, DETECT, CLASSIFY, BOTH, EXAM);

        private final String words;

        Part(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    /**
     * Time for a frame.
     *
     * @param nanos wall time
     * @param cpuNanos CPU time of the whole process; NaN for what others run beside
     */
    record Taken(double nanos, double cpuNanos) {}

    private static final List<Part> STAGES = List.of(Part.CAPTURE, Part.DETECT, Part.CLASSIFY);

    PipelineRounds {
        rounds = rounds.stream().map(Map::copyOf).toList();
    }

    private static Taken of(Map<Part, Taken> round, Part part) {
        return Objects.requireNonNull(round.get(part));
    }

    /** Geometric mean over rounds of the wall time of a frame. */
    double nanos(Part part) {
        return Math.exp(rounds.stream()
                .mapToDouble(round -> Math.log(of(round, part).nanos()))
                .average()
                .orElseThrow());
    }

    /** Mean over rounds of the CPU time of a frame. */
    double cpuNanos(Part part) {
        return rounds.stream()
                .mapToDouble(round -> of(round, part).cpuNanos())
                .average()
                .orElseThrow();
    }

    /** CPU time of a frame in all stages. */
    double cpuNanosOfStages() {
        return STAGES.stream().mapToDouble(this::cpuNanos).sum();
    }

    /** The one that takes longest over all rounds. */
    Part slowestStage() {
        return STAGES.stream().max((a, b) -> Double.compare(nanos(a), nanos(b))).orElseThrow();
    }

    /** The share of the exam's time in which the slower of its models ran: what is missing went to waiting for the others. */
    double busy() {
        return Math.max(nanos(Part.DETECT_WITHIN), nanos(Part.CLASSIFY_WITHIN)) / nanos(Part.EXAM);
    }

    /** The exam's frame rate over that of its slowest stage alone. */
    Interval ratio() {
        return rate(Part.EXAM, slowestStage());
    }

    /** One part's frame rate over another's, paired by round; rounds are what is independent. */
    Interval rate(Part part, Part yardstick) {
        return Interval.of(rounds.stream()
                .map(round -> new double[] {
                    Math.log(of(round, yardstick).nanos() / of(round, part).nanos())
                })
                .toArray(double[][]::new));
    }
}
