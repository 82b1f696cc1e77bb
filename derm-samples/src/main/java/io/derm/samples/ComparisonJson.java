package io.derm.samples;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.derm.api.LesionClass;
import io.derm.samples.ComparisonResult.Participant;
import java.util.List;

/** A comparison for programs: one JSON object. Numbers that are not finite are null. */
final class ComparisonJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ComparisonJson() {}

    static String of(ComparisonResult r, List<String> exceeded) {
        ObjectNode root = JSON.createObjectNode();
        participant(root.putObject("a"), r.models().a());
        participant(root.putObject("b"), r.models().b());
        root.put("task", r.task().orElse(null));
        root.put("images", r.images());
        root.put("crops", r.crops());
        ArrayNode notes = root.putArray("notes");
        r.notes().forEach(notes::add);
        ArrayNode outputs = root.putArray("outputs");
        r.outputs().forEach(o -> output(outputs.addObject(), o));
        r.boxes().ifPresent(d -> boxes(root.putObject("boxes"), d));
        r.probabilities().ifPresent(d -> probabilities(root.putObject("probabilities"), d));
        r.detection().ifPresent(d -> {
            ObjectNode labels = root.putObject("labels");
            labels.put("lesions", d.a().lesions());
            both(labels, "map50", d.map(DetectionResult::averagePrecision));
            both(labels, "recall", d.map(m -> m.atThreshold().recall()));
            both(labels, "falseBoxesPerImage", d.map(m -> m.atThreshold().falsePerImage()));
        });
        r.classification().ifPresent(c -> {
            ObjectNode labels = root.putObject("labels");
            labels.put("crops", c.a().crops());
            both(labels, "melanomaAuc", c.map(ClassificationResult::melanomaArea));
            both(labels, "melanomaSensitivity", c.map(ClassificationResult::melanomaSensitivity));
        });
        ArrayNode lines = root.putArray("exceeded");
        exceeded.forEach(lines::add);
        root.put("use", Derm.RESEARCH_USE);
        return root.toPrettyString();
    }

    private static void participant(ObjectNode to, Participant p) {
        to.put("model", p.name());
        to.put("runtime", p.runtime());
        to.put("inputSize", p.inputSize());
        to.put("unread", p.unread());
        p.whyUnread().ifPresent(why -> to.put("whyUnread", why));
    }

    private static void output(ObjectNode to, OutputDifference o) {
        to.put("name", o.name());
        to.put("nameInB", o.nameInB());
        to.put("elements", o.compared());
        number(to, "maxAbsolute", o.maxAbsolute());
        number(to, "meanAbsolute", o.meanAbsolute());
        number(to, "relativeRms", o.relativeRms());
        number(to, "decibels", o.decibels());
        number(to, "relativeMax", o.relativeMax());
        number(to, "cosine", o.cosine());
        to.put("nonFiniteA", o.nonFiniteA());
        to.put("nonFiniteB", o.nonFiniteB());
        to.put("unlike", o.unlike());
    }

    private static void boxes(ObjectNode to, BoxDifference d) {
        to.put("threshold", d.threshold());
        to.put("matched", d.matched());
        to.put("maxCorner", d.maxCorner());
        to.put("meanCorner", d.meanCorner());
        to.put("maxScore", d.maxScore());
        to.put("meanScore", d.meanScore());
        to.put("onlyA", d.onlyA());
        to.put("highestOnlyA", d.highestOnlyA());
        to.put("onlyB", d.onlyB());
        to.put("highestOnlyB", d.highestOnlyB());
        to.put("highestUnmatched", d.highestUnmatched());
        to.put("differing", d.differing());
    }

    private static void probabilities(ObjectNode to, ProbabilityDifference d) {
        ObjectNode max = to.putObject("max");
        ObjectNode mean = to.putObject("mean");
        for (LesionClass c : LesionClass.values()) {
            number(max, c.name(), d.max().getOrDefault(c, Double.NaN));
            number(mean, c.name(), d.mean().getOrDefault(c, Double.NaN));
        }
        to.put("images", d.images());
        to.put("differing", d.differing());
    }

    private static void both(ObjectNode to, String name, Both<Double> values) {
        ObjectNode node = to.putObject(name);
        number(node, "a", values.a());
        number(node, "b", values.b());
        number(node, "drop", values.a() - values.b());
    }

    private static void number(ObjectNode to, String name, double value) {
        if (Double.isFinite(value)) {
            to.put(name, value);
        } else {
            to.putNull(name);
        }
    }
}
