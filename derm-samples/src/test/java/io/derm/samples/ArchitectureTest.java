package io.derm.samples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the code to the picture in docs/architecture.md. */
class ArchitectureTest {
    private static final JavaClasses DERM = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            // Nor the test jars of other modules, which it knows as folders alone.
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("io.derm");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "api",
                "ort",
                "trt",
                "onnx",
                "yolo",
                "effnet",
                "capture",
                "phantom",
                "models",
                "pipeline",
                "samples"
            })
    void import_everyRoom_isSeen(String room) {
        assertThat(DERM.stream().filter(c -> c.getPackageName().equals("io.derm." + room)))
                .isNotEmpty();
    }

    @Test
    void api_usesNothing_butJavaAndJspecify() {
        classes()
                .that()
                .resideInAPackage("io.derm.api..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.derm.api..", "java..", "org.jspecify..")
                .check(DERM);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ort", "trt", "onnx", "yolo", "effnet", "capture", "phantom", "models", "pipeline"})
    void room_ofDerm_seesOnlyTheApi(String room) {
        for (String other : new String[] {
            "ort", "trt", "onnx", "yolo", "effnet", "capture", "phantom", "models", "pipeline", "samples", "bench"
        }) {
            // TensorRT's runtime reads a model's inputs as ONNX before it builds anything.
            if (!other.equals(room) && !(room.equals("trt") && other.equals("onnx"))) {
                noClasses()
                        .that()
                        .resideInAPackage("io.derm." + room + "..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("io.derm." + other + "..")
                        .check(DERM);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "org.bytedeco.., io.derm.capture..;io.derm.trt..",
        "org.bytedeco.ffmpeg.., io.derm.capture..",
        "org.bytedeco.cuda.., io.derm.trt..",
        "org.bytedeco.tensorrt.., io.derm.trt..",
        "ai.onnxruntime.., io.derm.ort..",
        "ai.onnx.proto.., io.derm.onnx..",
        "com.google.protobuf.., io.derm.onnx..",
        "com.google.inject.., io.derm.samples..",
        "org.snakeyaml.., io.derm.samples..",
        "io.micrometer.., io.derm.pipeline..;io.derm.samples..",
        "io.micrometer.prometheusmetrics.., io.derm.samples..",
        "io.javalin.., io.derm.samples.live..",
        "org.eclipse.jetty.., io.derm.samples.live..",
        "picocli.., io.derm.samples.."
    })
    void library_isConfined_toItsRooms(String library, String rooms) {
        noClasses()
                .that()
                .resideOutsideOfPackages(rooms.split(";", -1))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(DERM);
    }
}
