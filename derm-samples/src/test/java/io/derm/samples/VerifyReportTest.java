package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

/** Reports of verifications that never ran, for what they say and do not say. */
class VerifyReportTest {
    private static final String GPU = "NVIDIA H100 <80GB>";

    private static VerifyReport report(String device, VerifySection... sections) {
        VerifyReport report = new VerifyReport("derm verify-gpu --minutes 8");
        report.device(device);
        for (VerifySection s : sections) {
            report.add(s);
        }
        return report;
    }

    private static VerifySection ended(VerifySection section) {
        section.ended(1.5);
        return section;
    }

    private static VerifySection latency() {
        VerifySection s = VerifySection.of("latency", "Latency");
        VerifyTable t = s.table(
                "models", "Models", "models", "what", "n", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", VerifyHtml.BUDGET);
        t.row("YOLOv4-608", "exam step", 1000L, 1.25, 1.5, 1.75, 2.5, 2.0);
        t.row("YOLOv4-608", "bare run", 1000L, 1.0, 1.1, 1.2, Double.NaN, null);
        return ended(s);
    }

    @Test
    void report_ofARealDeviceThatPassedAll_passes() throws Exception {
        VerifyReport report = report(GPU, latency());
        assertThat(report.passed()).isTrue();
        JsonNode json = new ObjectMapper().readTree(report.json());
        assertThat(json.path("schema").asInt()).isEqualTo(1);
        assertThat(json.path("verdict").asText()).isEqualTo("PASSED");
        JsonNode rows = json.path("sections").path(0).path("tables").path("models");
        assertThat(rows.path(0).path("p50 ms").asDouble()).isEqualTo(1.25);
        assertThat(rows.path(0).path("n").isIntegralNumber()).isTrue();
        assertThat(rows.path(1).path("p99.9 ms").isNull()).isTrue();
        assertThat(rows.path(1).path("budget ms").isNull()).isTrue();
    }

    @Test
    void report_withAPartThatWasNotRun_doesNotPassAndSaysWhich() {
        VerifySection part = VerifySection.of("engines", "Engines");
        part.notRun("YOLOv4-608 INT8: out of time");
        VerifyReport report = report(GPU, latency(), ended(part));
        assertThat(report.passed()).isFalse();
        assertThat(report.verdict()).isEqualTo("INCOMPLETE");
        assertThat(report.text()).contains("not run", "YOLOv4-608 INT8: out of time");
        assertThat(VerifyHtml.render(report)).contains("YOLOv4-608 INT8: out of time");
    }

    @Test
    void report_withASectionNeverReached_doesNotPass() {
        VerifyReport report = report(GPU, latency(), VerifySection.of("memory", "Memory"));
        assertThat(report.passed()).isFalse();
        assertThat(report.text()).contains("not reached");
    }

    @Test
    void report_withAFailure_failsEvenWhereOtherPartsWereNotRun() {
        VerifySection s = VerifySection.of("parity", "Parity");
        s.notRun("something");
        s.failed("corners differ by 3 px");
        assertThat(report(GPU, ended(s)).verdict()).isEqualTo("FAILED");
    }

    @Test
    void report_withoutThePeer_passes_butNotWhereThePeerFailed() {
        VerifySection left = VerifySection.optional("peer", "Peer");
        left.notRun("no torch");
        assertThat(report(GPU, latency(), ended(left)).passed()).isTrue();
        VerifySection broken = VerifySection.optional("peer", "Peer");
        broken.failed("exit code 1");
        assertThat(report(GPU, latency(), ended(broken)).passed()).isFalse();
    }

    @Test
    void report_ofTheEmulatedDevice_neverPassesAndSaysSoInBigLetters() {
        VerifyReport report = report(VerifyReport.EMULATED, latency());
        assertThat(report.passed()).isFalse();
        assertThat(report.verdict()).startsWith("NOT RUN ON A GPU");
        assertThat(VerifyHtml.render(report)).contains("class=\"big\">EMULATED DEVICE");
    }

    @Test
    void html_standsAlone_escapesAndDraws() {
        String html = VerifyHtml.render(report(GPU, latency()));
        assertThat(html)
                .contains("NVIDIA H100 &lt;80GB&gt;", Derm.RESEARCH_USE, "<svg", "class=\"mark\"", "@media print")
                .doesNotContain("<80GB>", "http://", "https://", "<script", "src=", "NaN");
        // p50 of 1.25 ms on a scale that ends with the budget of 2 ms, 560 wide.
        assertThat(html).contains("<rect class=\"p50\" x=\"330\" y=\"4\" width=\"350.0\" height=\"12\"/>");
        assertThat(html).contains("Percentiles of YOLOv4-608, exam step");
    }

    @Test
    void peer_ofAScriptsOutput_isShownAsItIs() throws Exception {
        VerifySection s = VerifySection.optional("peer", "Peer");
        VerifyPeer.read(
                s,
                new ObjectMapper()
                        .readTree(
                                "{\"torch\":\"2.9\",\"cuda\":\"13.0\",\"cudnn\":91000,\"results\":[{\"models\":\"Lite0\",\"precision\":\"FP16 eager\","
                                        + "\"what\":\"bare run\",\"frame\":\"-\",\"clock\":\"wall\",\"n\":7,\"p50\":1.5,\"p90\":2,\"p99\":3,\"max\":4}],"
                                        + "\"notRun\":[\"compile: 20 s are left\"]}"));
        assertThat(s.tables().get(0).rows().get(0))
                .containsExactly("Lite0", "FP16 eager", "bare run", "-", "wall", 7L, 1.5, 2.0, 3.0, null, 4.0);
        assertThat(s.notRun()).containsExactly("compile: 20 s are left");
    }
}
