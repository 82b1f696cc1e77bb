package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeNamesTest {

    @ParameterizedTest
    @CsvSource({
        "/head/Conv, /head/Conv, true",
        "/head/Conv, /head/Conv_1, false",
        "/head/*, /head/Conv, true",
        "/head/*, /body/head/Conv, false",
        "*Conv, /head/Conv, true",
        "*, anything, true",
        "a*c*e, abcde, true",
        "a*c*e, ace, true",
        "a*c*e, abde, false",
        "a**b, ab, true",
        "a.c, abc, false",
        "a.c, a.c, true",
        "a+, aa, false",
        "(a|b), a, false",
        "(a|b), (a|b), true",
        "[x], x, false",
        "[x]*, [x]y, true",
        "a\\Eb, a\\Eb, true",
        "\\Q*, \\Qz, true",
        "^$, '', false",
        "a?, a, false"
    })
    void pattern_takesStarsAlone(String pattern, String name, boolean taken) {
        assertThat(new NodeNames(List.of("other", pattern)).contains(name)).isEqualTo(taken);
    }

    @Test
    void noPattern_takesNothing() {
        assertThat(new NodeNames(List.of()).contains("")).isFalse();
        assertThat(new NodeNames(List.of("")).contains("a")).isFalse();
    }
}
