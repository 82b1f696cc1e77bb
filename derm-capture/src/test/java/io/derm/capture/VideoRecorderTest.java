package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VideoRecorderTest {
    private static final RecorderOptions GOOD = RecorderOptions.of(25).withBitsPerSecond(4_000_000);

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"320,240,320,240", "161,121,160,120", "1280,720,1280,720"})
    void record_frames_canBeReadBack(int width, int height, int shownWidth, int shownHeight) throws Exception {
        Path file = TestMedia.record(folder.resolve("a.mp4"), width, height, 30, GOOD.withThreads(2));
        try (FrameSource source = Sources.open(file.toString())) {
            assertThat(source.info().frames()).isEqualTo(30);
            assertThat(source.info().framesPerSecond()).isCloseTo(25, within(0.01));
            for (int i = 0; i < 30; i++) {
                try (Frame frame = source.next().orElseThrow();
                        Frame drawn = TestMedia.drawn(width, height, 20 + 2 * i)) {
                    assertThat(frame.width()).isEqualTo(shownWidth);
                    assertThat(frame.height()).isEqualTo(shownHeight);
                    assertThat(frame.timestampMicros()).isEqualTo(i * 40_000L);
                    for (int[] at : new int[][] {
                        {width / 8, height / 8}, {width / 2, height / 2}, {7 * width / 8, 7 * height / 8}
                    }) {
                        int[] expected = TestMedia.rgb(drawn, at[0], at[1]);
                        int[] rgb = TestMedia.rgb(frame, at[0], at[1]);
                        for (int c = 0; c < 3; c++) {
                            assertThat(rgb[c]).as("frame %d channel %d", i, c).isCloseTo(expected[c], within(8));
                        }
                    }
                }
            }
            assertThat(source.next()).isEmpty();
        }
    }

    @Test
    void record_timesWithGapsAndStandstill_keepsGapsAndOrder() throws Exception {
        Path file = folder.resolve("a.mp4");
        long[] micros = {5_000_000, 5_040_000, 5_400_000, 5_400_000, 5_300_000, 6_000_000};
        try (VideoRecorder recorder = VideoRecorder.open(file, GOOD);
                Frame frame = TestMedia.drawn(64, 48, 100)) {
            for (long m : micros) {
                recorder.record(frame, m);
            }
            assertThat(recorder.frames()).isEqualTo(6);
        }
        // The clock of the file has 90,000 ticks a second: one tick is 11 us.
        long[] expected = {0, 40_000, 400_000, 400_011, 400_022, 1_000_000};
        try (FrameSource source = Sources.open(file.toString())) {
            for (long e : expected) {
                try (Frame frame = source.next().orElseThrow()) {
                    assertThat(frame.timestampMicros()).isCloseTo(e, within(1L));
                }
            }
            assertThat(source.next()).isEmpty();
        }
    }

    @Test
    void record_frameOfAnotherShape_isFittedBetweenBlackBars() throws Exception {
        Path file = folder.resolve("a.mp4");
        try (VideoRecorder recorder = VideoRecorder.open(file, GOOD);
                Frame wide = TestMedia.drawn(128, 64, 100);
                Frame square = TestMedia.drawn(100, 100, 200)) {
            recorder.record(wide, 0);
            recorder.record(square, 40_000);
        }
        try (FrameSource source = Sources.open(file.toString())) {
            source.next().orElseThrow().close();
            try (Frame second = source.next().orElseThrow()) {
                assertThat(second.width()).isEqualTo(128);
                assertThat(TestMedia.rgb(second, 10, 32)[1]).isLessThan(16);
                assertThat(TestMedia.rgb(second, 117, 32)[1]).isLessThan(16);
                assertThat(TestMedia.rgb(second, 64, 32)[1]).isCloseTo(200, within(8));
            }
        }
    }

    @Test
    void record_lowerBitRate_makesASmallerFile() throws Exception {
        long small = Files.size(TestMedia.record(
                folder.resolve("s.mp4"), 640, 480, 25, RecorderOptions.of(25).withBitsPerSecond(100_000)));
        long large = Files.size(TestMedia.record(
                folder.resolve("l.mp4"), 640, 480, 25, RecorderOptions.of(25).withBitsPerSecond(5_000_000)));
        assertThat(small).isLessThan(large);
    }

    @Test
    void open_folderMissing_fails() {
        Path file = folder.resolve("none").resolve("a.mp4");
        assertThatThrownBy(() -> VideoRecorder.open(file, GOOD))
                .isInstanceOf(CaptureException.class)
                .hasMessage("[DERM-221] Recording " + file + " cannot be created: No such file or directory. Remedy: "
                        + "choose a folder that exists and can be written to");
    }

    @Test
    void close_withoutFrames_leavesNoFile() {
        Path file = folder.resolve("a.mp4");
        VideoRecorder recorder = VideoRecorder.open(file, GOOD);
        recorder.close();
        recorder.close();
        assertThat(file).doesNotExist();
        try (Frame frame = TestMedia.drawn(64, 48, 0)) {
            assertThatThrownBy(() -> recorder.record(frame)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void record_diskFull_failsOnceWithOneLine() {
        Path full = Path.of("/dev/full");
        VideoRecorder recorder = VideoRecorder.open(full, GOOD);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 100; i++) {
                        try (Frame frame = TestMedia.drawn(320, 240, i)) {
                            recorder.record(frame, i * 40_000L);
                        }
                    }
                })
                .isInstanceOf(CaptureException.class)
                .hasMessageMatching(
                        "\\[DERM-222\\] Recording /dev/full breaks off after \\d+ frames: no space left on the "
                                + "disk\\. Remedy: free some space; what was written so far can be played");
        try (Frame frame = TestMedia.drawn(320, 240, 0)) {
            assertThatThrownBy(() -> recorder.record(frame)).isInstanceOf(IllegalStateException.class);
        }
        recorder.close();
    }

    /** Runs in a process of its own that is killed. */
    public static void main(String[] args) throws Exception {
        VideoRecorder recorder = VideoRecorder.open(Path.of(args[0]), GOOD);
        for (int i = 0; ; i++) {
            try (Frame frame = TestMedia.drawn(320, 240, 20 + 2 * (i % 100))) {
                recorder.record(frame, i * 40_000L);
            }
            if (i == 130) {
                System.out.println("recorded");
                System.out.flush();
                TimeUnit.MINUTES.sleep(5);
            }
        }
    }

    @Test
    void record_processKilled_leavesAPlayableFile() throws Exception {
        Path file = folder.resolve("a.mp4");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        VideoRecorderTest.class.getName(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(process.inputReader().readLine()).isEqualTo("recorded");
        } finally {
            process.destroyForcibly().waitFor();
        }
        // Of 131 frames five whole seconds are on disk.
        try (FrameSource source = Sources.open(file.toString())) {
            assertThat(TestMedia.count(source)).isEqualTo(125);
        }
    }
}
