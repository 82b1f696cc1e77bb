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
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
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
                "YUV4MPEG2 W99998 H99998 F25:1\n",
                "YUV4MPEG2 W16 H16386 F25:1\n",
                "YUV4MPEG2 W16 H8 F25:1 It A1:1\n",
                "YUV4MPEG2 W16 H8 F25:1 Ib\n",
                "YUV4MPEG2 Im W16 H8 F25:1\n",
                "YUV4MPEG2 W1920 H1080 F30000:1001 Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=FULL\n",
                "RIFF",
                ""
            })
    void open_otherHeader_isRefusedInOneLine(String header) {
        AtomicBoolean closed = new AtomicBoolean();
        assertThatThrownBy(() -> new Y4mSource("camera", noting(closed, header)))
                .isInstanceOf(CaptureException.class)
                .hasMessage("[DERM-910] Source camera begins with '" + header.strip()
                        + "', expected a YUV4MPEG2 header of progressive 4:2:0 of limited range, with even sides up to"
                        + " 16384 and a rate. Remedy: Write it with 'ffmpeg -i CAMERA"
                        + " -vf yadif=deint=interlaced,scale=out_color_matrix=bt709:out_range=tv"
                        + " -pix_fmt yuv420p -f yuv4mpegpipe -'.");
        assertThat(closed).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "YUV4MPEG2 W16 H8 F25:1 Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=LIMITED\n",
                "YUV4MPEG2 W16 H8 F25:1 I? A0:0\n"
            })
    void open_limitedRangeOrFieldsNotStated_isTaken(String header) {
        AtomicBoolean closed = new AtomicBoolean();
        try (Y4mSource source = new Y4mSource("camera", noting(closed, header))) {
            assertThat(source.info().width()).isEqualTo(16);
            assertThat(closed).isFalse();
        }
        assertThat(closed).isTrue();
    }

    private static InputStream noting(AtomicBoolean closed, String content) {
        return new ByteArrayInputStream(Y4m.ascii(content)) {
            @Override
            public void close() {
                closed.set(true);
            }
        };
    }

    @Test
    void close_whileNextWaitsForAFreeFrame_endsIt() throws Exception {
        List<Frame> held = new ArrayList<>();
        try (Y4mSource source = new Y4mSource("camera", new ByteArrayInputStream(Y4m.clip(16, 8, 20)))) {
            for (int i = 0; i < 8; i++) {
                held.add(source.next().orElseThrow());
            }
            FutureTask<Optional<Frame>> ninth = new FutureTask<>(source::next);
            Thread taker = new Thread(ninth, "taker");
            taker.setDaemon(true);
            taker.start();
            while (Arrays.stream(taker.getStackTrace())
                    .noneMatch(f -> f.getMethodName().equals("lease"))) {
                assertThat(ninth.isDone()).isFalse();
                TimeUnit.MILLISECONDS.sleep(5);
            }
            source.close();
            assertThat(ninth.get(30, TimeUnit.SECONDS)).isEmpty();
        }
        held.forEach(Frame::close);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void next_atANamedPipe_isWhatTheSameBytesInMemoryAre() throws Exception {
        // Frames larger than the 64 KiB that a pipe holds, so that reads come back short.
        byte[] clip = Y4m.clip(640, 480, 3);
        try (NamedPipe pipe = new NamedPipe(dir.resolve("camera.y4m"), clip, true);
                FrameSource own = Sources.open("y4m:" + pipe.path());
                FrameSource memory = new Y4mSource("memory", new ByteArrayInputStream(clip))) {
            for (int i = 0; i < 3; i++) {
                try (Frame found = own.next().orElseThrow();
                        Frame expected = memory.next().orElseThrow()) {
                    assertThat(bytes(found)).isEqualTo(bytes(expected));
                }
            }
            assertThat(own.next()).isEmpty();
        }
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
