package io.derm.bench.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Element;

/** The gate as it is run: on derm's own models, on detectors with a fault, and on what is not there. */
class GateTest {
    private static final Path OWN = Path.of("gate.baseline");

    @TempDir
    Path folder;

    private record Run(int code, String out, String err) {
        String row(String metric) {
            return out.lines()
                    .filter(line -> line.contains(" " + metric + " "))
                    .findFirst()
                    .orElse("no " + metric + " in: " + out + err);
        }
    }

    private static Run gate(String... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream newOut = new ByteArrayOutputStream();
        ByteArrayOutputStream newErr = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(newOut, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(newErr, true, StandardCharsets.UTF_8));
            int code = Gate.execute(arguments);
            return new Run(code, newOut.toString(StandardCharsets.UTF_8), newErr.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    private Path baseline(String... lines) throws Exception {
        List<String> all = new ArrayList<>(List.of("derm-gate 1"));
        all.addAll(Arrays.asList(lines));
        return Files.write(folder.resolve("test.baseline"), all);
    }

    /** The limits of derm's own CI that no load of the machine can change. */
    @Test
    void demo_exactAndDriftLimits_hold() throws Exception {
        Run run = gate(
                "--baseline",
                OWN.toString(),
                "--only",
                "exact,drift",
                "--out",
                folder.resolve("out").toString());
        assertThat(run.code()).as(run.out() + run.err()).isZero();
        assertThat(run.row("detect.uploads")).startsWith("not run").contains("GPU");
        assertThat(run.row("detector.int-convolutions")).startsWith("pass").contains(" 25 ");
        Element suite = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(folder.resolve("out/gate.xml").toFile())
                .getDocumentElement();
        assertThat(suite.getAttribute("failures")).isEqualTo("0");
        assertThat(suite.getAttribute("skipped")).isEqualTo("2");
        assertThat(folder.resolve("out/gate.json")).content().contains("\"exam.heap\"");
        assertThat(folder.resolve("out/gate.html")).content().contains("not a medical device");
    }

    /** All limits, on a machine that has nothing else to do: {@code mvn -pl derm-bench -am -Pgate verify}. */
    @Test
    @EnabledIfSystemProperty(named = "derm.gate", matches = "true")
    void demo_allLimits_hold() {
        Run run = gate("--baseline", OWN.toString(), "--out", "target/gate");
        assertThat(run.code()).as(run.out() + run.err()).isZero();
    }

    /**
     * The budget of detection beside a bare run, in every build. A build machine that others load may leave it inconclusive, which is no
     * reason to stop a build; what is slower for sure is.
     */
    @Test
    void demo_detectBesideBare_isNotSlowerThanItsBudget() throws Exception {
        Run run = gate(
                "--baseline",
                baseline("ratio detect.p50 / bare <= 1.05").toString(),
                "--forks=3",
                "--blocks=4",
                "--warmup-millis=1000");
        System.out.println(run.out());
        assertThat(run.code()).as(run.out() + run.err()).isIn(0, 3);
        assertThat(run.row("detect.p50 / bare")).doesNotStartWith("not run");
    }

    @ParameterizedTest
    @CsvSource({
        "none, 0, detect.heap, pass",
        "copyToHeap, 1, detect.heap, FAIL",
        "copyToDirectMemory, 1, detect.direct, FAIL",
        "allocate, 1, detect.heap, FAIL",
        "shift, 1, boxes, FAIL"
    })
    void detector_withAFault_failsTheExactLimitThatItBreaks(String fault, int code, String metric, String outcome)
            throws Exception {
        List<String> lines = new ArrayList<>(List.of(
                "exact detect.heap <= 2048",
                "exact detect.direct <= 0",
                "drift boxes <= 0.5",
                "drift detections <= 0"));
        Files.readAllLines(OWN).stream()
                .filter(l -> l.matches("(frames|detection|assessment) .*"))
                .forEach(lines::add);
        Run run = gate(
                "--baseline",
                baseline(lines.toArray(String[]::new)).toString(),
                "--detector",
                "io.derm.bench.gate.Regressions#" + fault);
        assertThat(run.code()).as(run.out() + run.err()).isEqualTo(code);
        assertThat(run.row(metric)).startsWith(outcome);
    }

    // The margins lie far from what is measured, so that load does not decide.
    @ParameterizedTest
    @CsvSource({"none, 3.0, 0, pass", "sleep, 1.1, 1, FAIL"})
    void detector_thatSleeps_failsTheRatioLimit(String fault, String margin, int code, String outcome)
            throws Exception {
        Run run = gate(
                "--baseline",
                baseline("ratio detect.p50 / bare <= " + margin).toString(),
                "--detector",
                "io.derm.bench.gate.Regressions#" + fault,
                "--forks=3",
                "--blocks=3",
                "--calls=3",
                "--warmup-millis=500",
                "--out",
                folder.toString());
        assertThat(run.code()).as(run.out() + run.err()).isEqualTo(code);
        assertThat(run.row("detect.p50 / bare")).startsWith(outcome);
        assertThat(folder.resolve("gate.html")).content().contains("<svg").contains("fork 3");
    }

    @Test
    void detector_thatSleepsSinceTheLastRelease_failsBesideIt() throws Exception {
        Files.createFile(folder.resolve("old-release"));
        Run run = gate(
                "--baseline",
                baseline("ratio detect.p50 / base <= 1.1").toString(),
                "--base",
                folder + File.pathSeparator + Forks.ownClassPath(),
                "--detector",
                "io.derm.bench.gate.Regressions#sleepSinceLastRelease",
                "--forks=3",
                "--blocks=3",
                "--calls=3",
                "--warmup-millis=500");
        assertThat(run.code()).as(run.out() + run.err()).isEqualTo(1);
        assertThat(run.row("detect.p50 / base")).startsWith("FAIL").contains(" forks of 3 blocks");
    }

    @Test
    void gate_besideAClassPathWithoutAGate_saysSo() throws Exception {
        String file = baseline("ratio detect.p50 / base <= 1.1").toString();
        Run run = gate("--baseline", file, "--base", folder.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("[DERM-704]", "the base " + folder, "derm-bench of the same gate version");
    }

    /** The commands' plumbing on a slowdown that no load hides; what the gate is worth is measured on a machine at rest. */
    @Test
    void calibrate_withASlowdownOfSix_findsIt() {
        Run run = gate(
                "calibrate",
                "--runs=1",
                "--power-runs=1",
                "--slowdowns=5",
                "--margin=2.5",
                "--forks=3",
                "--blocks=3",
                "--calls=3",
                "--warmup-millis=500");
        assertThat(run.code()).as(run.out() + run.err()).isZero();
        assertThat(run.out())
                .contains("A/A: 1 runs, margin 2.5000: 0 false alarms (0.0 %)")
                .contains("slower by 500 %: found 1 times of 1")
                .contains("found 9 times of 10: 500 %");
    }

    @Test
    void record_onABaseline_keepsLimitsAndStoresAnswers() throws Exception {
        Path file = baseline("# why", "drift scores <= 0.01", "detection 0 1 2 3 4 0.5 0");
        assertThat(gate("record", "--baseline", file.toString()).code()).isZero();
        List<String> own = Files.readAllLines(OWN).stream()
                .filter(l -> l.startsWith("frames "))
                .toList();
        assertThat(Files.readAllLines(file))
                .contains("# why", "drift scores <= 0.01")
                .containsAll(own)
                .doesNotContain("detection 0 1 2 3 4 0.5 0");
        assertThat(Baseline.read(file).answers().found()).hasSizeGreaterThan(10);
    }

    @Test
    void gate_withNothingMeasured_isNoPass() throws Exception {
        Run run = gate("--baseline", baseline("ratio detect.p50 / base <= 1.03").toString());
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.row("detect.p50 / base")).startsWith("not run").contains("--base");
    }

    @Test
    void gate_beforeClassesThatAreNotThere_namesThem() throws Exception {
        String file = baseline("exact detect.heap <= 2048").toString();
        Run run = gate("--baseline", file, "--detector", "com.acme.Missing");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("[DERM-704]", "[DERM-703] Detector com.acme.Missing");
    }

    @Test
    void gate_withWrongArguments_isUsage() throws Exception {
        assertThat(gate().code()).isEqualTo(2);
        assertThat(gate("--baseline", folder.resolve("none").toString()).err()).contains("[DERM-701]");
        String file = baseline("ratio detect.p50 / bare <= 1.05").toString();
        assertThat(gate("--baseline", file, "--forks=2").code()).isEqualTo(2);
        assertThat(gate("calibrate", "--margin=0.9").code()).isEqualTo(2);
    }
}
