package com.example.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.PixelFormat;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Y4mSourceTest {
    @TempDir
    Path dir;

    @Test
    void next_eachFrame_isWhatFfmpegReadsOfTheSameFile() throws Exception {
        // A size from which on FFmpeg too takes video that does not say for BT.709.
        Path file = Files.write(dir.resolve("clip.y4m"), Y4m.clip(1280, 720, 3));
        CaptureOptions nv12 = CaptureOptions.defaults().withPixelFormat(PixelFormat.NV12);
        try (FrameSource own = Sources.open("y4m:" + file);
                FrameSource ffmpeg = Sources.open(file, nv12)) {
            assertThat(own).isInstanceOf(Y4mSource.class);
            assertThat(own.info().framesPerSecond()).isEqualTo(25);
            for (int i = 0; i < 3; i++) {
                try (Frame found = own.next().orElseThrow();
                        Frame expected = ffmpeg.next().orElseThrow()) {
                    assertThat(bytes(found)).isEqualTo(bytes(expected));
                    assertThat(found.timestampMicros()).isEqualTo(expected.timestampMicros());
                }
            }
        }
    }

    private static byte[] bytes(Frame frame) {
        assertThat(frame.format()).isEqualTo(PixelFormat.NV12);
        byte[] rows = new byte[frame.width() * frame.height() * 3 / 2];
        for (int y = 0; y < frame.height() * 3 / 2; y++) {
            frame.pixels().get(y * frame.stride(), rows, y * frame.width(), frame.width());
        }
        return rows;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "YUV4MPEG2 W16 H8 F25:1 C444\n",
                "YUV4MPEG2 W15 H8 F25:1\n",
                "YUV4MPEG2 W16 H8\n",
                "YUV4MPEG2 W16 H8 F25:0\n",
                "RIFF",
                ""
            })
    void open_otherHeader_isRefusedInOneLine(String header) {
        assertThatThrownBy(() -> new Y4mSource("camera", new ByteArrayInputStream(Y4m.ascii(header))))
                .isInstanceOf(CaptureException.class)
                .hasMessageStartingWith("[DERM-910] Source camera begins with '" + header.strip() + "'");
    }

    @Test
    void next_streamThatBreaksOffInAFrame_saysWhere() throws Exception {
        byte[] clip = Y4m.clip(16, 8, 2);
        try (Y4mSource source =
                new Y4mSource("camera", new ByteArrayInputStream(Arrays.copyOf(clip, clip.length - 10)))) {
            source.next().orElseThrow().close();
            assertThatThrownBy(source::next)
                    .isInstanceOf(CaptureException.class)
                    .hasMessageStartingWith("[DERM-911] Source camera breaks off after 1 frames: found 182 bytes of");
        }
    }
}
