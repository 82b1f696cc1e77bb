package io.derm.ort;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CoresTest {
    private static List<String> cpuinfo(int sockets, int cores, int threads) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < sockets * cores * threads; i++) {
            lines.add("processor\t: " + i);
            lines.add("physical id\t: " + i / (cores * threads));
            lines.add("core id\t\t: " + i % cores);
            lines.add("");
        }
        return lines;
    }

    @Test
    void physical_twoThreadsACore_countsCores() {
        assertThat(Cores.physical(cpuinfo(1, 8, 2), 16)).isEqualTo(8);
        assertThat(Cores.physical(cpuinfo(2, 4, 2), 16)).isEqualTo(8);
        assertThat(Cores.physical(cpuinfo(1, 2, 1), 2)).isEqualTo(2);
    }

    @Test
    void physical_fewerProcessorsAllowed_isThose() {
        assertThat(Cores.physical(cpuinfo(1, 8, 2), 3)).isEqualTo(3);
    }

    @Test
    void physical_coresNotTold_isAllProcessors() {
        assertThat(Cores.physical(List.of("processor\t: 0", "processor\t: 1", "BogoMIPS\t: 50.00"), 6))
                .isEqualTo(6);
        assertThat(Cores.physical()).isBetween(1, Runtime.getRuntime().availableProcessors());
    }
}
