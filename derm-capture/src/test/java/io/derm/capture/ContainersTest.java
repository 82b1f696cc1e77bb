package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContainersTest {
    @TempDir
    Path folder;

    /** What is on disk while a recording of 60 frames at 25 a second runs: two whole fragments. */
    private Path fragmented() throws Exception {
        Path file = folder.resolve("whole.mp4");
        Path copy = folder.resolve("running.mp4");
        try (VideoRecorder recorder = VideoRecorder.open(file, RecorderOptions.of(25))) {
            for (int i = 0; i < 60; i++) {
                try (Frame frame = TestMedia.drawn(64, 48, 20 + 2 * i)) {
                    recorder.record(frame, i * 40_000L);
                }
            }
            Files.copy(file, copy);
        }
        return copy;
    }

    private static int frames(Path file) throws Exception {
        try (FrameSource source = Sources.open(file.toString())) {
            return TestMedia.count(source);
        }
    }

    @Test
    void repair_ofAFileThatEndsInHalfAFragment_takesItAway() throws Exception {
        Path file = fragmented();
        assertThat(frames(file)).isEqualTo(50);
        byte[] whole = Files.readAllBytes(file);
        String text = new String(whole, StandardCharsets.ISO_8859_1);
        int fragment = text.indexOf("moof") - 4;
        Files.write(file, Arrays.copyOfRange(whole, fragment, fragment + 600), StandardOpenOption.APPEND);
        assertThat(Containers.cutShort(file)).isTrue();
        Containers.repair(file, ByteBuffer.allocate(0));
        assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    }

    @Test
    void repair_ofATrailerThatWasBegun_bringsTheFragmentsBack() throws Exception {
        Path file = fragmented();
        byte[] whole = Files.readAllBytes(file);
        ByteBuffer head = Containers.head(file);
        byte[] hidden = whole.clone();
        int movie = new String(whole, StandardCharsets.ISO_8859_1).indexOf("moov") - 4;
        ByteBuffer.wrap(hidden).putInt(movie, whole.length - movie).putInt(movie + 4, 0x6d646174); // mdat
        Files.write(file, hidden);
        Files.write(file, new byte[] {0, 0, 60, 0, 'm', 'o', 'o', 'v', 0, 0}, StandardOpenOption.APPEND);
        Containers.repair(file, head);
        assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"plain.mp4", "vfr.mp4", "hevc.mov", "deep.mkv", "vp9.webm", "mjpeg.avi", "resized.ts", "two.gif"
            })
    void cutShort_ofWholeFile_isFalse(String name) {
        assertThat(Containers.cutShort(TestMedia.file(name))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain.mp4", "vfr.mp4", "hevc.mov", "deep.mkv", "vp9.webm", "mjpeg.avi"})
    void cutShort_ofCutFile_isTrue(String name) throws Exception {
        byte[] whole = Files.readAllBytes(TestMedia.file(name));
        for (int length : new int[] {whole.length / 2, whole.length - 100, whole.length - 1}) {
            Path file = Files.write(folder.resolve(name), Arrays.copyOf(whole, length));
            assertThat(Containers.cutShort(file))
                    .as("%d of %d", length, whole.length)
                    .isTrue();
        }
    }
}
