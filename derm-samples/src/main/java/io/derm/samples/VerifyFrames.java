package io.derm.samples;

import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A camera that shows one picture: each frame is a new lease of a pool, as a source's are, so that it is uploaded like a frame that was
 * never seen. Takes its frames back by itself. Confined.
 */
final class VerifyFrames implements AutoCloseable {
    private static final int BUFFERS = 4;

    private final int width;
    private final int height;
    private final FramePool pool = new FramePool(BUFFERS);
    private final Deque<Frame> out = new ArrayDeque<>();
    private long sequence;

    /** A camera of BGR24 frames that shows a BGR24 picture brought to a size. */
    VerifyFrames(Frame picture, int width, int height) throws InterruptedException {
        this.width = width;
        this.height = height;
        Frame[] all = new Frame[BUFFERS];
        for (int i = 0; i < BUFFERS; i++) {
            all[i] = pool.lease(width, height, PixelFormat.BGR24, 0, 0, System.nanoTime());
            scale(picture, all[i]);
        }
        for (Frame frame : all) {
            frame.close();
        }
    }

    /** The next frame, valid until two more were asked for. */
    Frame next() throws InterruptedException {
        Frame frame = pool.lease(width, height, PixelFormat.BGR24, sequence++, 0, System.nanoTime());
        out.addLast(frame);
        // With others out, the pool does not hand out the same memory each time.
        if (out.size() == BUFFERS) {
            out.removeFirst().close();
        }
        return frame;
    }

    private static void scale(Frame from, Frame to) {
        ByteBuffer source = from.pixels();
        ByteBuffer target = to.pixels();
        for (int y = 0; y < to.height(); y++) {
            int row = y * from.height() / to.height() * from.stride();
            for (int x = 0; x < to.width(); x++) {
                int pixel = row + 3 * (x * from.width() / to.width());
                int at = y * to.stride() + 3 * x;
                for (int c = 0; c < 3; c++) {
                    target.put(at + c, source.get(pixel + c));
                }
            }
        }
    }

    /** A part of a BGR24 picture with odd sides and bytes between its rows. */
    static Frame odd(Frame bgr) {
        int width = bgr.width() - 2 | 1;
        int height = bgr.height() - 4 | 1;
        int stride = 3 * width + 7;
        ByteBuffer pixels = direct(stride * height);
        for (int y = 0; y < height; y++) {
            pixels.put(y * stride, bgr.pixels(), (y + 1) * bgr.stride() + 3, 3 * width);
        }
        return Frame.wrap(pixels, width, height, stride, PixelFormat.BGR24);
    }

    /** A BGR24 picture in NV12, BT.709 in limited range, less an odd column and row. */
    static Frame nv12(Frame bgr) {
        int width = bgr.width() & ~1;
        int height = bgr.height() & ~1;
        ByteBuffer pixels = direct(PixelFormat.NV12.bytes(width, height));
        double[] ycc = new double[3];
        for (int y = 0; y < height; y += 2) {
            for (int x = 0; x < width; x += 2) {
                double cb = 0;
                double cr = 0;
                for (int i = 0; i < 4; i++) {
                    convert(bgr, x + (i & 1), y + (i >> 1), ycc);
                    pixels.put((y + (i >> 1)) * width + x + (i & 1), level(16 + 219 * ycc[0]));
                    cb += ycc[1] / 4;
                    cr += ycc[2] / 4;
                }
                int at = width * height + y / 2 * width + x;
                pixels.put(at, level(128 + 224 * cb)).put(at + 1, level(128 + 224 * cr));
            }
        }
        return Frame.wrap(pixels, width, height, width, PixelFormat.NV12);
    }

    /** ITU-R BT.709: luma of 0 to 1, colour differences of -0.5 to 0.5. */
    private static void convert(Frame bgr, int x, int y, double[] ycc) {
        int at = y * bgr.stride() + 3 * x;
        double b = (bgr.pixels().get(at) & 0xFF) / 255.0;
        double g = (bgr.pixels().get(at + 1) & 0xFF) / 255.0;
        double r = (bgr.pixels().get(at + 2) & 0xFF) / 255.0;
        ycc[0] = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        ycc[1] = (b - ycc[0]) / 1.8556;
        ycc[2] = (r - ycc[0]) / 1.5748;
    }

    private static byte level(double value) {
        return (byte) Math.max(0, Math.min(255, Math.round(value)));
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    @Override
    public void close() {
        out.forEach(Frame::close);
        out.clear();
        pool.close();
    }
}
