package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JpegEncoderTest {
    private static BufferedImage read(byte[] jpeg) throws Exception {
        return ImageIO.read(new ByteArrayInputStream(jpeg));
    }

    @Test
    void encode_frames_areWhatJavaReads() throws Exception {
        try (JpegEncoder encoder = new JpegEncoder(1920, 3)) {
            for (int shade : new int[] {30, 90, 200}) {
                try (Frame frame = TestMedia.drawn(320, 240, shade)) {
                    BufferedImage image = read(encoder.encode(frame));
                    assertThat(image.getWidth()).isEqualTo(320);
                    assertThat(image.getHeight()).isEqualTo(240);
                    for (int[] at : new int[][] {{160, 120}, {8, 8}, {300, 200}, {40, 200}}) {
                        int[] expected = TestMedia.rgb(frame, at[0], at[1]);
                        int rgb = image.getRGB(at[0], at[1]);
                        for (int c = 0; c < 3; c++) {
                            assertThat(rgb >> (16 - 8 * c) & 0xff).isCloseTo(expected[c], within(8));
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"BGR24", "NV12"})
    void encode_eitherFormatOfAVideo_hasTheSameColours(io.derm.api.PixelFormat format) throws Exception {
        CaptureOptions options = CaptureOptions.defaults().withPixelFormat(format);
        String red = "lavfi:color=c=0xC03020:size=64x48:rate=10:duration=1,format=yuv420p";
        try (FrameSource source = Sources.open(red, options);
                JpegEncoder encoder = new JpegEncoder(1920, 2);
                Frame frame = source.next().orElseThrow()) {
            assertThat(frame.format()).isEqualTo(format);
            BufferedImage shown = read(encoder.encode(frame));
            BufferedImage written = read(Images.jpeg(frame, frame.bounds(), 64));
            for (int shift = 0; shift <= 16; shift += 8) {
                assertThat(shown.getRGB(20, 20) >> shift & 0xff)
                        .isCloseTo(written.getRGB(20, 20) >> shift & 0xff, within(4));
            }
        }
    }

    @Test
    void encode_framesOfOtherSizes_areEachFittedIntoTheLongestSide() throws Exception {
        try (JpegEncoder encoder = new JpegEncoder(100, 5);
                Frame wide = TestMedia.drawn(400, 200, 90);
                Frame tall = TestMedia.drawn(200, 400, 90);
                Frame odd = TestMedia.drawn(65, 49, 90)) {
            assertThat(read(encoder.encode(wide)))
                    .returns(100, BufferedImage::getWidth)
                    .returns(50, BufferedImage::getHeight);
            assertThat(read(encoder.encode(tall)))
                    .returns(50, BufferedImage::getWidth)
                    .returns(100, BufferedImage::getHeight);
            assertThat(read(encoder.encode(odd)))
                    .returns(64, BufferedImage::getWidth)
                    .returns(48, BufferedImage::getHeight);
        }
    }

    @Test
    void encode_afterClose_isRefused() {
        try (Frame frame = TestMedia.drawn(64, 48, 90)) {
            JpegEncoder encoder = new JpegEncoder(100, 5);
            encoder.close();
            encoder.close();
            assertThatThrownBy(() -> encoder.encode(frame)).isInstanceOf(IllegalStateException.class);
        }
        assertThatThrownBy(() -> new JpegEncoder(100, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
