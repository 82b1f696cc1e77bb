package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.ElementType;
import io.derm.api.ModelException;
import io.derm.api.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputPairsTest {
    @Test
    void result_knownNumbers_areTheHandComputedErrors() {
        RawOutput a = output("x", 3, -4, 0, 12);
        RawOutput b = output("x", 3, -3, 2, 10);
        OutputDifference d = difference(a, b);
        // Errors 0, 1, 2, 2; squares of a 9 + 16 + 144 = 169, of b 9 + 9 + 4 + 100 = 122; products 9 + 12 + 120 = 141.
        assertThat(d.compared()).isEqualTo(4);
        assertThat(d.maxAbsolute()).isEqualTo(2);
        assertThat(d.meanAbsolute()).isEqualTo(1.25);
        assertThat(d.relativeRms()).isCloseTo(3.0 / 13, within(1e-12));
        assertThat(d.decibels()).isCloseTo(-12.7365, within(1e-3));
        assertThat(d.relativeMax()).isCloseTo(2.0 / 12, within(1e-12));
        assertThat(d.cosine()).isCloseTo(141 / Math.sqrt(169 * 122), within(1e-12));
        assertThat(d.unlike()).isZero();
    }

    @Test
    void result_twoImages_isOverBoth() {
        OutputPairs pairs = OutputPairs.of("a", List.of(output("x", 1)), "b", List.of(output("x", 1)));
        pairs.add(List.of(output("x", 1)), List.of(output("x", 2)));
        pairs.add(List.of(output("x", 8)), List.of(output("x", 5)));
        OutputDifference d = pairs.result().get(0);
        assertThat(d.compared()).isEqualTo(2);
        assertThat(d.maxAbsolute()).isEqualTo(3);
        assertThat(d.meanAbsolute()).isEqualTo(2);
        assertThat(d.relativeMax()).isEqualTo(3.0 / 8);
    }

    @Test
    void result_notFinite_isCountedAndLeftOut() {
        float inf = Float.POSITIVE_INFINITY;
        OutputDifference d =
                difference(output("x", Float.NaN, inf, 1, inf, 2), output("x", Float.NaN, inf, Float.NaN, -inf, 2));
        assertThat(d.compared()).isEqualTo(1);
        assertThat(d.maxAbsolute()).isZero();
        assertThat(d.nonFiniteA()).isEqualTo(3);
        assertThat(d.nonFiniteB()).isEqualTo(4);
        assertThat(d.unlike()).isEqualTo(2);
    }

    @Test
    void result_referenceOfZeros_isInfinitelyFar() {
        OutputDifference d = difference(output("x", 0, 0), output("x", 0, 1));
        assertThat(d.relativeMax()).isInfinite();
        assertThat(d.relativeRms()).isInfinite();
        assertThat(d.cosine()).isZero();
        assertThat(difference(output("x", 0), output("x", 0)).cosine()).isEqualTo(1);
    }

    @Test
    void of_otherOrder_matchesByName() {
        List<RawOutput> a = List.of(output("x", 1, 2), output("y", 5, 6));
        List<RawOutput> b = List.of(output("y", 5, 6), output("x", 1, 4));
        OutputPairs pairs = OutputPairs.of("a", a, "b", b);
        pairs.add(a, b);
        assertThat(pairs.result()).extracting(OutputDifference::name).containsExactly("x", "y");
        assertThat(pairs.result()).extracting(OutputDifference::maxAbsolute).containsExactly(2.0, 0.0);
    }

    @Test
    void of_otherNames_matchesByPlace() {
        List<RawOutput> a = List.of(output("x", 1, 2), output("y", 5, 6, 7));
        List<RawOutput> b = List.of(output("u", 1, 2), output("v", 5, 6, 9));
        OutputPairs pairs = OutputPairs.of("a", a, "b", b);
        pairs.add(a, b);
        assertThat(pairs.result()).extracting(OutputDifference::nameInB).containsExactly("u", "v");
        assertThat(pairs.result().get(1).maxAbsolute()).isEqualTo(2);
    }

    @Test
    void of_otherNamesAndShapes_isOneClearError() {
        assertThatThrownBy(
                        () -> OutputPairs.of("a.onnx", List.of(output("x", 1)), "b.onnx", List.of(output("u", 1, 2))))
                .isInstanceOf(ModelException.class)
                .hasMessage(
                        "[DERM-258] Outputs of a.onnx are [x [1, 1]] and those of b.onnx [u [1, 2]], expected the same"
                                + " names or the same shapes. Remedy: Compare models of one network and one way of writing its"
                                + " outputs.");
        assertThatThrownBy(
                        () -> OutputPairs.of("a.onnx", List.of(output("x", 1)), "b.onnx", List.of(output("x", 1, 2))))
                .isInstanceOf(ModelException.class);
    }

    @Test
    void rawOutput_ofAFixedBatch_isItsFirstElement() {
        Tensor tensor = Tensor.allocate("x", ElementType.FLOAT32, 4, 2);
        tensor.floats().put(new float[] {1, 2, 3, 4, 5, 6, 7, 8}).flip();
        RawOutput output = RawOutput.of(tensor, 4);
        assertThat(output.shape()).containsExactly(1, 2);
        assertThat(output.elements()).isEqualTo(2);
        assertThat(RawOutput.of(tensor, 1).elements()).isEqualTo(8);
    }

    @Test
    void rawOutput_ofIntegers_readsThem() {
        Tensor bytes = Tensor.allocate("x", ElementType.UINT8, 1, 1);
        bytes.bytes().put(0, (byte) 200);
        assertThat(RawOutput.of(bytes, 1).get(0)).isEqualTo(200);
        Tensor longs = Tensor.allocate("x", ElementType.INT64, 1, 1);
        longs.bytes().putLong(0, -7);
        assertThat(RawOutput.of(longs, 1).get(0)).isEqualTo(-7);
    }

    private static OutputDifference difference(RawOutput a, RawOutput b) {
        OutputPairs pairs = OutputPairs.of("a", List.of(a), "b", List.of(b));
        pairs.add(List.of(a), List.of(b));
        return pairs.result().get(0);
    }

    private static RawOutput output(String name, float... values) {
        return new RawOutput(name, List.of(1, values.length), values.length, i -> values[i]);
    }
}
