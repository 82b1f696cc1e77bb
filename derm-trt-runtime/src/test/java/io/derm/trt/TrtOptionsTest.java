package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.SessionOptions;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrtOptionsTest {
    private static TrtOptions of(Map<String, String> properties) {
        return TrtOptions.of(new SessionOptions(0, 32, properties));
    }

    @Test
    void of_noProperties_isTheDefaults() {
        TrtOptions options = of(Map.of());
        assertThat(options.device()).isZero();
        assertThat(options.plan()).isEmpty();
        assertThat(options.optimizationLevel()).isEqualTo(3);
        assertThat(options.workspaceMib()).isZero();
        assertThat(options.tf32()).isTrue();
        assertThat(options.compatibility()).isEqualTo(TrtOptions.Compatibility.NONE);
        assertThat(options.tiling()).isEqualTo(TrtOptions.Tiling.NONE);
        assertThat(options.batch()).isEqualTo(8);
        assertThat(options.cudaGraph()).isTrue();
        assertThat(options.waiting()).isEqualTo(TrtOptions.Wait.AUTO);
        assertThat(options.keepWarmMillis()).isZero();
    }

    @Test
    void of_everyProperty_isRead() {
        String digest = "AB".repeat(32);
        TrtOptions options = of(Map.ofEntries(
                Map.entry("trt.device", "1"),
                Map.entry("trt.cache", "here"),
                Map.entry("trt.plan", "m.plan"),
                Map.entry("trt.plan_sha256", digest),
                Map.entry("trt.optimization_level", "5"),
                Map.entry("trt.workspace_mib", "512"),
                Map.entry("trt.tf32", "false"),
                Map.entry("trt.hardware_compatibility", "ampere_plus"),
                Map.entry("trt.tiling", "full"),
                Map.entry("trt.batch", "16"),
                Map.entry("trt.cuda_graph", "false"),
                Map.entry("trt.wait", "block"),
                Map.entry("trt.keep_warm_millis", "50")));
        assertThat(options)
                .isEqualTo(new TrtOptions(
                        1,
                        Path.of("here"),
                        java.util.Optional.of(new TrtOptions.Validated(Path.of("m.plan"), "ab".repeat(32))),
                        5,
                        512,
                        false,
                        TrtOptions.Compatibility.AMPERE_PLUS,
                        TrtOptions.Tiling.FULL,
                        16,
                        false,
                        TrtOptions.Wait.BLOCK,
                        50));
    }

    @Test
    void of_batchOverTheSessionsLimit_isTheLimit() {
        assertThat(TrtOptions.of(new SessionOptions(0, 4, Map.of())).batch()).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource({
        "trt.devise, 1, 'trt.devise'",
        "session.intra_op.allow_spinning, 1, 'one of TensorRT''s'",
        "trt.device, first, 'whole number'",
        "trt.device, -1, 'below 0'",
        "trt.optimization_level, 6, '0 to 5'",
        "trt.tf32, yes, 'true or false'",
        "trt.tiling, most, 'none, fast, moderate, full'",
        "trt.hardware_compatibility, all, 'none, ampere_plus, same_compute_capability'",
        "trt.wait, spin, 'auto, block'",
        "trt.plan, a.plan, 'both or neither'"
    })
    void of_badValue_saysWhatWasExpected(String name, String value, String expected) {
        assertThatThrownBy(() -> of(Map.of(name, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(expected);
    }
}
