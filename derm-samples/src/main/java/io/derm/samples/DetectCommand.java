package io.derm.samples;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.inject.Guice;
import com.google.inject.Injector;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.InferenceRuntime;
import io.derm.api.SessionOptions;
import io.derm.samples.wiring.DetectorModule;
import io.derm.samples.wiring.Parts;
import io.derm.samples.wiring.RuntimeModule;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "detect",
        mixinStandardHelpOptions = true,
        description = "Finds objects in images: one line of JSON an image on standard output.",
        footer = Derm.RESEARCH_USE)
final class DetectCommand implements Callable<Integer> {
    private static final String DETECTOR = "detector";

    @Parameters(arity = "1..*", paramLabel = "IMAGE")
    private List<String> images = List.of();

    @Option(
            names = {"--model", "--detector"},
            paramLabel = "FILE",
            description = "ONNX model (default: the demo model).")
    private @Nullable Path model;

    @Mixin
    private final DetectionOptions detectionOptions = new DetectionOptions();

    @Mixin
    private final RuntimeOption runtimeOption = new RuntimeOption();

    @Mixin
    private final RuntimeProperties runtimeProperties = new RuntimeProperties();

    @Mixin
    private final ConfigOption configOption = new ConfigOption();

    @Mixin
    private final PrecisionOption precisionOption = new PrecisionOption();

    @Override
    public Integer call() throws Exception {
        InferenceRuntime runtime = runtimeOption.find();
        runtimeProperties.check(Map.of(DETECTOR, runtime));
        Injector injector = Guice.createInjector(
                new RuntimeModule(runtime),
                new DetectorModule(
                        () -> precisionOption.detector(Optional.ofNullable(model), runtime),
                        detectionOptions.yolo(),
                        runtimeProperties.of(DETECTOR, runtime, SessionOptions.defaults())));
        try (Detector detector = Parts.get(injector, Detector.class)) {
            return ImageJob.run(images, (name, frame) -> System.out.println(json(name, frame, detector.detect(frame))));
        }
    }

    static String json(String name, Frame frame, List<Detection> detections) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator g = new JsonFactory().createGenerator(text)) {
            g.writeStartObject();
            g.writeStringField("image", name);
            g.writeNumberField("width", frame.width());
            g.writeNumberField("height", frame.height());
            g.writeArrayFieldStart("detections");
            for (Detection d : detections) {
                g.writeStartObject();
                g.writeStringField("label", d.label());
                FindingsWriter.number(g, "score", d.score(), 1e4);
                g.writeFieldName("box");
                FindingsWriter.box(g, d.box());
                g.writeEndObject();
            }
            g.writeEndArray();
            g.writeEndObject();
        }
        return text.toString();
    }
}
