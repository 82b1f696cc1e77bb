package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.CaptureException;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Webcams by FFmpeg's V4L2 input, on a device that v4l2/camera.cpp emulates: what drivers answer, without a camera. */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class EmulatedWebcamTest {
    /** BGR of white, red, green and blue, of 75 % as ITU-R BT.601 has them. */
    private static final int[] BARS = {191, 191, 191, 0, 0, 191, 0, 191, 0, 191, 0, 0};

    @TempDir
    static Path built;

    @TempDir
    Path folder;

    private Path device;

    @BeforeAll
    static void compile() throws Exception {
        try {
            Devices.load();
        } catch (CaptureException e) {
            Assumptions.abort(e.getMessage());
        }
        Process compiler;
        try {
            compiler = new ProcessBuilder(
                            "g++",
                            "-std=c++17",
                            "-shared",
                            "-fPIC",
                            "-o",
                            built.resolve("camera.so").toString(),
                            Path.of(EmulatedWebcamTest.class
                                            .getResource("/v4l2/camera.cpp")
                                            .toURI())
                                    .toString(),
                            "-ldl")
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            Assumptions.abort("There is no g++ to compile the emulated camera with");
            return;
        }
        String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(compiler.waitFor()).as(said).isZero();
    }

    @BeforeEach
    void plugIn() throws IOException {
        device = Files.createFile(folder.resolve("video0"));
    }

    /** Another reader and writer of JPEG than derm's. */
    private Path jpeg() throws IOException {
        BufferedImage image = new BufferedImage(1280, 720, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        for (int bar = 0; bar < 4; bar++) {
            graphics.setColor(new Color(BARS[3 * bar + 2], BARS[3 * bar + 1], BARS[3 * bar]));
            graphics.fillRect(320 * bar, 0, 320, 720);
        }
        graphics.dispose();
        Path file = folder.resolve("picture.jpg");
        ImageIO.write(image, "jpg", file.toFile());
        return file;
    }

    private List<String> run(Map<String, String> camera, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                WebcamRun.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LD_PRELOAD", built.resolve("camera.so").toString());
        builder.environment().put("CAMERA_PATH", device.toString());
        builder.environment().putAll(camera);
        Process process = builder.start();
        List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return lines;
    }

    private static void requireBars(List<String> lines, double rate) {
        String line =
                lines.stream().filter(l -> l.startsWith("rate ")).findFirst().orElse("none");
        String[] words = line.split(" ");
        assertThat(words).as(String.join("\n", lines)).hasSize(3 + BARS.length);
        assertThat(Double.parseDouble(words[1])).isCloseTo(rate, within(0.1 * rate));
        for (int i = 0; i < BARS.length; i++) {
            assertThat(Integer.parseInt(words[3 + i])).as(line).isCloseTo(BARS[i], within(6));
        }
    }

    @Test
    void list_aDevice_hasItsFormatsAndSizes() throws Exception {
        Path listed = Files.createDirectories(folder.resolve("listed/video0"));
        Files.writeString(listed.resolve("name"), "Camera of a test\n");
        assertThat(run(
                        Map.of("CAMERA_JPEG", jpeg().toString()),
                        "list",
                        listed.getParent().toString(),
                        folder.toString()))
                .contains("webcam:0 Camera of a test [mjpeg: 1280x720, yuyv422: 640x480 320x240]");
    }

    @Test
    void open_askedForNothing_takesMotionJpegInHd() throws Exception {
        List<String> lines = run(Map.of("CAMERA_JPEG", jpeg().toString()), "read", "webcam:" + device, "20");
        assertThat(lines).contains("1280x720 at 30 live true");
        requireBars(lines, 30);
    }

    @Test
    void open_cameraWithoutMotionJpeg_takesWhatItHas() throws Exception {
        List<String> lines = run(Map.of(), "read", "webcam:" + device, "20");
        assertThat(lines).contains("640x480 at 30 live true");
        requireBars(lines, 30);
    }

    @Test
    void open_askedForSizeRateAndFormat_hasThem() throws Exception {
        List<String> lines = run(
                Map.of("CAMERA_JPEG", jpeg().toString()),
                "read",
                "webcam:" + device + "?size=640x480&rate=15&format=yuyv422",
                "10");
        assertThat(lines).contains("640x480 at 15 live true");
        requireBars(lines, 15);
        assertThat(lines).noneMatch(l -> l.contains("as near as it comes"));
    }

    @ParameterizedTest
    @CsvSource({"?size=352x288&format=yuyv422, 320x240", "?format=h264, 640x480"})
    void open_sizeOrFormatThatItHasNot_takesTheNearestAndSaysSo(String wish, String size) throws Exception {
        List<String> lines = run(Map.of(), "read", "webcam:" + device + wish, "10");
        assertThat(lines)
                .contains(size + " at 30 live true")
                .anyMatch(l ->
                        l.endsWith(" gives yuyv422 of " + size + " at 30.0 frames/s, which is as near as it comes"));
        requireBars(lines, 30);
    }

    @Test
    void open_inUse_saysSo() throws Exception {
        assertThat(run(Map.of("CAMERA_BUSY", "1"), "read", "webcam:" + device, "1"))
                .anyMatch(
                        l -> l.startsWith("[DERM-218] webcam:" + device + " cannot be opened: it is in use. Remedy: "));
    }

    @Test
    void next_unplugged_failsAtOnce() throws Exception {
        List<String> lines = run(Map.of("CAMERA_UNPLUG_AFTER", "12"), "read", "webcam:" + device, "40");
        assertThat(lines).anyMatch(l -> l.startsWith("[DERM-2"));
        assertThat(lines).noneMatch(l -> l.startsWith("rate "));
    }

    @Test
    void live_unpluggedAndPluggedIn_goesOn() throws Exception {
        List<String> lines = run(Map.of("CAMERA_UNPLUG_AFTER", "12"), "live", "webcam:" + device, "40");
        assertThat(lines).containsSubsequence("CONNECTING", "LIVE", "RETRYING", "CONNECTING", "LIVE", "ENDED");
        assertThat(lines).anyMatch(l -> l.contains(" breaks off after 12 frames at "));
        assertThat(lines).anyMatch(l -> l.startsWith("rate "));
    }

    @Test
    void live_unpluggedForGood_isGivenUp() throws Exception {
        assertThat(run(Map.of("CAMERA_UNPLUG_AFTER", "12", "CAMERA_GONE", "1"), "live", "webcam:" + device, "40"))
                .containsSubsequence("CONNECTING", "LIVE", "RETRYING", "CONNECTING", "FAILED")
                .anyMatch(l -> l.startsWith("[DERM-234] "));
    }
}
