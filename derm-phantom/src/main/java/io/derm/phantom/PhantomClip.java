package io.derm.phantom;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.PixelFormat;
import io.derm.api.SourceInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A camera that moves over procedural skin: BGR24 frames in order, as fast as they are taken, and for each of them what
 * is true of the lesions in it. The same options give the same pixels.
 *
 * <p>Frames are confined to one thread at a time as {@link FrameSource} says; {@link #truth(long)} is thread-safe.
 */
public final class PhantomClip implements FrameSource {
    /** Most lesions that a frame shows. */
    public static final int MOST_IN_VIEW = 6;

    /** Most lesions on the body of a clip. */
    public static final int MOST_LESIONS = 18;

    private static final float LEAST_VISIBLE = 0.2f;
    private static final float SMALLEST = 6;
    private static final int LANE_MASK = (1 << 21) - 1;
    private static final int NOISE = 1 << 15;

    /**
     * What to film.
     *
     * @param width pixels, at least 320
     * @param height pixels, at least 180
     * @param framesPerSecond frame rate, above 0
     * @param frames length of the clip, at least 1
     * @param seed of body, lesions and camera
     * @param mostLesions lesions on the body, where there is room for them; 0 for skin without any
     * @param moreThings things that are no lesions, beside the usual 5 to 9
     * @param passers things that pass between camera and skin now and then, each every 4 to 9 seconds
     */
    public record Options(
            int width,
            int height,
            double framesPerSecond,
            int frames,
            long seed,
            int mostLesions,
            int moreThings,
            int passers) {
        public Options {
            if (mostLesions < 0 || mostLesions > MOST_LESIONS || moreThings < 0 || moreThings > 100) {
                throw new IllegalArgumentException("Clip has " + mostLesions + " lesions and " + moreThings
                        + " more things, expected 0 to " + MOST_LESIONS + " and 0 to 100");
            }
            if (passers < 0 || passers > 8) {
                throw new IllegalArgumentException("Clip has " + passers + " passers, expected 0 to 8");
            }
            if (width < 320 || height < 180 || width > 3840 || height > 2160) {
                throw new IllegalArgumentException(
                        "Clip is " + width + "x" + height + ", expected 320x180 to 3840x2160");
            }
            if (!(framesPerSecond > 0 && framesPerSecond <= 1000) || frames < 1) {
                throw new IllegalArgumentException("Clip has " + frames + " frames at " + framesPerSecond
                        + " a second, expected at least 1 frame, at most 1000 a second");
            }
        }

        /** 1280x720 at 30 frames a second. */
        public static Options of(int frames, long seed) {
            return new Options(1280, 720, 30, frames, seed);
        }

        /** The usual lesions and things, and nothing that passes. */
        public Options(int width, int height, double framesPerSecond, int frames, long seed) {
            this(width, height, framesPerSecond, frames, seed, MOST_LESIONS, 0, 0);
        }

        public Options withMostLesions(int n) {
            return new Options(width, height, framesPerSecond, frames, seed, n, moreThings, passers);
        }

        public Options withMoreThings(int n) {
            return new Options(width, height, framesPerSecond, frames, seed, mostLesions, n, passers);
        }

        public Options withPassers(int n) {
            return new Options(width, height, framesPerSecond, frames, seed, mostLesions, moreThings, n);
        }
    }

    private final Options options;
    private final CameraPath path;
    private final ClipCanvas canvas;
    private final Passers passers;
    private final FramePool pool = new FramePool(8);
    private final byte[] picture;
    private final long[] sums;
    private final short[] noise = new short[NOISE];
    private final int[] vignetteX;
    private final int[] vignetteY;
    private final float glareX;
    private final float glareY;
    private final float glareGain;
    private long nextFrame;
    private volatile boolean closed;

    /** Paints the canvas: about a second and 200 MB of heap for 1280x720, most of it free again afterwards. */
    public PhantomClip(Options options) {
        this.options = options;
        Rng rng = new Rng(options.seed() ^ 0x5EEDC11BL);
        int w = options.width();
        int h = options.height();
        path = new CameraPath(w, h, 2 * w, 2 * h, options.framesPerSecond(), rng.split());
        canvas = new ClipCanvas(2 * w, 2 * h, path, options, rng.split());
        passers = new Passers(options);
        picture = new byte[3 * w * h];
        sums = new long[w];
        float sigma = rng.in(8, 40);
        for (int i = 0; i < NOISE; i++) {
            noise[i] = (short) Math.round(sigma * rng.normal());
        }
        float dark = rng.in(0, 0.3);
        vignetteX = vignette(w, dark);
        vignetteY = vignette(h, dark);
        glareX = rng.in(0.2, 0.8) * w;
        glareY = rng.in(0.2, 0.8) * h;
        glareGain = rng.in(0, 90);
    }

    private static int[] vignette(int n, float dark) {
        int[] out = new int[n];
        for (int i = 0; i < n; i++) {
            float t = 2f * i / n - 1;
            out[i] = Math.round(1024 * 0.5f * dark * t * t);
        }
        return out;
    }

    /** Fitzpatrick type of the skin. */
    public SkinTone tone() {
        return canvas.tone;
    }

    /** Typology angle of the bare, unlit skin in degrees. */
    public double ita() {
        return canvas.ita;
    }

    @Override
    public SourceInfo info() {
        return new SourceInfo(
                "phantom:" + options.seed(),
                options.width(),
                options.height(),
                options.framesPerSecond(),
                options.frames(),
                false);
    }

    @Override
    public Optional<Frame> next() throws InterruptedException {
        if (closed) {
            throw new IllegalStateException("Phantom clip is closed");
        }
        if (nextFrame >= options.frames()) {
            return Optional.empty();
        }
        long sequence = nextFrame++;
        film(sequence);
        long now = System.nanoTime();
        long micros = Math.round(sequence * 1e6 / options.framesPerSecond());
        try {
            Frame frame = pool.lease(options.width(), options.height(), PixelFormat.BGR24, sequence, micros, now);
            frame.pixels().put(0, picture);
            return Optional.of(frame);
        } catch (IllegalStateException e) {
            if (closed) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public void close() {
        closed = true;
        pool.close();
    }

    /** The pixels of any one frame, valid until the next call. Confined as {@link #next()} is. */
    byte[] picture(long frame) {
        film(frame);
        return picture;
    }

    private void film(long n) {
        int w = options.width();
        int h = options.height();
        CameraPath.View view = path.at(n);
        CameraPath.View later = path.at(n + 1);
        // The shutter is open for 40 % of the frame time.
        float dx = 0.4f * (later.frameX(view.centerX(), view.centerY()) - w / 2f);
        float dy = 0.4f * (later.frameY(view.centerX(), view.centerY()) - h / 2f);
        int taps = dx * dx + dy * dy < 1.5f ? 1 : dx * dx + dy * dy < 6 ? 2 : 4;
        int softShare = Math.round(8 * path.defocus(n));
        float glare = glareGain * path.glare(n);
        int gain = Math.round(1024 * path.exposure(n));
        float stepX = view.cos() / view.zoom();
        float stepY = -view.sin() / view.zoom();
        int ux = Math.round(stepX * 65536);
        int uy = Math.round(stepY * 65536);
        Rng rng = new Rng(options.seed() * 31 + n);
        for (int y = 0; y < h; y++) {
            Arrays.fill(sums, 0);
            for (int k = 0; k < taps; k++) {
                float t = (k + 0.5f) / taps - 0.5f;
                float px = 0.5f - t * dx;
                float py = y + 0.5f - t * dy;
                float cx = view.canvasX(px, py);
                float cy = view.canvasY(px, py);
                if (softShare < 8) {
                    gather(
                            canvas.sharp,
                            canvas.width,
                            canvas.height,
                            cx - 0.5f,
                            cy - 0.5f,
                            ux,
                            uy,
                            (8 - softShare) * 4 / taps,
                            sums);
                }
                if (softShare > 0) {
                    gather(
                            canvas.soft,
                            canvas.width / 2,
                            canvas.height / 2,
                            cx / 2 - 0.5f,
                            cy / 2 - 0.5f,
                            ux / 2,
                            uy / 2,
                            softShare * 4 / taps,
                            sums);
                }
            }
            expose(y, gain - vignetteY[y], glare, rng.bits());
        }
        passers.draw(n, picture);
    }

    /** Adds a row of bilinear samples, eighths of a pixel apart, to the lanes of {@code sums}. */
    private static void gather(
            long[] from, int width, int height, float x0, float y0, int ux, int uy, int weight, long[] sums) {
        int x = (int) (Math.max(0, x0) * 65536);
        int y = (int) (Math.max(0, y0) * 65536);
        int lastX = width - 2;
        int lastY = height - 2;
        for (int i = 0; i < sums.length; i++) {
            int xi = Math.min(Math.max(x >> 16, 0), lastX);
            int yi = Math.min(Math.max(y >> 16, 0), lastY);
            int fx = x >> 13 & 7;
            int fy = y >> 13 & 7;
            int o = yi * width + xi;
            long top = from[o] * (8 - fx) + from[o + 1] * fx;
            long bottom = from[o + width] * (8 - fx) + from[o + width + 1] * fx;
            sums[i] += (top * (8 - fy) + bottom * fy) * weight;
            x += ux;
            y += uy;
        }
    }

    private void expose(int y, int gain, float glare, long seed) {
        int at = (int) seed & NOISE - 1;
        int o = 3 * sums.length * y;
        float dy = (y - glareY) / options.height();
        for (int x = 0; x < sums.length; x++) {
            long lanes = sums[x];
            int g = gain - vignetteX[x];
            int add = 0;
            if (glare > 1) {
                float dx = (x - glareX) / options.height();
                float spot = 1 - 9 * (dx * dx + dy * dy);
                add = spot > 0 ? (int) (16 * glare * spot * spot) : 0;
            }
            // 21 bits of sum hold 8 of value, 13 of weights; four of them are kept for the noise.
            picture[o] = level((int) (lanes & LANE_MASK), g, add + noise[at]);
            picture[o + 1] = level((int) (lanes >>> 21 & LANE_MASK), g, add + noise[at + 1 & NOISE - 1]);
            picture[o + 2] = level((int) (lanes >>> 42), g, add + noise[at + 2 & NOISE - 1]);
            at = at + 3 & NOISE - 1;
            o += 3;
        }
    }

    private static byte level(int sum, int gain, int add) {
        int v = (((sum >> 9) * gain) >> 10) + add;
        return (byte) (v < 0 ? 0 : v > 4095 ? 255 : v >> 4);
    }

    CameraPath.View view(long frame) {
        return path.at(frame);
    }

    /**
     * What is true of the lesions in a frame: those of which at least a fifth can be seen, 6 pixels or more. The box is
     * that of the part in the frame that nothing passes over; the id stays with the lesion from frame to frame.
     *
     * @throws IllegalArgumentException if the clip has no such frame
     */
    public List<LesionTruth> truth(long frame) {
        if (frame < 0 || frame >= options.frames()) {
            throw new IllegalArgumentException("Frame is " + frame + ", expected 0 to " + (options.frames() - 1));
        }
        CameraPath.View view = path.at(frame);
        List<Passers.Bar> bars = passers.at(frame);
        List<LesionTruth> out = new ArrayList<>();
        for (ClipCanvas.Spot spot : canvas.spots) {
            LesionTruth truth = look(spot, view, bars);
            if (truth.visible() >= LEAST_VISIBLE
                    && Math.max(truth.box().width(), truth.box().height()) >= SMALLEST) {
                out.add(truth);
            }
        }
        return List.copyOf(out);
    }

    private LesionTruth look(ClipCanvas.Spot spot, CameraPath.View view, List<Passers.Bar> bars) {
        int w = options.width();
        int h = options.height();
        float c = view.cos() * view.zoom();
        float s = view.sin() * view.zoom();
        float half = (Math.abs(c) + Math.abs(s)) / 2;
        float x0 = Float.MAX_VALUE;
        float y0 = Float.MAX_VALUE;
        float x1 = -Float.MAX_VALUE;
        float y1 = -Float.MAX_VALUE;
        int seen = 0;
        for (int k = spot.seen().nextSetBit(0); k >= 0; k = spot.seen().nextSetBit(k + 1)) {
            float u = spot.left() + k % spot.width() + 0.5f - view.centerX();
            float v = spot.top() + k / spot.width() + 0.5f - view.centerY();
            float x = w / 2f + c * u - s * v;
            float y = h / 2f + s * u + c * v;
            if (x >= 0 && y >= 0 && x < w && y < h && !Passers.cover(bars, x, y)) {
                seen++;
                x0 = Math.min(x0, x);
                y0 = Math.min(y0, y);
                x1 = Math.max(x1, x);
                y1 = Math.max(y1, y);
            }
        }
        LesionTruth t = spot.truth();
        Box box = seen == 0
                ? new Box(0, 0, 0, 0)
                : new Box(
                        Math.max(0, x0 - half), Math.max(0, y0 - half), Math.min(w, x1 + half), Math.min(h, y1 + half));
        return new LesionTruth(
                t.id(),
                box,
                t.lesionClass(),
                t.asymmetry(),
                t.irregularity(),
                t.colours(),
                t.diameterPixels() * view.zoom(),
                t.visible() * seen / Math.max(1, spot.seen().cardinality()));
    }
}
