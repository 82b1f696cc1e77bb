package io.derm.ort;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ONNX Runtime that derm depends on sends nothing anywhere: its library does not hold the address it would send to. */
class TelemetryTest {
    @ParameterizedTest
    @ValueSource(strings = {"linux-x64/libonnxruntime.so", "linux-aarch64/libonnxruntime.so"})
    void library_ofTheJar_hasNoUploader(String library) throws Exception {
        try (InputStream in =
                Objects.requireNonNull(OrtEnvironment.class.getResourceAsStream("/ai/onnxruntime/native/" + library))) {
            String bytes = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(bytes.contains("CreateSession")).as("readable").isTrue();
            assertThat(bytes.contains("events.data.microsoft.com")).isFalse();
        }
    }
}
