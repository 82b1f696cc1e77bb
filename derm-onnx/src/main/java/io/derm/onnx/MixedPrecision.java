package io.derm.onnx;

import io.derm.api.InferenceException;
import io.derm.api.InferenceRuntime;
import io.derm.api.ModelException;
import io.derm.api.SessionOptions;
import io.derm.onnx.PrecisionReport.Node;
import io.derm.onnx.PrecisionRules.Choice;
import io.derm.onnx.PrecisionRules.Verdict;
import io.derm.onnx.PrecisionWriter.Written;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Converts a float32 model to float16 or bfloat16 where that is safe, by the rules of ModelOpt's AutoCast: a node stays float32 if it is named,
 * if its operator has not the type, if one of its constants is over the largest number of the type, or if an input or output was over a
 * limit on samples. Casts stand where tensors go from one kind of node to the other; the inputs and outputs of the model stay float32.
 * docs/precision.md has the rules in full. Immutable, thread-safe.
 */
public final class MixedPrecision {
    private static final float AUTOCAST_LIMIT = 512;

    private final SixteenBits type;
    private final float maxValue;
    private final List<String> kept;
    private final Optional<List<String>> only;
    private final boolean convertsIo;
    private final boolean emulates;
    private final OptionalDouble tolerance;

    private MixedPrecision(
            SixteenBits type,
            float maxValue,
            Collection<String> kept,
            Optional<List<String>> only,
            boolean convertsIo,
            boolean emulates,
            OptionalDouble tolerance) {
        this.type = type;
        this.maxValue = maxValue;
        this.kept = List.copyOf(kept);
        this.only = only;
        this.convertsIo = convertsIo;
        this.emulates = emulates;
        this.tolerance = tolerance;
    }

    /**
     * What a conversion makes.
     *
     * @param model the converted one
     * @param report which nodes are of which type and why
     */
    public record Converted(OnnxModel model, PrecisionReport report) {}

    /**
     * Converts to that type, with 512 as the limit of activations for float16 and none for bfloat16, which has the range of float32.
     *
     * @param type {@link DataType#FLOAT16} or {@link DataType#BFLOAT16}
     * @throws IllegalArgumentException if it is another one
     */
    public static MixedPrecision to(DataType type) {
        SixteenBits t = SixteenBits.of(type);
        return new MixedPrecision(
                t,
                t == SixteenBits.FLOAT16 ? AUTOCAST_LIMIT : t.max(),
                List.of(),
                Optional.empty(),
                false,
                false,
                OptionalDouble.empty());
    }

    /**
     * The largest magnitude that an input or output of a node may have on the samples.
     *
     * @throws IllegalArgumentException if it is not over 0
     */
    public MixedPrecision withMaxValue(float limit) {
        if (!(limit > 0)) {
            throw new IllegalArgumentException("Limit is " + limit + ", expected one over 0");
        }
        return new MixedPrecision(type, limit, kept, only, convertsIo, emulates, tolerance);
    }

    /** Nodes that stay float32, by name; {@code *} stands for any characters. They go before {@link #only}. */
    public MixedPrecision keeping(Collection<String> names) {
        return new MixedPrecision(type, maxValue, names, only, convertsIo, emulates, tolerance);
    }

    /** The only nodes that may be converted, by name; {@code *} stands for any characters. */
    public MixedPrecision only(Collection<String> names) {
        return new MixedPrecision(
                type, maxValue, kept, Optional.of(List.copyOf(names)), convertsIo, emulates, tolerance);
    }

    /** Whether the float32 inputs and outputs of the model become 16 bits too. */
    public MixedPrecision convertingInputsAndOutputs(boolean convert) {
        return new MixedPrecision(type, maxValue, kept, only, convert, emulates, tolerance);
    }

    /**
     * Whether to write a float32 model that rounds wherever the converted one would, by a cast there and back, and computes in float32 in
     * between, as tensor cores sum up. With it the accuracy of 16 bits is measured where a runtime has no kernels for them; ONNX Runtime on the
     * CPU computes float16 models in float32 and leaves out the casts. Its inputs and outputs are float32.
     */
    public MixedPrecision emulating(boolean emulate) {
        return new MixedPrecision(type, maxValue, kept, only, convertsIo, emulate, tolerance);
    }

    /**
     * Looks for a smallest set of further nodes to keep float32 so that no output on the samples differs from float32 by more than this part of
     * its largest magnitude on any of them. The search runs emulations, see {@link #emulating}.
     *
     * @throws IllegalArgumentException if it is not over 0
     */
    public MixedPrecision withinTolerance(double relative) {
        if (!(relative > 0)) {
            throw new IllegalArgumentException("Tolerance is " + relative + ", expected one over 0");
        }
        return new MixedPrecision(type, maxValue, kept, only, convertsIo, emulates, OptionalDouble.of(relative));
    }

    /**
     * Converts a model, with the limit of activations held on samples.
     *
     * @param model whose weights and activations are float32; nodes in int8 stay what they are
     * @param runtime that runs the model in float32, and emulations of it where there is a tolerance
     * @param samples pictures of the kind that it will meet, one at least
     * @throws IllegalArgumentException if a name given is of none of its nodes
     * @throws InferenceException if a tensor holds a number that is not finite, or no set of nodes meets the tolerance
     * @throws ModelException if the model is not ONNX that can be worked on
     */
    public Converted convert(
            OnnxModel model, InferenceRuntime runtime, SessionOptions options, Samples samples, Progress progress) {
        OnnxModel simple = prepared(model);
        requireNodes(model, simple);
        PrecisionRules rules = new PrecisionRules(
                simple, choice(), magnitudes(simple, model.name(), runtime, options, samples, progress));
        Set<String> sensitive = Set.of();
        if (tolerance.isPresent()) {
            sensitive = new PrecisionSearch(simple, type, rules, runtime, options, samples, progress)
                    .find(tolerance.getAsDouble())
                    .orElseThrow(() -> new InferenceException(
                            101,
                            "Model " + model.name() + " leaves the tolerance of " + tolerance.getAsDouble()
                                    + " even with every node in float32, expected the same outputs in each run",
                            "Give a larger tolerance."));
        }
        return written(model, simple, rules, sensitive);
    }

    /**
     * Converts a model without running it: activations are taken to be within the limit.
     *
     * @throws IllegalArgumentException if a name given is of none of its nodes
     * @throws IllegalStateException if a tolerance is set, which takes samples
     * @throws ModelException if the model is not ONNX that can be worked on
     */
    public Converted convert(OnnxModel model) {
        if (tolerance.isPresent()) {
            throw new IllegalStateException("There is a tolerance and no samples, expected samples to hold it on");
        }
        OnnxModel simple = prepared(model);
        requireNodes(model, simple);
        return written(model, simple, new PrecisionRules(simple, choice(), Map.of()), Set.of());
    }

    /** Names may be those of the model as it came or with constants folded. */
    private void requireNodes(OnnxModel model, OnnxModel simple) {
        NodeNames.require(kept, model, simple);
        only.ifPresent(names -> NodeNames.require(names, model, simple));
    }

    private Choice choice() {
        return new Choice(type, new NodeNames(kept), only.map(NodeNames::new), maxValue, convertsIo);
    }

    /** The model with constants folded, at the oldest opset at which the most of its operators have the type. */
    private OnnxModel prepared(OnnxModel model) {
        OnnxModel simple = Simplifier.simplify(model);
        OperatorSchemas schemas = OperatorSchemas.read();
        Map<String, OnnxValue> values = simple.graph().infer();
        long best = simple.opset();
        long fewest = Long.MAX_VALUE;
        for (long opset = simple.opset(); opset <= Math.max(simple.opset(), OpsetUpgrade.NEWEST); opset++) {
            if ((opset > simple.opset() && opset < 13)
                    || OpsetUpgrade.obstacle(opset, simple).isPresent()) {
                continue;
            }
            long at = opset;
            long without = simple.graph().nodes().stream()
                    .filter(n -> PrecisionRules.touchesFloat(n, values)
                            && !LowPositions.of(n, at, type.type(), schemas, values)
                                    .obstacle()
                                    .isEmpty())
                    .count();
            if (without < fewest) {
                fewest = without;
                best = opset;
            }
        }
        return OpsetUpgrade.toAtLeast(best, simple);
    }

    private static Map<String, Float> magnitudes(
            OnnxModel simple,
            String name,
            InferenceRuntime runtime,
            SessionOptions options,
            Samples samples,
            Progress progress) {
        Map<String, OnnxValue> values = simple.graph().infer();
        Set<String> tensors = new HashSet<>();
        simple.graph().nodes().forEach(n -> {
            tensors.addAll(n.getInputList());
            tensors.addAll(n.getOutputList());
        });
        tensors.removeIf(t -> !values.containsKey(t)
                || values.get(t).type() != DataType.FLOAT
                || simple.graph().initialisers().containsKey(t));
        Map<String, Float> magnitudes = new HashMap<>();
        new Activations(simple, runtime, options, samples)
                .observe(
                        tensors.stream().sorted().toList(),
                        (tensor, floats, sample) -> {
                            float most = 0;
                            for (int i = 0; i < floats.limit(); i++) {
                                float v = Math.abs(floats.get(i));
                                if (!Float.isFinite(v)) {
                                    throw new InferenceException(
                                            100,
                                            "Tensor '" + tensor + "' of " + name + " has " + floats.get(i)
                                                    + " on sample " + sample + ", expected finite numbers",
                                            "Check the model in float32 on these pictures before converting it.");
                                }
                                most = Math.max(most, v);
                            }
                            magnitudes.merge(tensor, most, Math::max);
                        },
                        progress);
        return magnitudes;
    }

    private Converted written(OnnxModel model, OnnxModel simple, PrecisionRules rules, Set<String> sensitive) {
        Map<String, Verdict> verdicts = rules.decide(sensitive);
        Written w = PrecisionWriter.write(simple, type, rules.positions(), verdicts, convertsIo, emulates);
        List<Node> nodes = new ArrayList<>();
        rules.nodes().forEach(n -> {
            Verdict v = verdicts.getOrDefault(n.getName(), Verdict.LOW);
            nodes.add(new Node(
                    n.getName(), n.getOpType(), v.low() ? type.type() : DataType.FLOAT, v.reason(), v.detail()));
        });
        return new Converted(
                w.model(),
                new PrecisionReport(model.name(), type.type(), w.model().opset(), nodes, w.casts(), w.raised()));
    }

    @Override
    public String toString() {
        return type.type().label() + ", activations up to " + maxValue
                + (kept.isEmpty() ? "" : ", without " + String.join(" ", kept))
                + only.map(o -> ", only " + o.stream().collect(Collectors.joining(" ")))
                        .orElse("")
                + (convertsIo ? ", inputs and outputs too" : "")
                + (tolerance.isPresent() ? ", within " + tolerance.getAsDouble() : "")
                + (emulates ? ", emulated in float32" : "");
    }
}
