package io.derm.pipeline;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;

/**
 * How good a look at a lesion a frame gives: larger, sharper, whole in the frame and free of glare is better. Measured on the green
 * channel, or the luma of NV12, at {@value #GRID} by {@value #GRID} places at most, so that it costs the same for a box of any size.
 */
final class Look {
    private static final int GRID = 32;
    /** Level from which on a pixel counts as glare. */
    private static final int GLARE = 250;
    /** Relative gradient energy of a look of half sharpness: an edge blurred over about six pixels. */
    private static final double HALF_SHARP = 0.02;
    /** What a look that the border cuts is worth beside a whole one. */
    private static final double CUT = 0.25;

    private Look() {}

    /** At least 0, without an upper bound; looks at one lesion compare by their ratio. */
    static double quality(Frame frame, Detection detection) {
        Box box = detection.box().clip(frame.bounds());
        if (box.isEmpty()) {
            return 0;
        }
        boolean whole =
                box.left() > 1 && box.top() > 1 && box.right() < frame.width() - 1 && box.bottom() < frame.height() - 1;
        return detection.score() * Math.sqrt(box.area()) * clarity(frame, box) * (whole ? 1 : CUT);
    }

    /** Sharpness times the share without glare, 0 to 1. */
    static double clarity(Frame frame, Box box) {
        ByteBuffer pixels = frame.pixels();
        int step = frame.format() == PixelFormat.BGR24 ? 3 : 1;
        int stride = frame.stride();
        int left = Math.max(0, (int) box.left());
        int top = Math.max(0, (int) box.top());
        int width = Math.min(frame.width() - 1, (int) Math.ceil(box.right())) - left;
        int height = Math.min(frame.height() - 1, (int) Math.ceil(box.bottom())) - top;
        int nx = Math.min(GRID, width);
        int ny = Math.min(GRID, height);
        if (nx < 2 || ny < 2) {
            return 0;
        }
        long sum = 0;
        long squares = 0;
        long energy = 0;
        int glare = 0;
        int green = step == 3 ? 1 : 0;
        for (int j = 0; j < ny; j++) {
            int row = (top + j * height / ny) * stride + green;
            for (int i = 0; i < nx; i++) {
                int at = row + (left + i * width / nx) * step;
                int v = pixels.get(at) & 255;
                int dx = (pixels.get(at + step) & 255) - v;
                int dy = (pixels.get(at + stride) & 255) - v;
                sum += v;
                squares += (long) v * v;
                energy += dx * dx + dy * dy;
                glare += v >= GLARE ? 1 : 0;
            }
        }
        double n = (double) nx * ny;
        double variance = squares / n - (sum / n) * (sum / n);
        double sharpness = energy / n / (variance + 1);
        return sharpness / (sharpness + HALF_SHARP) * (1 - glare / n);
    }
}
