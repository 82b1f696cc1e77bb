package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import io.derm.api.contract.TestFrames;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Frames that a verification feeds. */
class VerifyFramesTest {
    @Test
    void next_eachTime_isAnotherContentInThePoolsMemory() throws Exception {
        try (Frame picture = TestFrames.noise(8, 6, 1);
                VerifyFrames frames = new VerifyFrames(picture, 16, 12)) {
            Set<Long> contents = new HashSet<>();
            List<Object> buffers = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                Frame frame = frames.next();
                contents.add(frame.contentId());
                assertThat(frame.pooled()).isTrue();
                // Twice as large: pixel (2 i, 2 j) is pixel (i, j).
                assertThat(frame.pixels().get(4 * frame.stride() + 3 * 6))
                        .isEqualTo(picture.pixels().get(2 * picture.stride() + 3 * 3));
                if (buffers.stream().noneMatch(b -> b == frame.pixels())) {
                    buffers.add(frame.pixels());
                }
            }
            assertThat(contents).hasSize(10);
            assertThat(buffers).hasSizeGreaterThan(1);
        }
    }

    @Test
    void odd_ofAPicture_isAPartWithOddSidesAndPadding() {
        try (Frame picture = TestFrames.noise(20, 16, 2);
                Frame odd = VerifyFrames.odd(picture)) {
            assertThat(odd.width() % 2).isEqualTo(1);
            assertThat(odd.height() % 2).isEqualTo(1);
            assertThat(odd.stride()).isGreaterThan(3 * odd.width());
            assertThat(odd.pixels().get(5 * odd.stride() + 3 * 7 + 1))
                    .isEqualTo(picture.pixels().get(6 * picture.stride() + 3 * 8 + 1));
        }
    }

    // Codes of 100 % bars in BT.709, ITU-R BT.709-6 with 8 bits: white 235,128,128; red 63,102,240; blue 32,240,118.
    @Test
    void nv12_ofColours_hasTheCodesOfBt709() {
        assertThat(codes(255, 255, 255)).containsExactly(235, 128, 128);
        assertThat(codes(0, 0, 255)).containsExactly(63, 102, 240);
        assertThat(codes(255, 0, 0)).containsExactly(32, 240, 118);
    }

    private static List<Integer> codes(int blue, int green, int red) {
        try (Frame picture = TestFrames.solid(6, 4, blue, green, red);
                Frame nv12 = VerifyFrames.nv12(picture)) {
            assertThat(nv12.format()).isEqualTo(PixelFormat.NV12);
            return List.of(
                    nv12.pixels().get(6 + 1) & 0xFF,
                    nv12.pixels().get(6 * 4 + 2) & 0xFF,
                    nv12.pixels().get(6 * 4 + 3) & 0xFF);
        }
    }
}
