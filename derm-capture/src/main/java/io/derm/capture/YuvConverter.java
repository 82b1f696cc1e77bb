package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_BGR24;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_NV12;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUVJ420P;
import static org.bytedeco.ffmpeg.global.swscale.SWS_BILINEAR;
import static org.bytedeco.ffmpeg.global.swscale.SWS_CS_ITU601;
import static org.bytedeco.ffmpeg.global.swscale.SWS_CS_ITU709;
import static org.bytedeco.ffmpeg.global.swscale.sws_freeContext;
import static org.bytedeco.ffmpeg.global.swscale.sws_getCoefficients;
import static org.bytedeco.ffmpeg.global.swscale.sws_getContext;
import static org.bytedeco.ffmpeg.global.swscale.sws_scale;
import static org.bytedeco.ffmpeg.global.swscale.sws_setColorspaceDetails;

import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * Fills an encoder's 4:2:0 picture from BGR24 or NV12 frames; a frame of another shape is fitted into it between black bars. Confined.
 */
final class YuvConverter implements AutoCloseable {
    private static final int PADDING = 256;

    /** What the picture's numbers mean. */
    enum Colour {
        /** BT.709, limited range, as video has it. */
        VIDEO,
        /** BT.601, full range, as JFIF has it. */
        JPEG
    }

    private final AVFrame picture;
    private final Colour colour;
    private final PointerPointer<Pointer> sourcePlanes = new PointerPointer<>(4);
    private final IntPointer sourceStrides = new IntPointer(4);
    private final PointerPointer<Pointer> targetPlanes = new PointerPointer<>(4);
    private final IntPointer targetStrides;
    private @Nullable SwsContext scaler;
    private int width;
    private int height;
    private PixelFormat format = PixelFormat.BGR24;
    private boolean scaled;
    private @Nullable ByteBuffer copy;
    private int left;
    private int top;

    YuvConverter(AVFrame picture, Colour colour) {
        this.picture = picture;
        this.colour = colour;
        this.targetStrides = picture.linesize();
        for (int i = 0; i < 4; i++) {
            sourcePlanes.put(i, null);
            sourceStrides.put(i, 0);
            targetPlanes.put(i, null);
        }
    }

    void convert(Frame frame) {
        // An odd side loses its last row or column: 4:2:0 has none.
        int w = frame.width() & ~1;
        int h = frame.height() & ~1;
        if (scaler == null || w != width || h != height || frame.format() != format) {
            prepare(w, h, frame.format());
        }
        ByteBuffer pixels = scaled ? padded(frame) : frame.pixels();
        sourcePlanes.put(0, Ffmpeg.address(pixels));
        sourceStrides.put(0, frame.stride());
        if (format == PixelFormat.NV12) {
            sourcePlanes.put(1, Ffmpeg.address(pixels).position((long) frame.stride() * frame.height()));
            sourceStrides.put(1, frame.stride());
        }
        for (int i = 0; i < 3; i++) {
            int shift = i == 0 ? 0 : 1;
            long offset = (long) (top >> shift) * picture.linesize(i) + (left >> shift);
            targetPlanes.put(i, picture.data(i).getPointer(offset));
        }
        sws_scale(scaler, sourcePlanes, sourceStrides, 0, h, targetPlanes, targetStrides);
    }

    /** A copy with room behind it: FFmpeg's scaler reads on over the end of the last row. */
    private ByteBuffer padded(Frame frame) {
        int bytes = frame.format().bytes(frame.stride(), frame.height())
                - frame.stride()
                + frame.format().minStride(frame.width());
        ByteBuffer buffer = copy;
        if (buffer == null || buffer.capacity() < bytes + PADDING) {
            buffer = ByteBuffer.allocateDirect(bytes + PADDING);
            copy = buffer;
        }
        return buffer.put(0, frame.pixels(), 0, bytes);
    }

    private void prepare(int w, int h, PixelFormat from) {
        free();
        int pictureWidth = picture.width();
        int pictureHeight = picture.height();
        double fit = Math.min((double) pictureWidth / w, (double) pictureHeight / h);
        int fitWidth = Math.max(2, (int) Math.round(w * fit) & ~1);
        int fitHeight = Math.max(2, (int) Math.round(h * fit) & ~1);
        left = (pictureWidth - fitWidth) / 2 & ~1;
        top = (pictureHeight - fitHeight) / 2 & ~1;
        int black = colour == Colour.JPEG ? 0 : 16;
        for (int i = 0; i < 3; i++) {
            long bytes = (long) picture.linesize(i) * (i == 0 ? pictureHeight : (pictureHeight + 1) / 2);
            Pointer.memset(picture.data(i), i == 0 ? black : 128, bytes);
        }
        SwsContext made = sws_getContext(
                w,
                h,
                from == PixelFormat.NV12 ? AV_PIX_FMT_NV12 : AV_PIX_FMT_BGR24,
                fitWidth,
                fitHeight,
                // By its name for the full range, or the scaler takes a short cut that knows the limited one alone.
                colour == Colour.JPEG ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P,
                SWS_BILINEAR,
                null,
                null,
                (DoublePointer) null);
        if (made == null) {
            throw new IllegalStateException("No conversion to 4:2:0 from " + from + " at " + w + "x" + h);
        }
        IntPointer matrix = sws_getCoefficients(SWS_CS_ITU709);
        int full = from == PixelFormat.NV12 ? 0 : 1;
        boolean jpeg = colour == Colour.JPEG;
        IntPointer to = jpeg ? sws_getCoefficients(SWS_CS_ITU601) : matrix;
        sws_setColorspaceDetails(made, matrix, full, to, jpeg ? 1 : 0, 0, 1 << 16, 1 << 16);
        scaler = made;
        scaled = fitWidth != w || fitHeight != h;
        width = w;
        height = h;
        format = from;
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
        sourcePlanes.close();
        sourceStrides.close();
        targetPlanes.close();
    }
}
