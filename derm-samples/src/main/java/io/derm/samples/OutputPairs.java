package io.derm.samples;

import io.derm.api.ModelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which outputs of two models belong together: those of one name, else those of one place and shape. Confined. */
final class OutputPairs {
    private final String modelA;
    private final String modelB;
    private final int[] places;
    private final List<OutputTally> tallies = new ArrayList<>();

    private OutputPairs(String modelA, String modelB, List<RawOutput> a, List<RawOutput> b, int[] places) {
        this.modelA = modelA;
        this.modelB = modelB;
        this.places = places;
        for (int i = 0; i < places.length; i++) {
            tallies.add(new OutputTally(a.get(i).name(), b.get(places[i]).name()));
        }
    }

    /**
     * Pairs the outputs that one image gave.
     *
     * @throws ModelException if they do not go together
     */
    static OutputPairs of(String modelA, List<RawOutput> a, String modelB, List<RawOutput> b) {
        int[] places = byName(a, b).or(() -> byPlace(a, b)).orElseThrow(() -> unlike(modelA, a, modelB, b));
        OutputPairs pairs = new OutputPairs(modelA, modelB, a, b, places);
        pairs.requireSameShapes(a, b);
        return pairs;
    }

    private static Optional<int[]> byName(List<RawOutput> a, List<RawOutput> b) {
        Map<String, Integer> placeOf = new HashMap<>();
        for (int i = 0; i < b.size(); i++) {
            placeOf.put(b.get(i).name(), i);
        }
        boolean same = a.size() == b.size() && a.stream().allMatch(o -> placeOf.containsKey(o.name()));
        return same
                ? Optional.of(a.stream()
                        .mapToInt(o -> placeOf.getOrDefault(o.name(), -1))
                        .toArray())
                : Optional.empty();
    }

    private static Optional<int[]> byPlace(List<RawOutput> a, List<RawOutput> b) {
        int[] places = new int[a.size()];
        for (int i = 0; i < places.length; i++) {
            if (a.size() != b.size() || !a.get(i).shape().equals(b.get(i).shape())) {
                return Optional.empty();
            }
            places[i] = i;
        }
        return Optional.of(places);
    }

    private void requireSameShapes(List<RawOutput> a, List<RawOutput> b) {
        for (int i = 0; i < places.length; i++) {
            if (!a.get(i).shape().equals(b.get(places[i]).shape())) {
                throw unlike(modelA, a, modelB, b);
            }
        }
    }

    private static ModelException unlike(String modelA, List<RawOutput> a, String modelB, List<RawOutput> b) {
        return new ModelException(
                258,
                "Outputs of " + modelA + " are " + a + " and those of " + modelB + " " + b
                        + ", expected the same names or the same shapes",
                "Compare models of one network and one way of writing its outputs.");
    }

    /**
     * Adds what one image gave.
     *
     * @throws ModelException if it gave outputs of different shapes
     */
    void add(List<RawOutput> a, List<RawOutput> b) {
        requireSameShapes(a, b);
        for (int i = 0; i < places.length; i++) {
            tallies.get(i).add(a.get(i), b.get(places[i]));
        }
    }

    List<OutputDifference> result() {
        return tallies.stream().map(OutputTally::result).toList();
    }
}
