package io.derm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DermExceptionTest {
    @Test
    void message_ofTextWithLineEndsAndControls_isOneLine() {
        DermException e = new DermException(97, "Tensor 'a\r\nb\u2028c\0\u001b[31m\u009b' is bad\n", " Mend\tit. ");
        assertThat(e).hasMessage("[DERM-097] Tensor 'a b c??[31m?' is bad. Remedy: Mend it.");
        assertThat(e.problem()).isEqualTo("Tensor 'a b c??[31m?' is bad");
        assertThat(e.remedy()).isEqualTo("Mend it.");
    }
}
