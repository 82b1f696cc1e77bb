package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import io.derm.api.SourceDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class WebcamsTest {
    @TempDir
    Path folder;

    @BeforeEach
    void needDevices() {
        try {
            Devices.load();
        } catch (CaptureException e) {
            Assumptions.abort(e.getMessage());
        }
    }

    /** Lines as libavdevice/v4l2.c prints them for list_formats, in its pieces. */
    @Test
    void formats_ofTheLog_areReadAndAllElseIsNot() {
        assertThat(Webcams.formats(List.of(
                        "[video4linux2,v4l2 @ 0x55d0] Compressed:       mjpeg :          Motion-JPEG :",
                        " 1280x720",
                        " 640x480",
                        "\n",
                        "[video4linux2,v4l2 @ 0x55d0] Raw       :     yuyv422 :           YUYV 4:2:2 :",
                        " 640x480",
                        " {32-160, 2}x{24-120, 2}",
                        "\n",
                        "Input #0, rtsp, from 'rtsp://nurse:secret@cam/1':\n")))
                .containsExactly("mjpeg: 1280x720 640x480", "yuyv422: 640x480 {32-160, 2}x{24-120, 2}");
    }

    @Test
    void linux_listedDevices_areNamedInOrder() throws Exception {
        Path listed = Files.createDirectory(folder.resolve("video4linux"));
        Path devices = Files.createDirectory(folder.resolve("dev"));
        for (int n : new int[] {10, 2}) {
            Files.writeString(Files.createDirectory(listed.resolve("video" + n)).resolve("name"), "Camera " + n + "\n");
        }
        Files.createFile(devices.resolve("video2"));
        assertThat(Webcams.linux(listed, devices, false))
                .containsExactly(
                        new SourceDevice("webcam:2", "Camera 2", List.of()),
                        new SourceDevice(
                                "webcam:10",
                                "Camera 10",
                                List.of("this user may not read " + devices.resolve("video10"))));
        // What offers no formats is a camera's device for metadata: here a plain file.
        assertThat(Webcams.linux(listed, devices, true)).hasSize(1);
        assertThat(Webcams.linux(folder.resolve("none"), devices, true)).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void open_noSuchDevice_saysWhatWasFoundAndWhatToDo() {
        assertThatThrownBy(() -> Sources.open("webcam:63?size=640x480").close())
                .isInstanceOf(CaptureException.class)
                .hasMessageMatching("\\[DERM-217\\] There is no webcam 63 \\(/dev/video63\\), found .+\\. Remedy: .+");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void open_whatIsNoCamera_fails() {
        assertThatThrownBy(() -> Sources.open("webcam:/dev/null").close())
                .isInstanceOf(CaptureException.class)
                .hasMessageMatching("\\[DERM-218\\] webcam:/dev/null cannot be opened: .+\\. Remedy: .+");
    }

    @Test
    void refused_byItsReason_givesTheRemedy() {
        assertThat(Webcams.refused("webcam:0", -13))
                .hasMessageContaining("this user may not read it")
                .hasMessageContaining("adduser USER video");
        assertThat(Webcams.refused("webcam:0", -16))
                .hasMessage(
                        "[DERM-218] webcam:0 cannot be opened: it is in use. Remedy: close the program that uses it");
    }

    @Test
    void kind_here_tellsOfDevicesOrOfTheRemedy() {
        var kind = Webcams.kind();
        assertThat(kind.form()).startsWith("webcam:");
        assertThat(kind.availability().available()).isEqualTo(!kind.devices().isEmpty());
    }
}
