package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.PixelFormat;
import io.derm.api.contract.FrameSourceContract;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Videos as NV12 frames, and what else reads frames. */
class Nv12Test extends FrameSourceContract {
    private static final CaptureOptions NV12 = CaptureOptions.defaults().withPixelFormat(PixelFormat.NV12);

    @TempDir
    Path folder;

    @Override
    protected FrameSource open() {
        return VideoSource.open(TestMedia.file("plain.mp4"), NV12);
    }

    @Override
    protected int expectedFrames() {
        return 12;
    }

    @ParameterizedTest
    @CsvSource({
        "plain.mp4, NV12",
        "bt601.mp4, NV12",
        "full.mp4, NV12",
        "untagged.mp4, NV12",
        "deep.mkv, NV12",
        "turned90.mp4, BGR24",
        "odd.mp4, BGR24",
        "exif6.jpg, BGR24"
    })
    void next_nv12AskedFor_showsTheColoursOfBgr24(String name, PixelFormat format) throws Exception {
        try (FrameSource source = Sources.open(TestMedia.file(name).toString(), NV12);
                FrameSource plain = Sources.open(TestMedia.file(name).toString());
                Frame frame = source.next().orElseThrow();
                Frame expected = plain.next().orElseThrow()) {
            assertThat(frame.format()).isEqualTo(format);
            byte[] seen = new byte[3 * frame.width() * frame.height()];
            byte[] wanted = new byte[seen.length];
            Images.copyBgr(frame, seen);
            Images.copyBgr(expected, wanted);
            double sum = 0;
            for (int i = 0; i < seen.length; i++) {
                sum += Math.abs((seen[i] & 0xff) - (wanted[i] & 0xff));
            }
            assertThat(sum / seen.length).isLessThan(2.5); // 9 with the wrong matrix; 2 by rounding ten bits to eight
        }
    }

    @Test
    void jpeg_cropOfNv12_isThePictureThere() throws Exception {
        try (FrameSource source = open();
                FrameSource plain = Sources.open(TestMedia.file("plain.mp4").toString());
                Frame frame = source.next().orElseThrow();
                Frame expected = plain.next().orElseThrow()) {
            Box odd = new Box(33, 15, 62, 44);
            BufferedImage seen = ImageIO.read(new ByteArrayInputStream(Images.jpeg(frame, odd, 500)));
            BufferedImage wanted = ImageIO.read(new ByteArrayInputStream(Images.jpeg(expected, odd, 500)));
            assertThat(seen.getWidth()).isEqualTo(29);
            for (int y = 4; y < 28; y += 5) {
                for (int x = 4; x < 28; x += 5) {
                    for (int shift = 0; shift < 24; shift += 8) {
                        assertThat((double) (seen.getRGB(x, y) >> shift & 0xff))
                                .isCloseTo(wanted.getRGB(x, y) >> shift & 0xff, within(30.0));
                    }
                }
            }
        }
    }

    @Test
    void record_nv12Frames_showsTheirColours() throws Exception {
        Path file = folder.resolve("a.mp4");
        byte[] wanted;
        try (FrameSource source = open();
                VideoRecorder recorder = VideoRecorder.open(file, RecorderOptions.of(25))) {
            try (Frame frame = source.next().orElseThrow()) {
                wanted = new byte[3 * frame.width() * frame.height()];
                Images.copyBgr(frame, wanted);
                recorder.record(frame);
            }
        }
        try (FrameSource source = Sources.open(file.toString());
                Frame frame = source.next().orElseThrow()) {
            byte[] seen = new byte[wanted.length];
            Images.copyBgr(frame, seen);
            double sum = 0;
            for (int i = 0; i < seen.length; i++) {
                sum += Math.abs((seen[i] & 0xff) - (wanted[i] & 0xff));
            }
            assertThat(sum / seen.length).isLessThan(6);
        }
    }
}
