package io.derm.samples;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.inject.Guice;
import com.google.inject.Injector;
import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.InferenceRuntime;
import io.derm.api.LesionClass;
import io.derm.api.SessionOptions;
import io.derm.samples.wiring.ClassifierModule;
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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "classify",
        mixinStandardHelpOptions = true,
        description = "Assesses images of a lesion, or a box in them: one line of JSON an image on standard output.",
        footer = Derm.RESEARCH_USE)
final class ClassifyCommand implements Callable<Integer> {
    private static final String CLASSIFIER = "classifier";

    @Parameters(arity = "1..*", paramLabel = "IMAGE")
    private List<String> images = List.of();

    @Option(
            names = {"--model", "--classifier"},
            paramLabel = "FILE",
            description = "ONNX model (default: the demo model).")
    private @Nullable Path model;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description = "What the model's classes count as: label=CLASS a line.")
    private @Nullable Path labels;

    @Option(
            names = "--box",
            paramLabel = "l,t,w,h",
            split = ",",
            description = "Left, top, width, height in pixels (default: the largest centred square).")
    private float @Nullable [] box;

    @Mixin
    private final RuntimeOption runtimeOption = new RuntimeOption();

    @Mixin
    private final RuntimeProperties runtimeProperties = new RuntimeProperties();

    @Mixin
    private final ConfigOption configOption = new ConfigOption();

    @Mixin
    private final PrecisionOption precisionOption = new PrecisionOption();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Optional<Box> region = region();
        InferenceRuntime runtime = runtimeOption.find();
        runtimeProperties.check(Map.of(CLASSIFIER, runtime));
        Injector injector = Guice.createInjector(
                new RuntimeModule(runtime),
                new ClassifierModule(
                        () -> precisionOption.classifier(Optional.ofNullable(model), runtime),
                        Optional.ofNullable(labels),
                        runtimeProperties.of(CLASSIFIER, runtime, SessionOptions.defaults())));
        try (Classifier classifier = Parts.get(injector, Classifier.class)) {
            return ImageJob.run(images, (name, frame) -> {
                Box assessed = region.orElse(frame.bounds());
                if (assessed.clip(frame.bounds()).isEmpty()) {
                    throw ImageJob.outside(java.util.Arrays.toString(box), frame);
                }
                System.out.println(
                        json(name, classifier.classify(frame, List.of(assessed)).get(0)));
            });
        }
    }

    private Optional<Box> region() {
        if (box == null) {
            return Optional.empty();
        }
        if (box.length != 4 || !(box[2] > 0) || !(box[3] > 0)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--box is " + java.util.Arrays.toString(box)
                            + ", expected left,top,width,height with a size over 0");
        }
        return Optional.of(Box.ofSize(box[0], box[1], box[2], box[3]));
    }

    static String json(String name, Assessment assessment) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator g = new JsonFactory().createGenerator(text)) {
            g.writeStartObject();
            g.writeStringField("image", name);
            g.writeStringField("class", assessment.lesionClass().name());
            FindingsWriter.number(g, "noLesion", assessment.noLesion(), 1e4);
            g.writeObjectFieldStart("probabilities");
            for (LesionClass c : LesionClass.values()) {
                FindingsWriter.number(g, c.name(), assessment.probability(c), 1e4);
            }
            g.writeEndObject();
            g.writeObjectFieldStart("labels");
            for (Map.Entry<String, Float> label : assessment.labels().entrySet()) {
                FindingsWriter.number(g, label.getKey(), label.getValue(), 1e4);
            }
            g.writeEndObject();
            g.writeEndObject();
        }
        return text.toString();
    }
}
