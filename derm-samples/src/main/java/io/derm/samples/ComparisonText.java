package io.derm.samples;

import io.derm.api.LesionClass;
import io.derm.samples.ComparisonResult.Participant;
import java.util.Formatter;
import java.util.Locale;

/** A comparison for people: a text table. */
final class ComparisonText {
    private final ComparisonResult result;
    private final Formatter out = new Formatter(new StringBuilder(), Locale.ROOT);

    private ComparisonText(ComparisonResult result) {
        this.result = result;
    }

    static String of(ComparisonResult result) {
        ComparisonText text = new ComparisonText(result);
        text.write();
        return text.out.toString();
    }

    private void write() {
        participant("A", result.models().a());
        participant("B", result.models().b());
        out.format(
                "  %s, %d %s%n",
                result.task().orElse("task not recognised"), result.images(), result.crops() ? "crops" : "images");
        result.notes().forEach(note -> out.format("  note: %s%n", note));
        if (!result.outputs().isEmpty()) {
            outputs();
        }
        result.boxes().ifPresent(this::boxes);
        result.probabilities().ifPresent(this::probabilities);
        result.detection().ifPresent(this::detection);
        result.classification().ifPresent(this::classification);
    }

    private void participant(String letter, Participant p) {
        out.format("%s %s by %s, %s%n", letter, p.name(), p.runtime(), p.inputSize());
        if (p.unread() > 0) {
            out.format(
                    "  on %d images its outputs cannot be read: %s%n",
                    p.unread(), p.whyUnread().orElse(""));
        }
    }

    private void outputs() {
        out.format(
                "%-24s %11s %11s %11s %11s %8s %10s %10s%n",
                "output, error of B", "largest", "of largest", "mean", "RMS of RMS", "dB", "cosine", "elements");
        for (OutputDifference o : result.outputs()) {
            String name = o.name().equals(o.nameInB()) ? o.name() : o.name() + " = " + o.nameInB();
            out.format(
                    "  %-22s %11.4g %11.4g %11.4g %11.4g %8s %10.7f %10d%n",
                    name,
                    o.maxAbsolute(),
                    o.relativeMax(),
                    o.meanAbsolute(),
                    o.relativeRms(),
                    o.relativeRms() == 0 ? "-inf" : String.format(Locale.ROOT, "%.1f", o.decibels()),
                    o.cosine(),
                    o.compared());
            if (o.nonFiniteA() + o.nonFiniteB() > 0) {
                out.format(
                        "    NaN or infinite: %d in A, %d in B; only in one or different: %d%n",
                        o.nonFiniteA(), o.nonFiniteB(), o.unlike());
            }
        }
    }

    private void boxes(BoxDifference d) {
        out.format("boxes over score %.2f%n", d.threshold());
        out.format("  %-22s %d%n", "matched", d.matched());
        out.format("  %-22s largest %.4f px, mean %.4f px%n", "corners differ by", d.maxCorner(), d.meanCorner());
        out.format("  %-22s largest %.6f, mean %.6f%n", "scores differ by", d.maxScore(), d.meanScore());
        only("only in A", d.onlyA(), d.highestOnlyA());
        only("only in B", d.onlyB(), d.highestOnlyB());
        out.format("  %-22s %d of %d images%n", "answer differs in", d.differing(), d.images());
    }

    private void only(String what, int count, double highest) {
        out.format(
                "  %-22s %d%s%n",
                what, count, count == 0 ? "" : String.format(Locale.ROOT, ", highest score %.4f", highest));
    }

    private void probabilities(ProbabilityDifference d) {
        out.format("probabilities%n");
        for (LesionClass c : LesionClass.values()) {
            if (d.images() > 0) {
                out.format(
                        "  %-22s largest %.6f, mean %.6f%n",
                        c + " differs by",
                        d.max().getOrDefault(c, 0.0),
                        d.mean().getOrDefault(c, 0.0));
            }
        }
        out.format(
                "  %-22s %d of %d %s%n",
                "class differs in", d.differing(), d.images(), result.crops() ? "crops" : "images");
    }

    private void detection(Both<DetectionResult> d) {
        out.format("%-24s %9s %9s %9s%n", "labels: " + d.a().lesions() + " lesions", "A", "B", "drop");
        row("mAP50", d.map(DetectionResult::averagePrecision));
        String at = String.format(Locale.ROOT, " at score %.2f", d.a().threshold());
        row("recall" + at, d.map(r -> r.atThreshold().recall()));
        Both<Double> wrong = d.map(r -> r.atThreshold().falsePerImage());
        out.format("  %-22s %9.4f %9.4f%n", "false boxes an image", wrong.a(), wrong.b());
    }

    private void classification(Both<ClassificationResult> c) {
        out.format("%-24s %9s %9s %9s%n", "labels: " + c.a().crops() + " crops", "A", "B", "drop");
        row("melanoma AUC", c.map(ClassificationResult::melanomaArea));
        row("melanoma sensitivity", c.map(ClassificationResult::melanomaSensitivity));
        out.format("    at specificity %.2f%n", ClassificationResult.SPECIFICITY);
    }

    private void row(String what, Both<Double> values) {
        out.format("  %-22s %9.4f %9.4f %+9.4f%n", what, values.a(), values.b(), values.a() - values.b());
    }
}
