package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_JPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_MPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_SMPTE170M;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_UNSPECIFIED;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_NV12;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV422P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV444P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUVJ420P;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_get_buffer;

import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BgrConverterTest {
    private static final int GUARD = 256;
    private static final byte MARK = 0x5a;

    @BeforeAll
    static void load() {
        Ffmpeg.load();
    }

    private static AVFrame picture(int width, int height, int format, int y, int u, int v) {
        AVFrame picture = av_frame_alloc();
        picture.width(width).height(height).format(format);
        av_frame_get_buffer(picture, 0);
        int chromaRows = format == AV_PIX_FMT_YUV422P || format == AV_PIX_FMT_YUV444P ? height : (height + 1) / 2;
        Pointer.memset(picture.data(0), y, (long) picture.linesize(0) * height);
        Pointer.memset(picture.data(1), u, (long) picture.linesize(1) * chromaRows);
        if (format != AV_PIX_FMT_NV12) {
            Pointer.memset(picture.data(2), v, (long) picture.linesize(2) * chromaRows);
        }
        return picture;
    }

    @Test
    void convert_anySize_fillsTheFrameAndNothingAfterIt() {
        int[] formats = {
            AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV444P, AV_PIX_FMT_NV12
        };
        try (BgrConverter fast = BgrConverter.fast("a.mp4");
                BgrConverter exact = BgrConverter.exact("a.png")) {
            for (int format : formats) {
                for (int width = 1; width < 70; width++) {
                    for (int height : new int[] {1, 2, 3, 8, 17}) {
                        for (BgrConverter converter : new BgrConverter[] {fast, exact}) {
                            AVFrame picture = picture(width, height, format, 130, 128, 128);
                            ByteBuffer pixels = ByteBuffer.allocateDirect(width * height * 3 + GUARD);
                            for (int i = 0; i < pixels.capacity(); i++) {
                                pixels.put(i, MARK);
                            }
                            try (Frame frame = Frame.wrap(pixels, width, height, 3 * width, PixelFormat.BGR24)) {
                                converter.convert(picture, Orientation.NORMAL, frame);
                            } finally {
                                av_frame_free(picture);
                            }
                            for (int i = 0; i < pixels.capacity(); i++) {
                                boolean inside = i < width * height * 3;
                                assertThat(pixels.get(i) == MARK)
                                        .as("format %d, %dx%d, byte %d", format, width, height, i)
                                        .isEqualTo(!inside);
                            }
                        }
                    }
                }
            }
        }
    }

    /** Expected values by the formulas of ITU-R BT.601 and BT.709. */
    @ParameterizedTest
    @CsvSource({
        "709, false, 81, 90, 200", "601, false, 81, 90, 200", "709, true, 81, 90, 200", "601, true, 81, 90, 200",
        "709, false, 200, 140, 110", "601, false, 16, 128, 128", "709, false, 235, 128, 128", "709, true, 255, 128, 128"
    })
    void convert_matrixAndRange_followTheStandard(int matrix, boolean full, int y, int u, int v) {
        double kr = matrix == 709 ? 0.2126 : 0.299;
        double kb = matrix == 709 ? 0.0722 : 0.114;
        double luma = full ? y : (y - 16) * 255.0 / 219;
        double cb = (u - 128) * (full ? 1 : 255.0 / 224);
        double cr = (v - 128) * (full ? 1 : 255.0 / 224);
        double red = luma + 2 * (1 - kr) * cr;
        double blue = luma + 2 * (1 - kb) * cb;
        double green = (luma - kr * red - kb * blue) / (1 - kr - kb);
        double[] expected = {red, green, blue};
        AVFrame picture = picture(64, 32, AV_PIX_FMT_YUV420P, y, u, v);
        picture.colorspace(matrix == 709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M);
        picture.color_range(full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG);
        assertShows(picture, expected);
    }

    @Test
    void convert_matrixNotStated_goesBySize() {
        // BT.601 and BT.709 differ by 18 in green here.
        for (int width : new int[] {640, 1280}) {
            AVFrame picture = picture(width, 2, AV_PIX_FMT_YUV420P, 81, 90, 200);
            picture.colorspace(AVCOL_SPC_UNSPECIFIED);
            double kr = width == 1280 ? 0.2126 : 0.299;
            double kb = width == 1280 ? 0.0722 : 0.114;
            double luma = (81 - 16) * 255.0 / 219;
            double red = luma + 2 * (1 - kr) * 72 * 255 / 224;
            double blue = luma + 2 * (1 - kb) * -38 * 255 / 224;
            assertShows(picture, new double[] {red, (luma - kr * red - kb * blue) / (1 - kr - kb), blue});
        }
    }

    private static void assertShows(AVFrame picture, double[] expected) {
        int width = picture.width();
        int height = picture.height();
        ByteBuffer pixels = ByteBuffer.allocateDirect(width * height * 3);
        try (BgrConverter fast = BgrConverter.fast("a.mp4");
                BgrConverter exact = BgrConverter.exact("a.png");
                Frame frame = Frame.wrap(pixels, width, height, 3 * width, PixelFormat.BGR24)) {
            for (BgrConverter converter : new BgrConverter[] {fast, exact}) {
                converter.convert(picture, Orientation.NORMAL, frame);
                int[] rgb = TestMedia.rgb(frame, width / 2, height / 2);
                for (int c = 0; c < 3; c++) {
                    assertThat((double) rgb[c])
                            .as("channel %d", c)
                            .isCloseTo(Math.max(0, Math.min(255, expected[c])), within(2.5));
                }
            }
        } finally {
            av_frame_free(picture);
        }
    }
}
