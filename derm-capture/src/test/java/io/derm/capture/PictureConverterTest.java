package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_JPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_MPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_SMPTE170M;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_UNSPECIFIED;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_NV12;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
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

class PictureConverterTest {
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
        try (PictureConverter fast = PictureConverter.fast("a.mp4");
                PictureConverter exact = PictureConverter.exact("a.png")) {
            for (int format : formats) {
                for (int width = 1; width < 70; width++) {
                    for (int height : new int[] {1, 2, 3, 8, 17}) {
                        for (PictureConverter converter : new PictureConverter[] {fast, exact}) {
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

    /** Expected values by the formulas of ITU-R BT.601 to RGB and of BT.709 back from it. */
    @ParameterizedTest
    @CsvSource({
        "709, false, 81, 90, 200",
        "601, false, 81, 110, 150",
        "709, true, 100, 110, 140",
        "601, true, 90, 120, 150",
        "601, true, 255, 128, 128",
        "601, false, 16, 128, 128",
        "709, true, 0, 128, 128"
    })
    void convert_toNv12_isBt709OfLimitedRange(int matrix, boolean full, int y, int u, int v) {
        double kr = matrix == 709 ? 0.2126 : 0.299;
        double kb = matrix == 709 ? 0.0722 : 0.114;
        double luma = full ? y : (y - 16) * 255.0 / 219;
        double red = luma + 2 * (1 - kr) * (v - 128) * (full ? 1 : 255.0 / 224);
        double blue = luma + 2 * (1 - kb) * (u - 128) * (full ? 1 : 255.0 / 224);
        double green = (luma - kr * red - kb * blue) / (1 - kr - kb);
        double grey = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        double[] expected = {
            16 + grey * 219 / 255,
            128 + (blue - grey) / (2 * (1 - 0.0722)) * 224 / 255,
            128 + (red - grey) / (2 * (1 - 0.2126)) * 224 / 255
        };
        for (int width : new int[] {64, 50}) {
            AVFrame picture = picture(width, 32, AV_PIX_FMT_YUV420P, y, u, v);
            picture.colorspace(matrix == 709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M);
            picture.color_range(full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG);
            ByteBuffer pixels = ByteBuffer.allocateDirect(width * 48);
            try (PictureConverter converter = PictureConverter.fast("a.mp4");
                    Frame frame = Frame.wrap(pixels, width, 32, width, PixelFormat.NV12)) {
                converter.convert(picture, Orientation.NORMAL, frame);
            } finally {
                av_frame_free(picture);
            }
            for (int at : new int[] {0, width * 16 + width / 2, width * 32 - 1}) {
                assertThat((double) (pixels.get(at) & 0xff)).isCloseTo(expected[0], within(1.5));
            }
            for (int at : new int[] {width * 32, width * 40 + width / 2 / 2 * 2, width * 48 - 2}) {
                assertThat((double) (pixels.get(at) & 0xff)).isCloseTo(expected[1], within(1.5));
                assertThat((double) (pixels.get(at + 1) & 0xff)).isCloseTo(expected[2], within(1.5));
            }
        }
    }

    /** Pure red by the formulas of BT.709. */
    @Test
    void convert_rgbToNv12_isBt709OfLimitedRange() {
        AVFrame picture = av_frame_alloc();
        picture.width(32).height(16).format(AV_PIX_FMT_RGB24);
        av_frame_get_buffer(picture, 0);
        for (int y = 0; y < 16; y++) {
            for (int x = 0; x < 32; x++) {
                long at = (long) y * picture.linesize(0) + 3 * x;
                picture.data(0).put(at, (byte) 255).put(at + 1, (byte) 0).put(at + 2, (byte) 0);
            }
        }
        ByteBuffer pixels = ByteBuffer.allocateDirect(32 * 24);
        try (PictureConverter converter = PictureConverter.fast("a.mp4");
                Frame frame = Frame.wrap(pixels, 32, 16, 32, PixelFormat.NV12)) {
            converter.convert(picture, Orientation.NORMAL, frame);
        } finally {
            av_frame_free(picture);
        }
        assertThat((double) (pixels.get(32 * 8) & 0xff)).isCloseTo(16 + 219 * 0.2126, within(1.5));
        assertThat((double) (pixels.get(32 * 20) & 0xff)).isCloseTo(128 - 224 * 0.2126 / 1.8556, within(1.5));
        assertThat((double) (pixels.get(32 * 20 + 1) & 0xff)).isCloseTo(240, within(1.5));
    }

    @Test
    void convert_bt709ToNv12_keepsEverySample() {
        int width = 34;
        int height = 6;
        AVFrame picture = picture(width, height, AV_PIX_FMT_YUV420P, 0, 0, 0);
        picture.colorspace(AVCOL_SPC_BT709);
        picture.color_range(AVCOL_RANGE_MPEG);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                picture.data(0).put((long) y * picture.linesize(0) + x, (byte) (16 + y * width + x));
                if (y < height / 2 && x < width / 2) {
                    picture.data(1).put((long) y * picture.linesize(1) + x, (byte) (30 + y * 17 + x));
                    picture.data(2).put((long) y * picture.linesize(2) + x, (byte) (120 + y * 17 + x));
                }
            }
        }
        ByteBuffer pixels = ByteBuffer.allocateDirect(width * height * 3 / 2);
        try (PictureConverter converter = PictureConverter.fast("a.mp4");
                Frame frame = Frame.wrap(pixels, width, height, width, PixelFormat.NV12)) {
            assertThat(PictureConverter.format(PixelFormat.NV12, picture, Orientation.NORMAL))
                    .isEqualTo(PixelFormat.NV12);
            assertThat(PictureConverter.format(PixelFormat.NV12, picture, Orientation.ROTATED_90))
                    .isEqualTo(PixelFormat.BGR24);
            converter.convert(picture, Orientation.NORMAL, frame);
        } finally {
            av_frame_free(picture);
        }
        for (int i = 0; i < width * height; i++) {
            assertThat(pixels.get(i)).isEqualTo((byte) (16 + i));
        }
        for (int i = 0; i < width * height / 4; i++) {
            assertThat(pixels.get(width * height + 2 * i)).isEqualTo((byte) (30 + i));
            assertThat(pixels.get(width * height + 2 * i + 1)).isEqualTo((byte) (120 + i));
        }
    }

    @Test
    void convert_toNv12OfAnySize_writesNothingAfterTheFrame() {
        int[] formats = {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_NV12};
        try (PictureConverter converter = PictureConverter.fast("a.mp4")) {
            for (int format : formats) {
                for (int width = 2; width < 70; width += 2) {
                    for (int height : new int[] {2, 8, 18}) {
                        AVFrame picture = picture(width, height, format, 130, 128, 128);
                        int bytes = width * height * 3 / 2;
                        ByteBuffer pixels = ByteBuffer.allocateDirect(bytes + GUARD);
                        for (int i = 0; i < pixels.capacity(); i++) {
                            pixels.put(i, MARK);
                        }
                        try (Frame frame = Frame.wrap(pixels, width, height, width, PixelFormat.NV12)) {
                            converter.convert(picture, Orientation.NORMAL, frame);
                        } finally {
                            av_frame_free(picture);
                        }
                        for (int i = 0; i < pixels.capacity(); i++) {
                            assertThat(pixels.get(i) == MARK)
                                    .as("format %d, %dx%d, byte %d", format, width, height, i)
                                    .isEqualTo(i >= bytes);
                        }
                    }
                }
            }
        }
    }

    private static void assertShows(AVFrame picture, double[] expected) {
        int width = picture.width();
        int height = picture.height();
        ByteBuffer pixels = ByteBuffer.allocateDirect(width * height * 3);
        try (PictureConverter fast = PictureConverter.fast("a.mp4");
                PictureConverter exact = PictureConverter.exact("a.png");
                Frame frame = Frame.wrap(pixels, width, height, 3 * width, PixelFormat.BGR24)) {
            for (PictureConverter converter : new PictureConverter[] {fast, exact}) {
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
