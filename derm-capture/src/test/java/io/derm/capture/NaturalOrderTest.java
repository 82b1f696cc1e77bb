package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NaturalOrderTest {
    @Test
    void compare_names_ordersAsPeopleDo() {
        List<String> ordered = List.of(
                "1.jpg",
                "01b.jpg",
                "2.jpg",
                "10.jpg",
                "a.jpg",
                "B.jpg",
                "img.jpg",
                "img1.jpg",
                "img002.jpg",
                "img2b.jpg",
                "img10.jpg",
                "img10-2.jpg".replace('-', '_'),
                "img99999999999999999998.jpg",
                "img99999999999999999999.jpg",
                "z");
        List<String> names = new ArrayList<>(ordered);
        Collections.shuffle(names, new Random(7));
        names.sort(NaturalOrder::compare);
        assertThat(names).isEqualTo(ordered);
    }

    @Test
    void compare_sameValueInOtherDigits_isDecidedAndSymmetric() {
        assertThat(NaturalOrder.compare("a01", "a1")).isNegative();
        assertThat(NaturalOrder.compare("a1", "a01")).isPositive();
        assertThat(NaturalOrder.compare("a1", "a1")).isZero();
    }
}
