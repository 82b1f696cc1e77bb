package io.derm.samples;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * How far a model may be from its reference. What is empty is not held. A limit on what was not measured counts as exceeded, as
 * does one on answers that the decoder could not read. Immutable.
 *
 * @param boxPixels of {@link BoxDifference#maxCorner}
 * @param scoreDifference of {@link BoxDifference#worstScore} or {@link ProbabilityDifference#worst}
 * @param outputError of {@link OutputDifference#relativeMax} in each output, all of which must be finite or alike
 * @param drop of the mAP50 of detectors; of sensitivity and AUC for melanoma of classifiers
 */
record ComparisonLimits(
        OptionalDouble boxPixels, OptionalDouble scoreDifference, OptionalDouble outputError, OptionalDouble drop) {
    private record Drop(String of, double value) {}

    ComparisonLimits {
        require("Limit of box corners", boxPixels);
        require("Limit of score differences", scoreDifference);
        require("Limit of output errors", outputError);
        require("Limit of the drop", drop);
    }

    /** Holds nothing. */
    static ComparisonLimits none() {
        return new ComparisonLimits(
                OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty());
    }

    ComparisonLimits withDrop(double limit) {
        return new ComparisonLimits(boxPixels, scoreDifference, outputError, OptionalDouble.of(limit));
    }

    private static void require(String what, OptionalDouble limit) {
        if (limit.isPresent() && !(limit.getAsDouble() >= 0)) {
            throw new IllegalArgumentException(what + " is " + limit.getAsDouble() + ", expected 0 or more");
        }
    }

    /** A line for each limit that is exceeded, with the value and the limit. */
    List<String> exceeded(ComparisonResult r) {
        List<String> lines = new ArrayList<>();
        boxPixels.ifPresent(limit -> boxes(r, limit).ifPresent(lines::add));
        scoreDifference.ifPresent(limit -> scores(r, limit).ifPresent(lines::add));
        outputError.ifPresent(limit -> outputs(r, limit).ifPresent(lines::add));
        drop.ifPresent(limit -> drops(r, limit).ifPresent(lines::add));
        return lines;
    }

    private static Optional<String> boxes(ComparisonResult r, double limit) {
        String what = "Largest difference of a box's corner";
        if (r.boxes().isEmpty() || r.boxes().get().matched() == 0) {
            return unmeasured(what, r.boxes().isEmpty() ? "these are no detectors" : "no two boxes match", limit);
        }
        return unread(what, r, limit).or(() -> held(what, r.boxes().get().maxCorner(), " px", limit));
    }

    private static Optional<String> scores(ComparisonResult r, double limit) {
        String what = "Largest difference of a score";
        if (r.boxes().isEmpty() && r.probabilities().isEmpty()) {
            return unmeasured(what, "there is no decoder for these models", limit);
        }
        double worst = r.boxes()
                .map(BoxDifference::worstScore)
                .or(() -> r.probabilities().map(ProbabilityDifference::worst))
                .orElse(0.0);
        return unread(what, r, limit).or(() -> held(what, worst, "", limit));
    }

    private static Optional<String> outputs(ComparisonResult r, double limit) {
        String what = "Largest error of an output over its largest value";
        if (r.outputs().isEmpty()) {
            return unmeasured(what, "outputs were not compared", limit);
        }
        Optional<OutputDifference> unlike =
                r.outputs().stream().filter(o -> o.unlike() > 0).findFirst();
        if (unlike.isPresent()) {
            return Optional.of(what + " ('" + unlike.get().name() + "') is infinite, as "
                    + unlike.get().unlike() + " elements are NaN or infinite in one model alone, limit "
                    + plain(limit));
        }
        Optional<OutputDifference> empty =
                r.outputs().stream().filter(o -> o.compared() == 0).findFirst();
        if (empty.isPresent()) {
            return unmeasured(what, "'" + empty.get().name() + "' has no finite elements", limit);
        }
        OutputDifference worst = r.outputs().stream()
                .max(Comparator.comparingDouble(OutputDifference::relativeMax))
                .orElseThrow();
        return held(what + " ('" + worst.name() + "')", worst.relativeMax(), "", limit);
    }

    private static Optional<String> drops(ComparisonResult r, double limit) {
        List<Drop> drops = Stream.of(
                        r.averagePrecisionDrop().map(d -> new Drop("mAP50", d)),
                        r.sensitivityDrop().map(d -> new Drop("melanoma sensitivity", d)),
                        r.areaDrop().map(d -> new Drop("melanoma AUC", d)))
                .flatMap(Optional::stream)
                .toList();
        if (drops.isEmpty()) {
            return unmeasured("Drop of accuracy", "there are no labels for these models", limit);
        }
        // NaN compares as the largest.
        Drop worst = drops.stream().max(Comparator.comparingDouble(Drop::value)).orElseThrow();
        String what = "Drop of " + worst.of();
        return unread(what, r, limit)
                .or(() -> Double.isNaN(worst.value())
                        ? unmeasured(what, "the labels are not of both melanomas and others", limit)
                        : held(what, worst.value(), "", limit));
    }

    private static Optional<String> held(String what, double value, String unit, double limit) {
        return value <= limit
                ? Optional.empty()
                : Optional.of(what + " is " + number(value) + unit + ", limit " + plain(limit) + unit);
    }

    private static Optional<String> unmeasured(String what, String why, double limit) {
        return Optional.of(what + " was not measured, as " + why + ", limit " + plain(limit));
    }

    private static Optional<String> unread(String what, ComparisonResult r, double limit) {
        return Stream.of(r.models().a(), r.models().b())
                .filter(m -> m.unread() > 0)
                .findFirst()
                .flatMap(m -> unmeasured(
                        what,
                        "of " + r.images() + " answers of " + m.name() + " " + m.unread() + " could not be read ("
                                + m.whyUnread().orElse("") + ")",
                        limit));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.6g", value);
    }

    private static String plain(double limit) {
        return limit == Math.rint(limit) && limit < 1e9 ? Long.toString((long) limit) : Double.toString(limit);
    }
}
