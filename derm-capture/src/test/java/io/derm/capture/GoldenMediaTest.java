package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each committed file shows the pixels and times that Pillow and the ffmpeg command read out of it. */
class GoldenMediaTest {
    static Stream<String> files() {
        return TestMedia.rows("pixels.csv").stream().map(r -> r[0]).distinct();
    }

    @ParameterizedTest
    @MethodSource("files")
    void open_committedFile_showsTheExpectedPixels(String name) throws Exception {
        Map<Integer, List<int[]>> expected = new LinkedHashMap<>();
        for (String[] r : TestMedia.rows("pixels.csv")) {
            if (r[0].equals(name)) {
                int[] numbers = new int[8];
                for (int i = 0; i < 8; i++) {
                    numbers[i] = Integer.parseInt(r[i + 2]);
                }
                expected.computeIfAbsent(Integer.valueOf(r[1]), k -> new ArrayList<>())
                        .add(numbers);
            }
        }
        try (FrameSource source = Sources.open(TestMedia.file(name).toString())) {
            int n = 0;
            int last = expected.keySet().stream().max(Integer::compare).orElseThrow();
            while (n <= last) {
                try (Frame frame = source.next().orElseThrow()) {
                    for (int[] e : expected.getOrDefault(n, List.of())) {
                        assertThat(frame.width())
                                .isEqualTo(e[0])
                                .isEqualTo(source.info().width());
                        assertThat(frame.height())
                                .isEqualTo(e[1])
                                .isEqualTo(source.info().height());
                        int[] rgb = TestMedia.rgb(frame, e[2], e[3]);
                        for (int c = 0; c < 3; c++) {
                            assertThat(rgb[c])
                                    .as("%s frame %d at (%d, %d), channel %d", name, n, e[2], e[3], c)
                                    .isCloseTo(e[4 + c], within(e[7]));
                        }
                    }
                }
                n++;
            }
        }
    }

    static Stream<List<String>> times() {
        return TestMedia.rows("times.csv").stream().map(List::of);
    }

    @ParameterizedTest
    @MethodSource("times")
    void next_ofVideo_keepsPresentationTimes(List<String> row) throws Exception {
        try (FrameSource source = Sources.open(TestMedia.file(row.get(0)).toString())) {
            List<Long> micros = new ArrayList<>();
            for (Optional<Frame> f = source.next(); f.isPresent(); f = source.next()) {
                micros.add(f.get().timestampMicros());
                f.get().close();
            }
            List<Long> expected = row.stream().skip(1).map(Long::valueOf).toList();
            assertThat(micros).isEqualTo(expected);
            assertThat(source.info().frames()).isEqualTo(expected.size());
        }
    }

    @Test
    void next_whenResolutionChanges_yieldsFramesOfBothSizes() throws Exception {
        try (FrameSource source = Sources.open(TestMedia.file("resized.ts").toString())) {
            List<String> sizes = new ArrayList<>();
            List<Long> micros = new ArrayList<>();
            for (Optional<Frame> f = source.next(); f.isPresent(); f = source.next()) {
                sizes.add(f.get().width() + "x" + f.get().height());
                micros.add(f.get().timestampMicros());
                f.get().close();
            }
            assertThat(sizes).containsExactly("96x64", "96x64", "96x64", "64x48", "64x48", "64x48");
            // The second half's clock starts again, the source's goes on.
            assertThat(micros).containsExactly(0L, 40_000L, 80_000L, 120_000L, 160_000L, 200_000L);
        }
    }

    @Test
    void next_withFourDecoderThreads_yieldsTheSameFrames() throws Exception {
        CaptureOptions four = CaptureOptions.defaults().withDecoderThreads(4);
        try (FrameSource one = Sources.open(TestMedia.file("plain.mp4").toString());
                FrameSource many = Sources.open(TestMedia.file("plain.mp4").toString(), four)) {
            for (int i = 0; i < 12; i++) {
                try (Frame a = one.next().orElseThrow();
                        Frame b = many.next().orElseThrow()) {
                    assertThat(b.pixels().mismatch(a.pixels())).isEqualTo(-1);
                    assertThat(b.timestampMicros()).isEqualTo(a.timestampMicros());
                }
            }
            assertThat(many.next()).isEmpty();
        }
    }
}
