package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class EngineKeyTest {
    @Test
    void text_isOneSortedLineForEachEntry() {
        assertThat(Keys.key().text()).isEqualTo("""
                        compute=9.0
                        flags=STRONGLY_TYPED,TF32
                        format=1
                        gpu=NVIDIA H200
                        hardware=none
                        level=3
                        multiprocessors=132
                        onnx=%s
                        onnx-bytes=1000000
                        os=linux-x86_64
                        pools=workspace 1073741824
                        precision=fp16
                        profiles=input 1x3x608x608
                        tensorrt=10.15.1.29
                        tiling=none
                        """.formatted("aa".repeat(32)));
    }

    @Test
    void digest_isSha256OfTheTextAndNotOfTheOrderOfBuilding() throws Exception {
        EngineKey.Builder reversed = EngineKey.builder();
        List<Map.Entry<String, String>> entries =
                List.copyOf(Keys.key().entries().entrySet());
        for (int i = entries.size() - 1; i >= 0; i--) {
            if (!entries.get(i).getKey().equals("format")) {
                reversed.with(entries.get(i).getKey(), entries.get(i).getValue());
            }
        }
        byte[] sha256 =
                MessageDigest.getInstance("SHA-256").digest(Keys.key().text().getBytes(StandardCharsets.UTF_8));
        assertThat(reversed.build()).isEqualTo(Keys.key());
        assertThat(reversed.build().digest()).isEqualTo(HexFormat.of().formatHex(sha256));
    }

    @Test
    void digest_ofAnyEntryChanged_isAnother() {
        for (String name : Keys.key().entries().keySet()) {
            if (!name.equals("format")) {
                assertThat(Keys.key(Map.of(name, "77")).digest())
                        .as(name)
                        .isNotEqualTo(Keys.key().digest());
            }
        }
    }

    @Test
    void text_ofOddValues_isReadBackByProperties() throws Exception {
        Map<String, String> odd = Map.of(
                "gpu",
                " a=b:c # ! \\u0041\\",
                "profiles",
                "x\ny=z\r\n\t\f",
                "flags",
                "é\u2028 ü",
                "tiling",
                "\t tab first");
        EngineKey key = Keys.key(odd);
        Properties properties = new Properties();
        properties.load(new StringReader(key.text()));
        assertThat(properties).containsAllEntriesOf(odd).hasSameSizeAs(key.entries());
        assertThat(EngineKey.entries(key.text())).contains(key.entries());
        assertThat(key.text().lines()).hasSameSizeAs(key.entries().keySet());
    }

    @Test
    void entries_ofTextThatIsNone_areEmpty() {
        assertThat(EngineKey.entries("gpu=\\u00zz")).isEmpty();
    }

    @Test
    void build_withoutWhatDecides_namesIt() {
        assertThatThrownBy(
                        () -> EngineKey.builder().with("tensorrt", "10.15.1.29").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "Missing in a key: [compute, flags, gpu, hardware, level, multiprocessors, onnx, onnx-bytes, os,"
                                + " pools, precision, profiles, tiling]");
    }

    @Test
    void with_sameNameTwiceOrBadNameOrNoValue_isRefused() {
        assertThatThrownBy(() -> EngineKey.builder().with("gpu", "a").with("gpu", "a"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Keys.key(Map.of("a=b", "c"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Keys.key(Map.of("gpu", ""))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void differences_tellsOldAndNew() {
        Map<String, String> before = Keys.key(Map.of("extra", "1")).entries();
        Map<String, String> after =
                Keys.key(Map.of("gpu", "NVIDIA L4", "level", "5")).entries();
        assertThat(EngineKey.differences(before, after))
                .isEqualTo("extra: 1 -> none, gpu: NVIDIA H200 -> NVIDIA L4, level: 3 -> 5");
        assertThat(EngineKey.differences(before, before)).isEmpty();
    }

    @Test
    void toString_saysWhatAPersonTellsEnginesApartBy() {
        assertThat(Keys.key().toString())
                .isEqualTo("engine " + Keys.key().digest().substring(0, 12)
                        + " (onnx aaaaaaaaaaaa, precision fp16, gpu NVIDIA H200, tensorrt 10.15.1.29)");
    }
}
