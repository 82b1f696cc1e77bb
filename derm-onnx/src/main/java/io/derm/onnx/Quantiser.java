package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Turns a calibrated model into int8, written as one runtime wants it: quantise and dequantise nodes in the graph, which every runtime understands
 * and only that one runs fast. Immutable, thread-safe.
 *
 * <p>Where the two differ and why is in docs/precision.md.
 */
public final class Quantiser {
    private static final int FULL_WEIGHT = 127;
    private static final int SAFE_WEIGHT = 64;

    /** A runtime that int8 is written for. */
    public enum Target {
        /** ONNX Runtime on x64 and arm64 CPUs. */
        ONNX_RUNTIME,
        /** TensorRT 10 and newer, explicit quantisation. */
        TENSORRT
    }

    private final Target target;
    private final RangeMethod method;
    private final boolean fullWeights;
    private final Set<String> kept;

    private Quantiser(Target target, RangeMethod method, boolean fullWeights, Set<String> kept) {
        this.target = target;
        this.method = method;
        this.fullWeights = fullWeights;
        this.kept = kept;
    }

    /** Ranges by percentile, nothing kept in float. */
    public static Quantiser to(Target target) {
        return new Quantiser(target, RangeMethod.PERCENTILE, false, Set.of());
    }

    /** How ranges are read off. */
    public Quantiser withRanges(RangeMethod m) {
        return new Quantiser(target, m, fullWeights, kept);
    }

    /**
     * Whether weights for ONNX Runtime use all of 8 bits. Without it they reach from -64 to 64: the sum of two products then fits the 16 bits
     * that x64 processors without VNNI add them up in, where larger ones would be cut off without a word. TensorRT always has all 8.
     */
    public Quantiser withFullWeights(boolean full) {
        return new Quantiser(target, method, full, kept);
    }

    /** Nodes that stay float besides those that did before, by name; {@code *} stands for any characters. */
    public Quantiser keeping(Collection<String> nodes) {
        Set<String> all = new LinkedHashSet<>(kept);
        all.addAll(nodes);
        return new Quantiser(target, method, fullWeights, all);
    }

    /** What stays float by name. */
    public Set<String> kept() {
        return Set.copyOf(kept);
    }

    /** Runtime that int8 is written for. */
    public Target target() {
        return target;
    }

    /**
     * The calibrated model in int8.
     *
     * @throws IllegalArgumentException if a name to keep is of none of its nodes
     */
    public OnnxModel quantise(Calibration calibration) {
        NodeNames.require(kept, calibration.model());
        return quantise(calibration, new NodeNames(kept)::contains);
    }

    /** The calibrated model with a single layer, and what follows it up to the next, in int8. */
    OnnxModel quantiseOnly(Calibration calibration, String layer) {
        Set<String> layers = Set.copyOf(layers(calibration));
        NodeNames names = new NodeNames(kept);
        return quantise(calibration, n -> names.contains(n) || (layers.contains(n) && !n.equals(layer)));
    }

    private OnnxModel quantise(Calibration calibration, Predicate<String> excluded) {
        return switch (target) {
            case ONNX_RUNTIME ->
                OrtQdqEmitter.emit(calibration, method, fullWeights ? FULL_WEIGHT : SAFE_WEIGHT, excluded);
            case TENSORRT -> TensorRtQdqEmitter.emit(calibration, method, excluded);
        };
    }

    /** The layers with weights that would be int8, in the order of execution: those that are worth keeping if anything is. */
    public List<String> layers(Calibration calibration) {
        OnnxModel quantised = quantise(calibration);
        Set<String> int8 = new LinkedHashSet<>();
        for (NodeProto node : quantised.graph().nodes()) {
            boolean layer = Set.of("Conv", "Gemm", "MatMul").contains(node.getOpType());
            if (layer
                    && quantised
                            .graph()
                            .producer(node.getInput(1))
                            .filter(p -> p.getOpType().equals("DequantizeLinear")
                                    && quantised.graph().initialisers().containsKey(p.getInput(0)))
                            .isPresent()) {
                int8.add(node.getName());
            }
        }
        return List.copyOf(int8);
    }
}
