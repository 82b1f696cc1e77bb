package io.derm.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.bench.PipelineRounds.Part;
import io.derm.bench.PipelineRounds.Taken;
import io.derm.bench.gate.Interval;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PipelineRateTest {
    private static Map<Part, Taken> round(double capture, double detect, double classify, double exam) {
        return Map.of(
                Part.CAPTURE, new Taken(capture, capture),
                Part.DETECT, new Taken(detect, detect),
                Part.CLASSIFY, new Taken(classify, classify),
                Part.BOTH, new Taken(0.96 * exam, exam),
                Part.EXAM, new Taken(exam, exam),
                Part.DETECT_WITHIN, new Taken(0.97 * exam, Double.NaN),
                Part.CLASSIFY_WITHIN, new Taken(0.8 * exam, Double.NaN));
    }

    @Test
    void ratio_ofRoundsOfOneSpeed_isThatToTheSlowestStageOverAll() {
        // Classification is slower in the first round, detection over all: (36 * 36 * 72)^(1/3) = 45.4, (40 * 30 *
        // 60)^(1/3) = 41.6.
        // The machine is half as fast in the last round, for all parts.
        PipelineRounds times =
                new PipelineRounds(List.of(round(4, 36, 40, 40), round(4, 36, 30, 40), round(8, 72, 60, 80)));

        assertThat(times.slowestStage()).isEqualTo(Part.DETECT);
        assertThat(times.ratio().ratio()).isCloseTo(0.9, within(1e-9));
        assertThat(times.ratio().lower()).isCloseTo(0.9, within(1e-9));
        assertThat(times.ratio().upper()).isCloseTo(0.9, within(1e-9));
        assertThat(times.rate(Part.EXAM, Part.BOTH).ratio()).isCloseTo(0.96, within(1e-9));
        assertThat(times.busy()).isCloseTo(0.97, within(1e-9));
        assertThat(times.cpuNanosOfStages()).isCloseTo((80 + 70 + 140) / 3.0, within(1e-9));
    }

    @ParameterizedTest
    @CsvSource({"0.95, 0.97, 0", "0.90, 0.94, 1", "0.94, 0.96, 3"})
    void verdict_onABudget_needsTheWholeInterval(double lower, double upper, int code) {
        assertThat(PipelineRate.verdict(new Interval((lower + upper) / 2, lower, upper), 0.95))
                .isEqualTo(code);
    }

    @Test
    void command_onAFewFrames_printsTheRatioOfTheRatesThatItPrints() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        int code;
        try {
            code = PipelineRate.execute(
                    "--frames", "4", "--warm-ups", "0", "--rounds", "3", "--precision", "int8", "--budget", "0.01");
        } finally {
            System.setOut(before);
        }
        String text = out.toString(StandardCharsets.UTF_8);
        assertThat(text).startsWith("4 frames of the clip");
        double slowest = Stream.of("capture alone", "detection alone", "classification alone")
                .mapToDouble(stage -> number(text, stage + " +([0-9.]+)"))
                .min()
                .orElseThrow();
        double exam = number(text, "\nexam +([0-9.]+)");
        assertThat(number(text, "exam over [a-z ]+: ([0-9.]+) ")).isCloseTo(exam / slowest, within(0.005));
        // No machine has so many processors that four frames would take the exam a hundredth of its stages' time.
        assertThat(code).as(text).isZero();
    }

    @Test
    void command_onFewerRoundsThanAnIntervalNeeds_isRefused() {
        assertThat(PipelineRate.execute("--rounds", "2")).isEqualTo(2);
    }

    private static double number(String text, String pattern) {
        Matcher found = Pattern.compile(pattern).matcher(text);
        assertThat(found.find()).as(pattern + " in " + text).isTrue();
        return Double.parseDouble(found.group(1));
    }
}
