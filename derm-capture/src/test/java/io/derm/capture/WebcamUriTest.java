package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebcamUriTest {
    @Test
    void parse_everyOption_isRead() {
        assertThat(WebcamUri.parse("webcam:/dev/video2?size=1920x1080&rate=29.97&format=YUYV422"))
                .isEqualTo(new WebcamUri("/dev/video2", "1920x1080", "29.97", "yuyv422"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "webcam:",
                "webcam:?rate=30",
                "webcam:0?size=1280",
                "webcam:0?rate=fast",
                "webcam:0?rate=-1",
                "webcam:0?rate=",
                "webcam:0?format=a;b",
                "webcam:0?zoom=2",
                "webcam:0?rate=30&"
            })
    void parse_whatCannotBe_isRefusedWithTheForm(String uri) {
        assertThatThrownBy(() -> WebcamUri.parse(uri))
                .isInstanceOf(CaptureException.class)
                .hasMessageStartingWith("[DERM-219] ")
                .hasMessageEndingWith("Remedy: write it as webcam:N[?size=WxH&rate=N&format=mjpeg|yuyv422|nv12|...]");
    }

    @Test
    void attempts_nothingAskedFor_beginWithHdMotionJpegAndEndWithWhatTheDriverHas() {
        assertThat(WebcamUri.parse("webcam:0").attempts(WebcamSystem.LINUX))
                .containsExactly(
                        Map.of("video_size", "1280x720", "framerate", "30", "input_format", "mjpeg"),
                        Map.of("video_size", "1280x720", "framerate", "30"),
                        Map.of("video_size", "1280x720"),
                        Map.of());
    }

    @Test
    void attempts_formatAskedFor_keepItLongest() {
        assertThat(WebcamUri.parse("webcam:0?format=nv12&size=640x480").attempts(WebcamSystem.LINUX))
                .containsExactly(
                        Map.of("video_size", "640x480", "framerate", "30", "input_format", "nv12"),
                        Map.of("video_size", "640x480", "input_format", "nv12"),
                        Map.of("input_format", "nv12"),
                        Map.of());
    }

    @Test
    void attempts_otherSystems_useTheirNames() {
        WebcamUri coded = WebcamUri.parse("webcam:0?format=mjpeg");
        WebcamUri raw = WebcamUri.parse("webcam:0?format=nv12");
        assertThat(coded.attempts(WebcamSystem.WINDOWS).get(0)).containsEntry("vcodec", "mjpeg");
        assertThat(raw.attempts(WebcamSystem.WINDOWS).get(0)).containsEntry("pixel_format", "nv12");
        assertThat(raw.attempts(WebcamSystem.MAC).get(0)).containsEntry("pixel_format", "nv12");
        assertThat(coded.attempts(WebcamSystem.MAC).get(0)).containsOnlyKeys("video_size", "framerate");
    }

    @ParameterizedTest
    @CsvSource({
        "LINUX, 2, /dev/video2",
        "LINUX, /dev/v4l/by-id/x, /dev/v4l/by-id/x",
        "WINDOWS, HD Cam, video=HD Cam",
        "MAC, 1, 1:none"
    })
    void address_ofADevice_isWhatTheInputOpens(WebcamSystem system, String device, String address) {
        assertThat(system.address(device)).isEqualTo(address);
    }

    @ParameterizedTest
    @CsvSource({"Linux, LINUX", "Windows 11, WINDOWS", "Mac OS X, MAC"})
    void of_osName_isTheSystem(String name, WebcamSystem system) {
        assertThat(WebcamSystem.of(name)).isEqualTo(system);
    }

    @ParameterizedTest
    @CsvSource({
        "webcam:0, 640, 480, 15, mjpeg, true",
        "webcam:0?size=1280x720, 1280, 720, 10, mjpeg, true",
        "webcam:0?size=1280x720, 640, 480, 30, mjpeg, false",
        "webcam:0?rate=30, 640, 480, 15, yuyv422, false",
        "webcam:0?rate=30, 640, 480, 29.97, yuyv422, true",
        "webcam:0?format=YUYV422, 640, 480, 30, yuyv422, true",
        "webcam:0?format=h264, 640, 480, 30, yuyv422, false"
    })
    void meets_whatCame_goesByWhatWasAskedFor(
            String uri, int width, int height, double rate, String coding, boolean met) {
        assertThat(WebcamUri.parse(uri).meets(width, height, rate, coding)).isEqualTo(met);
    }
}
