package io.derm.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import io.derm.api.ModelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds a model to the ONNX specification: what onnx.checker refuses, and the types on every edge of the main graph.
 *
 * <p>The rules, by the names that findings have:
 *
 * <ul>
 *   <li>{@code graph-name}: graphs have names.
 *   <li>{@code ir-version}: it is known, and the model uses nothing that is newer.
 *   <li>{@code opset-import}: every domain used is imported, the default one at opset 7 or newer; older ones are not checked further.
 *   <li>{@code metadata}: no key comes twice.
 *   <li>{@code value-info}: inputs and outputs of the main graph have names, types and shapes.
 *   <li>{@code order}: what a node takes is an input, an initialiser or made by an earlier node.
 *   <li>{@code single-assignment}: no name is made twice, also not by an initialiser and a node, nor inside a subgraph again.
 *   <li>{@code graph-output}: what a graph gives out exists.
 *   <li>{@code tensor-data}: tensors hold as many bytes, in one place, as their type and shape need.
 *   <li>{@code operator}: the default domain has the operator at this opset, not deprecated.
 *   <li>{@code inputs}, {@code outputs}: as many as the operator has, and none left out that it needs.
 *   <li>{@code attribute}: those the operator needs are there, all are of its, and of the types it says.
 *   <li>{@code operator-rule}: what else an operator asks for, e.g. Resize for scales or sizes but not both.
 *   <li>{@code quantization}: scale and zero point of Q/DQ fit one another, the axis and the opset.
 *   <li>{@code type}: the operator takes and yields that type at this opset.
 *   <li>{@code same-type}: inputs and outputs of one type variable have one type, e.g. data, weights and bias of a Conv.
 *   <li>{@code declared-type}, {@code declared-shape}: declarations agree with what the nodes yield.
 * </ul>
 *
 * <p>Operators of other domains are not known, so only their place in the graph is checked; neither are types inside of subgraphs, and
 * bodies of local functions. Sources: ONNX 1.23, docs/IR.md, onnx/checker.cc and the operator schemas of onnx/defs. Thread-safe.
 */
public final class ModelCheck {
    private static final long NEWEST_IR = 14;

    private ModelCheck() {}

    /**
     * What breaks the specification, in the order of the file; empty for a sound model. Where the graph's names, its order or its
     * tensors' data are wrong, types are not looked at.
     */
    public static List<Finding> of(OnnxModel model) {
        List<Finding> findings = new ArrayList<>();
        Map<String, Long> opsets = new HashMap<>();
        for (OperatorSetIdProto o : model.proto().getOpsetImportList()) {
            opsets.put(domain(o.getDomain()), o.getVersion());
        }
        header(model.proto(), opsets, findings);
        new GraphCheck(model, opsets, findings).run();
        return List.copyOf(findings);
    }

    /**
     * Refuses a model that breaks the specification.
     *
     * @return {@code model}
     * @throws ModelException that names the first findings
     */
    public static OnnxModel requireSound(OnnxModel model) {
        List<Finding> findings = of(model);
        if (!findings.isEmpty()) {
            throw Problems.unsound(model.name(), findings);
        }
        return model;
    }

    /** Both names of the default domain as one. */
    static String domain(String name) {
        return name.equals("ai.onnx") ? "" : name;
    }

    private static void header(ModelProto proto, Map<String, Long> opsets, List<Finding> findings) {
        long ir = proto.getIrVersion();
        if (ir < 1 || ir > NEWEST_IR) {
            findings.add(new Finding("ir-version", "model", "IR version " + ir + ", expected 1 to " + NEWEST_IR));
        } else if (ir < 3 && !opsets.isEmpty()) {
            findings.add(new Finding("ir-version", "model", "IR version " + ir + " with opset imports, expected 3"));
        } else if (ir < 8 && proto.getFunctionsCount() > 0) {
            findings.add(new Finding("ir-version", "model", "IR version " + ir + " with functions, expected 8"));
        }
        if (ir >= 3 && opsets.isEmpty()) {
            findings.add(new Finding("opset-import", "model", "no opset import, expected one for each domain"));
        }
        long opset = opsets.getOrDefault("", OperatorSchemas.OLDEST_OPSET);
        if (opset < OperatorSchemas.OLDEST_OPSET) {
            findings.add(new Finding(
                    "opset-import",
                    "model",
                    "opset " + opset + ", expected " + OperatorSchemas.OLDEST_OPSET + " or newer"));
        }
        Set<String> keys = new HashSet<>();
        for (StringStringEntryProto entry : proto.getMetadataPropsList()) {
            if (!keys.add(entry.getKey())) {
                findings.add(new Finding("metadata", "model", "key '" + entry.getKey() + "' twice, expected once"));
            }
        }
    }
}
