package io.derm.samples;

import io.derm.api.ElementType;
import io.derm.api.Signature;
import io.derm.api.TensorInfo;
import io.derm.onnx.DataType;
import io.derm.onnx.ModelReport;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.OnnxValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        description =
                "Tells what an ONNX model is made of: inputs, outputs, task, operators, weights, work, precision.",
        footer = Derm.RESEARCH_USE)
final class InspectCommand implements Callable<Integer> {
    @Parameters(arity = "1", paramLabel = "MODEL", description = ModelArgument.DESCRIPTION)
    private String model = "";

    @Option(names = "--json", description = "As JSON on standard output.")
    private boolean json;

    @Override
    public Integer call() {
        OnnxModel onnx = ModelArgument.onnx(ModelArgument.of(model));
        ModelReport report = recognise(ModelReport.of(onnx), onnx);
        System.out.println(json ? report.toJson() : report.toText());
        return 0;
    }

    private static ModelReport recognise(ModelReport report, OnnxModel onnx) {
        Optional<ModelTask> found = signature(onnx).map(s -> ModelTask.of(s, onnx.name()));
        ModelReport recognised = report;
        if (found.isPresent() && found.get().name().isPresent()) {
            recognised = recognised.recognised("task", found.get().name().get());
        }
        if (found.isPresent() && found.get().layout().isPresent()) {
            recognised = recognised.recognised("layout", found.get().layout().get());
        }
        return recognised;
    }

    /** What a runtime would report; empty where a shape or type is not known before it runs. */
    private static Optional<Signature> signature(OnnxModel onnx) {
        List<TensorInfo> inputs = new ArrayList<>();
        List<TensorInfo> outputs = new ArrayList<>();
        for (OnnxValue value : onnx.graph().inputs()) {
            if (!onnx.graph().initialisers().containsKey(value.name()) && !add(value, inputs)) {
                return Optional.empty();
            }
        }
        for (OnnxValue value : onnx.graph().outputs()) {
            if (!add(value, outputs)) {
                return Optional.empty();
            }
        }
        return Optional.of(new Signature(inputs, outputs, onnx.metadata()));
    }

    private static boolean add(OnnxValue value, List<TensorInfo> to) {
        Optional<ElementType> type = type(value.type());
        if (type.isEmpty() || !value.shape().ranked()) {
            return false;
        }
        List<Integer> sides =
                value.shape().dims().stream().map(Math::toIntExact).toList();
        to.add(new TensorInfo(value.name(), type.get(), sides));
        return true;
    }

    private static Optional<ElementType> type(DataType type) {
        return switch (type.label()) {
            case "float32" -> Optional.of(ElementType.FLOAT32);
            case "float16" -> Optional.of(ElementType.FLOAT16);
            case "uint8" -> Optional.of(ElementType.UINT8);
            case "int8" -> Optional.of(ElementType.INT8);
            case "int32" -> Optional.of(ElementType.INT32);
            case "int64" -> Optional.of(ElementType.INT64);
            case "bool" -> Optional.of(ElementType.BOOL);
            default -> Optional.empty();
        };
    }
}
