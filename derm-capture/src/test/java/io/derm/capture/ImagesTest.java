package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Box;
import io.derm.api.CaptureException;
import io.derm.api.Frame;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesTest {
    @TempDir
    Path folder;

    @Test
    void write_boxAsPng_keepsEveryPixelOfIt() throws Exception {
        Path file = folder.resolve("crop.png");
        try (Frame frame = TestMedia.drawn(64, 48, 90)) {
            Images.write(frame, new Box(10.4f, -5, 30.2f, 20.5f), file);
            BufferedImage image = ImageIO.read(file.toFile());
            assertThat(image.getWidth()).isEqualTo(21);
            assertThat(image.getHeight()).isEqualTo(21);
            for (int y = 0; y < 21; y++) {
                for (int x = 0; x < 21; x++) {
                    int[] rgb = TestMedia.rgb(frame, 10 + x, y);
                    assertThat(image.getRGB(x, y) & 0xffffff).isEqualTo(rgb[0] << 16 | rgb[1] << 8 | rgb[2]);
                }
            }
        }
    }

    @Test
    void write_wholeFrameAsJpeg_canBeOpenedAsASource() throws Exception {
        Path file = folder.resolve("all.JPG");
        try (Frame frame = TestMedia.drawn(65, 49, 90)) {
            Images.write(frame, file);
            try (var source = Sources.open(file.toString());
                    Frame read = source.next().orElseThrow()) {
                assertThat(read.width()).isEqualTo(65);
                assertThat(read.height()).isEqualTo(49);
                assertThat(TestMedia.rgb(read, 5, 5)[0]).isCloseTo(TestMedia.rgb(frame, 5, 5)[0], within(6));
            }
        }
    }

    @Test
    void jpeg_ofLargeBox_isScaledDownToTheLongerSide() throws Exception {
        try (Frame frame = TestMedia.drawn(1280, 720, 90)) {
            BufferedImage image = read(Images.jpeg(frame, frame.bounds(), 100));
            assertThat(image.getWidth()).isEqualTo(100);
            assertThat(image.getHeight()).isEqualTo(56);
            int[] expected = TestMedia.rgb(frame, 640, 360);
            assertThat(image.getRGB(50, 28) >> 8 & 0xff).isCloseTo(expected[1], within(4));
            assertThat(read(Images.jpeg(frame, Box.ofSize(0, 0, 20, 10), 100)).getWidth())
                    .isEqualTo(20);
        }
    }

    private static BufferedImage read(byte[] jpeg) throws Exception {
        return ImageIO.read(new ByteArrayInputStream(jpeg));
    }

    @Test
    void jpeg_boxOutsideTheFrame_isRefused() {
        try (Frame frame = TestMedia.drawn(64, 48, 90)) {
            assertThatThrownBy(() -> Images.jpeg(frame, Box.ofSize(70, 0, 10, 10), 100))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Images.jpeg(frame, frame.bounds(), 0))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Images.write(frame, folder.resolve("a.tga")))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void write_folderMissing_failsAndLeavesNothing() throws Exception {
        Path file = folder.resolve("none").resolve("a.png");
        try (Frame frame = TestMedia.drawn(64, 48, 90)) {
            assertThatThrownBy(() -> Images.write(frame, file))
                    .isInstanceOf(CaptureException.class)
                    .hasMessage(
                            "[DERM-225] Image " + file + " cannot be written: no such file or folder. Remedy: choose "
                                    + "a folder that exists, can be written to and has space");
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }
}
