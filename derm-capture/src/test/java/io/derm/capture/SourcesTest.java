package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourcesTest {
    private static final String KINDS =
            "Remedy: give a video (MP4, MOV, MKV, AVI, ...), an image (JPEG, PNG, BMP, GIF, "
                    + "WebP, TIFF), a folder of images or a stream's URL";

    @TempDir
    Path folder;

    private static void assertFails(String source, String message) {
        assertThatThrownBy(() -> Sources.open(source).close())
                .isInstanceOf(CaptureException.class)
                .hasMessage(message);
    }

    @Test
    void open_missingFile_fails() {
        Path file = folder.resolve("none.mp4");
        assertFails(
                file.toString(),
                "[DERM-201] There is no file or folder " + file + ". Remedy: check the spelling and the folder");
    }

    @Test
    void open_emptyFile_fails() throws Exception {
        Path file = Files.createFile(folder.resolve("empty.mp4"));
        assertFails(
                file.toString(),
                "[DERM-202] " + file
                        + " is empty, expected a video or an image. Remedy: copy or record the file again");
    }

    @Test
    void open_textCalledMp4_fails() throws Exception {
        Path file = Files.writeString(folder.resolve("text.mp4"), "This is not a film.\n".repeat(50));
        assertFails(
                file.toString(),
                "[DERM-203] " + file + " is text (FFmpeg: Invalid data found when processing input). " + KINDS);
    }

    @Test
    void open_playlistOfOtherFiles_isNotFollowed() throws Exception {
        Path video = Files.copy(TestMedia.file("plain.mp4"), folder.resolve("plain.mp4"));
        Path hls = Files.writeString(
                folder.resolve("list.m3u8"), "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\n" + video + "\n");
        Path concat = Files.writeString(folder.resolve("list.txt"), "ffconcat version 1.0\nfile plain.mp4\n");
        for (Path list : new Path[] {hls, concat}) {
            assertThatThrownBy(() -> Sources.open(list.toString()).close())
                    .isInstanceOf(CaptureException.class)
                    .hasMessageStartingWith("[DERM-203] " + list + " is text");
        }
    }

    @Test
    void open_noise_fails() throws Exception {
        byte[] noise = new byte[4096];
        new java.util.Random(1).nextBytes(noise);
        Path file = Files.write(folder.resolve("noise.mp4"), noise);
        assertThatThrownBy(() -> Sources.open(file.toString()).close())
                .isInstanceOf(CaptureException.class)
                .hasMessageStartingWith("[DERM-203] " + file + " is not a video or an image that can be read");
    }

    @Test
    void open_mp4CutBeforeItsIndex_fails() throws Exception {
        byte[] whole = Files.readAllBytes(TestMedia.file("vfr.mp4"));
        Path file = Files.write(folder.resolve("cut.mp4"), Arrays.copyOf(whole, whole.length / 3));
        assertFails(
                file.toString(),
                "[DERM-204] " + file
                        + " is an MP4 that was cut off: the index (moov box) at its end is missing. Remedy: "
                        + "copy the file again from where it was recorded");
    }

    @Test
    void next_videoCutInTheMiddle_yieldsTheFramesBeforeAndThenFailsOnce() throws Exception {
        // The index is in front, so the cut takes the last pictures alone.
        byte[] whole = Files.readAllBytes(TestMedia.file("plain.mp4"));
        Path file = Files.write(folder.resolve("cut.mp4"), Arrays.copyOf(whole, whole.length - 300));
        try (FrameSource source = Sources.open(file.toString())) {
            int frames = 0;
            long last = -1;
            String message = "";
            while (message.isEmpty()) {
                try (Frame frame = source.next().orElseThrow()) {
                    frames++;
                    last = frame.timestampMicros();
                } catch (CaptureException e) {
                    message = e.getMessage();
                }
            }
            assertThat(frames).isBetween(3, 11);
            assertThat(message)
                    .isEqualTo(String.format(
                            "[DERM-205] %s breaks off after %d frames at %.2f s: the file is cut short. Remedy: copy the "
                                    + "file again from where it was recorded",
                            file, frames, last / 1e6));
            assertThat(source.next()).isEmpty();
        }
    }

    @Test
    void next_videoCutInTheMiddle_failsTheSameWithDecoderThreads() throws Exception {
        byte[] whole = Files.readAllBytes(TestMedia.file("plain.mp4"));
        Path file = Files.write(folder.resolve("cut.mp4"), Arrays.copyOf(whole, whole.length - 300));
        CaptureOptions options = CaptureOptions.defaults().withDecoderThreads(4);
        try (FrameSource source = Sources.open(file.toString(), options)) {
            assertThatThrownBy(() -> TestMedia.count(source))
                    .isInstanceOf(CaptureException.class)
                    .hasMessageStartingWith("[DERM-205] " + file + " breaks off after ");
        }
    }

    @Test
    void next_webmCut_yieldsFramesBeforeTheCutThenFails() throws Exception {
        byte[] whole = Files.readAllBytes(TestMedia.file("vp9.webm"));
        Path file = Files.write(folder.resolve("cut.webm"), Arrays.copyOf(whole, whole.length * 3 / 4));
        try (FrameSource source = Sources.open(file.toString())) {
            source.next().orElseThrow().close();
            assertThatThrownBy(() -> TestMedia.count(source))
                    .isInstanceOf(CaptureException.class)
                    .hasMessageStartingWith("[DERM-205] " + file + " breaks off after ");
        }
    }

    @Test
    void open_soundAlone_fails() {
        Path file = TestMedia.file("sound.wav");
        assertThatThrownBy(() -> Sources.open(file.toString()).close())
                .isInstanceOf(CaptureException.class)
                .hasMessageStartingWith("[DERM-20");
    }

    @Test
    void open_unknownCodec_fails() throws Exception {
        byte[] bytes = Files.readAllBytes(TestMedia.file("mjpeg.avi"));
        String text = new String(bytes, StandardCharsets.ISO_8859_1).replace("MJPG", "ZQZQ");
        Path file = Files.write(folder.resolve("odd.avi"), text.getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Sources.open(file.toString()).close())
                .isInstanceOf(CaptureException.class)
                .hasMessageStartingWith("[DERM-207] " + file + " is coded as ")
                .hasMessageEndingWith(", which this FFmpeg cannot decode. Remedy: convert the video to H.264");
    }

    @Test
    void open_unreachableUrl_failsWithoutShowingThePassword() {
        assertFails(
                "http://nurse:secret@127.0.0.1:9/live",
                "[DERM-213] http://***@127.0.0.1:9/live cannot be opened: Connection refused. Remedy: check the address, "
                        + "the user name and the network");
    }

    @ParameterizedTest
    @CsvSource({
        "rtsp://nurse:secret@cam/1, rtsp://***@cam/1",
        "rtsp://nurse:se@cret@cam:554/1, rtsp://***@cam:554/1",
        "rtsp://nurse:sec/ret@cam/1, rtsp://***@cam/1",
        "rtsp://cam:554/room@2, rtsp://cam:554/room@2",
        "http://cam/live?user=nurse&password=secret&n=1, http://cam/live?user=nurse&password=***&n=1",
        "rtsp://cam/user=admin_password=secret_channel=1, rtsp://cam/user=admin_password=***_channel=1",
        "http://cam/live?Token=abc, http://cam/live?Token=***"
    })
    void redact_url_hidesSecretsAlone(String url, String shown) {
        assertThat(Sources.redact(url)).isEqualTo(shown);
    }

    @Test
    void open_unknownProtocol_fails() {
        assertThatThrownBy(() -> Sources.open("carrier-pigeon://coop/1").close())
                .isInstanceOf(CaptureException.class)
                .hasMessageStartingWith(
                        "[DERM-232] carrier-pigeon://coop/1 has a protocol that this FFmpeg does not speak. "
                                + "Remedy: check the URL; known are rtsp, ");
    }

    @Test
    void open_fileUrl_opensTheFile() throws Exception {
        try (FrameSource source =
                Sources.open(TestMedia.file("plain.mp4").toUri().toString().replace("file:/", "file:///"))) {
            assertThat(TestMedia.count(source)).isEqualTo(12);
        }
    }

    @Test
    void open_nameWithPercentAndUmlaut_opensTheFile() throws Exception {
        Path file = Files.copy(TestMedia.file("plain.mp4"), folder.resolve("Häut %03d: 1.mp4"));
        try (FrameSource source = Sources.open(file.toString())) {
            assertThat(TestMedia.count(source)).isEqualTo(12);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void open_namedPipe_isALiveSource() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Thread writer = new Thread(() -> {
            try (OutputStream out = Files.newOutputStream(pipe)) {
                Files.copy(TestMedia.file("resized.ts"), out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        writer.setDaemon(true);
        writer.start();
        try (FrameSource source = Sources.open(pipe.toString())) {
            assertThat(source.info().live()).isTrue();
            assertThat(TestMedia.count(source)).isEqualTo(6);
        }
    }

    @Test
    void open_lavfi_isAVirtualCamera() throws Exception {
        FrameSource opened;
        try {
            opened = Sources.open("lavfi:color=c=0xC86432:size=64x48:rate=10:duration=1");
        } catch (CaptureException e) {
            Assumptions.assumeFalse(e.id().equals("DERM-214"), e.getMessage());
            throw e;
        }
        try (FrameSource source = opened;
                Frame frame = source.next().orElseThrow()) {
            assertThat(source.info().live()).isFalse();
            int[] rgb = TestMedia.rgb(frame, 30, 20);
            assertThat(rgb[0]).isBetween(198, 202);
            assertThat(rgb[1]).isBetween(98, 102);
            assertThat(rgb[2]).isBetween(48, 52);
            assertThat(TestMedia.count(source)).isEqualTo(9);
        }
    }
}
