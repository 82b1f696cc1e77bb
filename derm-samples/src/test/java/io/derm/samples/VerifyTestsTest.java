package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is made of the lines that the process with the tests leaves. */
class VerifyTestsTest {
    private static VerifySection read(List<String> lines, Optional<Integer> exit, String said) {
        VerifySection section = VerifySection.of("tests", VerifyTests.TITLE);
        VerifyTests.read(section, lines, exit, said);
        section.ended(1);
        return section;
    }

    @Test
    void lines_ofTestsThatAllPassed_pass() {
        VerifySection s = read(List.of("STARTED\tA.a", "PASSED\tA.a", "END\t"), Optional.of(0), "");
        assertThat(s.status()).isEqualTo(VerifySection.Status.PASSED);
        assertThat(s.tables().get(0).rows()).containsExactly(List.of(1, 0, 0));
    }

    @Test
    void lines_thatEndInACrash_nameTheTestAndWhatWasSaid() {
        VerifySection s =
                read(List.of("STARTED\tA.a", "PASSED\tA.a", "STARTED\tA.b"), Optional.of(134), "# A fatal error");
        assertThat(s.failures())
                .containsExactly("the tests' process ended with exit code 134 in A.b, saying: # A fatal error");
    }

    @Test
    void lines_ofAProcessThatWasEnded_areNotRun() {
        VerifySection s = read(List.of("STARTED\tA.a"), Optional.empty(), "");
        assertThat(s.status()).isEqualTo(VerifySection.Status.NOT_RUN);
        assertThat(s.notRun()).containsExactly("the rest of the tests: out of time in A.a");
    }

    @Test
    void lines_withFailuresAndSkips_giveTheirReasons() {
        VerifySection s = read(
                List.of("STARTED\tA.a", "FAILED\tA.a\texpected 1", "SKIPPED\tB\tno GPU", "END\t"), Optional.of(0), "");
        assertThat(s.failures()).containsExactly("A.a: expected 1");
        assertThat(s.notRun()).containsExactly("B: no GPU");
    }

    @Test
    void lines_ofNoTest_fail() {
        assertThat(read(List.of("END\t"), Optional.of(0), "").failures())
                .containsExactly("no test was found, expected some");
    }
}
