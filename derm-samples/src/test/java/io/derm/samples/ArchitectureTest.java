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
            .importPackages("io.derm");

    @ParameterizedTest
    @ValueSource(
            strings = {"api", "ort", "onnx", "yolo", "effnet", "capture", "phantom", "models", "pipeline", "samples"})
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
    @ValueSource(strings = {"ort", "onnx", "yolo", "effnet", "capture", "phantom", "models", "pipeline"})
    void room_ofDerm_seesOnlyTheApi(String room) {
        for (String other : new String[] {
            "ort", "onnx", "yolo", "effnet", "capture", "phantom", "models", "pipeline", "samples", "bench"
        }) {
            if (!other.equals(room)) {
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
        "org.bytedeco.., io.derm.capture..",
        "ai.onnxruntime.., io.derm.ort..",
        "ai.onnx.proto.., io.derm.onnx..",
        "com.google.protobuf.., io.derm.onnx..",
        "com.google.inject.., io.derm.samples..",
        "picocli.., io.derm.samples.."
    })
    void library_isConfined_toItsRoom(String library, String room) {
        noClasses()
                .that()
                .resideOutsideOfPackage(room)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(DERM);
    }
}
