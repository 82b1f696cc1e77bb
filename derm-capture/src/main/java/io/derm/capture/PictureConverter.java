package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_JPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_UNSPECIFIED;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_BGR24;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_BGRA;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_FLAG_ALPHA;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_FLAG_RGB;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_NONE;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_NV12;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV411P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV422P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV440P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV444P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUVJ411P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUVJ420P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUVJ422P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUVJ440P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUVJ444P;
import static org.bytedeco.ffmpeg.global.avutil.av_get_pix_fmt_name;
import static org.bytedeco.ffmpeg.global.avutil.av_pix_fmt_desc_get;
import static org.bytedeco.ffmpeg.global.swscale.SWS_ACCURATE_RND;
import static org.bytedeco.ffmpeg.global.swscale.SWS_BICUBIC;
import static org.bytedeco.ffmpeg.global.swscale.SWS_BILINEAR;
import static org.bytedeco.ffmpeg.global.swscale.SWS_CS_ITU601;
import static org.bytedeco.ffmpeg.global.swscale.SWS_CS_ITU709;
import static org.bytedeco.ffmpeg.global.swscale.SWS_FULL_CHR_H_INT;
import static org.bytedeco.ffmpeg.global.swscale.sws_freeContext;
import static org.bytedeco.ffmpeg.global.swscale.sws_getCoefficients;
import static org.bytedeco.ffmpeg.global.swscale.sws_getContext;
import static org.bytedeco.ffmpeg.global.swscale.sws_scale;
import static org.bytedeco.ffmpeg.global.swscale.sws_setColorspaceDetails;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * Turns decoded pictures of any format and size into BGR24 or NV12 frames of the same size, by the colour matrix and range that
 * the picture states. Where it states no matrix, BT.709 is taken for 1280 pixels or 577 rows and up, else BT.601, as
 * players do. Transparent pixels are laid over white.
 *
 * <p>4:2:0 of BT.709 and limited range becomes NV12 by interleaving its chroma; what has another matrix or range is converted, as the
 * runtimes take all NV12 for BT.709.
 *
 * <p>Confined. A change of size, format or colour between two pictures makes a new scaler and is otherwise invisible.
 */
final class PictureConverter implements AutoCloseable {
    private static final int BLOCK = 16;

    private final String name;
    private final int flags;
    private final PointerPointer<BytePointer> targetPlanes = new PointerPointer<>(4);
    private final IntPointer targetStrides = new IntPointer(4);
    private @Nullable SwsContext scaler;
    private int width;
    private int height;
    private int format = AV_PIX_FMT_NONE;
    private int colorspace;
    private int range;
    private boolean alpha;
    private PixelFormat target = PixelFormat.BGR24;
    private @Nullable Bt709 bt709;
    private @Nullable ByteBuffer scratch;

    /** For video: repeats the chroma of subsampled pictures, which is four times as fast. */
    static PictureConverter fast(String name) {
        return new PictureConverter(name, SWS_BILINEAR);
    }

    /** For stills: interpolates the chroma and rounds exactly. */
    static PictureConverter exact(String name) {
        return new PictureConverter(name, SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT);
    }

    private PictureConverter(String name, int flags) {
        this.name = name;
        this.flags = flags;
        for (int i = 0; i < 4; i++) {
            targetPlanes.put(i, null);
            targetStrides.put(i, 0);
        }
    }

    /**
     * The format nearest to {@code wanted} that a picture can be converted to: NV12 has no odd sides, and turning and transparency are
     * for BGR24 alone.
     */
    static PixelFormat format(PixelFormat wanted, AVFrame picture, Orientation orientation) {
        boolean even = ((picture.width() | picture.height()) & 1) == 0;
        return wanted == PixelFormat.NV12 && even && orientation == Orientation.NORMAL && !hasAlpha(picture.format())
                ? PixelFormat.NV12
                : PixelFormat.BGR24;
    }

    private static boolean hasAlpha(int format) {
        return (av_pix_fmt_desc_get(format).flags() & AV_PIX_FMT_FLAG_ALPHA) != 0;
    }

    /**
     * Fills {@code target} with {@code picture}.
     *
     * @param target of the picture's size as {@code orientation} shows it, in a format that {@link #format} answers
     * @throws CaptureException if FFmpeg has no conversion from the picture's format
     */
    void convert(AVFrame picture, Orientation orientation, Frame target) {
        prepare(picture, target.format());
        ByteBuffer pixels = target.pixels();
        // FFmpeg writes whole blocks of pixels, for other widths over the end of the last row.
        boolean fits = width % BLOCK == 0;
        if (target.format() == PixelFormat.NV12) {
            if (fits) {
                scale(picture, pixels, target.stride());
            } else {
                int bytes = PixelFormat.NV12.bytes(target.stride(), height);
                ByteBuffer padded = scratch(Math.addExact(bytes, BLOCK * 4));
                scale(picture, padded, target.stride());
                pixels.put(0, padded, 0, bytes);
            }
            if (bt709 != null) {
                bt709.convert(pixels, width, height, target.stride());
            }
            return;
        }
        if (!alpha && fits && orientation == Orientation.NORMAL) {
            scale(picture, pixels, target.stride());
            return;
        }
        int stride = width * (alpha ? 4 : 3);
        ByteBuffer turned = scratch(Math.addExact(Math.multiplyExact(stride, height), BLOCK * 4));
        scale(picture, turned, stride);
        if (alpha) {
            overWhite(turned, width * height);
            stride = width * 3;
        }
        if (orientation == Orientation.NORMAL && stride == target.stride()) {
            pixels.put(0, turned, 0, stride * height);
            return;
        }
        orientation.apply(turned, stride, width, height, pixels, target.stride());
    }

    private void prepare(AVFrame picture, PixelFormat wanted) {
        int w = picture.width();
        int h = picture.height();
        int f = picture.format();
        int space = picture.colorspace();
        int colorRange = picture.color_range();
        if (scaler != null
                && w == width
                && h == height
                && f == format
                && space == colorspace
                && colorRange == range
                && wanted == target) {
            return;
        }
        free();
        int plain = withoutRange(f);
        alpha = hasAlpha(f);
        boolean nv12 = wanted == PixelFormat.NV12;
        int to = nv12 ? AV_PIX_FMT_NV12 : alpha ? AV_PIX_FMT_BGRA : AV_PIX_FMT_BGR24;
        SwsContext made = sws_getContext(w, h, plain, w, h, to, flags, null, null, (DoublePointer) null);
        if (made == null) {
            throw new CaptureException(
                    207,
                    name + " has pictures of " + w + "x" + h + " "
                            + av_get_pix_fmt_name(f).getString() + ", which this FFmpeg cannot convert",
                    "convert the video to H.264 with 8-bit 4:2:0 colour");
        }
        scaler = made;
        int matrix = space == AVCOL_SPC_UNSPECIFIED ? (w >= 1280 || h > 576 ? SWS_CS_ITU709 : SWS_CS_ITU601) : space;
        boolean full = plain != f || colorRange == AVCOL_RANGE_JPEG;
        IntPointer coefficients = sws_getCoefficients(matrix);
        // Fails for RGB pictures that become BGR24, where there is no matrix to set.
        boolean rgb = (av_pix_fmt_desc_get(f).flags() & AV_PIX_FMT_FLAG_RGB) != 0;
        IntPointer to709 = nv12 && rgb ? sws_getCoefficients(SWS_CS_ITU709) : coefficients;
        int toRange = nv12 && (rgb || !full) ? 0 : 1;
        sws_setColorspaceDetails(made, coefficients, full ? 1 : 0, to709, toRange, 0, 1 << 16, 1 << 16);
        bt709 = nv12 && !rgb && (full || matrix != SWS_CS_ITU709) ? toBt709(coefficients, full) : null;
        width = w;
        height = h;
        format = f;
        colorspace = space;
        range = colorRange;
        target = wanted;
    }

    /** From the scaler's coefficients, which are 2 (1 - share) of red and blue in 65536ths of the limited range. */
    private static Bt709 toBt709(IntPointer coefficients, boolean full) {
        double unit = 2.0 * 65536 * 255 / 224;
        return new Bt709(1 - coefficients.get(0) / unit, 1 - coefficients.get(1) / unit, full);
    }

    private void scale(AVFrame picture, ByteBuffer to, int stride) {
        targetPlanes.put(0, Ffmpeg.address(to));
        targetStrides.put(0, stride);
        if (target == PixelFormat.NV12) {
            targetPlanes.put(1, Ffmpeg.address(to).position((long) stride * height));
            targetStrides.put(1, stride);
        }
        int rows = sws_scale(scaler, picture.data(), picture.linesize(), 0, height, targetPlanes, targetStrides);
        if (rows != height) {
            throw new IllegalStateException("FFmpeg converted " + rows + " of " + height + " rows");
        }
    }

    /** BGRA to BGR in place: the write never overtakes the read. */
    private static void overWhite(ByteBuffer pixels, int count) {
        for (int i = 0, in = 0, out = 0; i < count; i++, in += 4, out += 3) {
            int opacity = pixels.get(in + 3) & 0xff;
            int white = 255 * (255 - opacity) + 127;
            byte blue = (byte) (((pixels.get(in) & 0xff) * opacity + white) / 255);
            byte green = (byte) (((pixels.get(in + 1) & 0xff) * opacity + white) / 255);
            byte red = (byte) (((pixels.get(in + 2) & 0xff) * opacity + white) / 255);
            pixels.put(out, blue).put(out + 1, green).put(out + 2, red);
        }
    }

    private ByteBuffer scratch(int bytes) {
        ByteBuffer buffer = scratch;
        if (buffer == null || buffer.capacity() < bytes) {
            buffer = ByteBuffer.allocateDirect(bytes);
            scratch = buffer;
        }
        return buffer;
    }

    /** The yuvj formats are yuv formats of full range by an old name. */
    private static int withoutRange(int f) {
        if (f == AV_PIX_FMT_YUVJ420P) {
            return AV_PIX_FMT_YUV420P;
        } else if (f == AV_PIX_FMT_YUVJ422P) {
            return AV_PIX_FMT_YUV422P;
        } else if (f == AV_PIX_FMT_YUVJ444P) {
            return AV_PIX_FMT_YUV444P;
        } else if (f == AV_PIX_FMT_YUVJ440P) {
            return AV_PIX_FMT_YUV440P;
        } else if (f == AV_PIX_FMT_YUVJ411P) {
            return AV_PIX_FMT_YUV411P;
        }
        return f;
    }

    private void free() {
        if (scaler != null) {
            sws_freeContext(scaler);
            scaler = null;
        }
    }

    @Override
    public void close() {
        free();
        targetPlanes.close();
        targetStrides.close();
    }
}
