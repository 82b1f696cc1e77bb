package io.derm.phantom;

/**
 * Where the camera looks, frame by frame: it pans, zooms and tilts slowly over the canvas and shakes in the hand.
 * A pure function of the frame number. Immutable.
 */
final class CameraPath {
    static final float LOWEST_ZOOM = 0.85f;
    static final float HIGHEST_ZOOM = 1.3f;

    private static final float TILT = 0.09f;
    private static final float SHAKE = 3;

    /** One view: canvas point in the middle of the frame, frame pixels a canvas pixel, turn in radians. */
    record View(float centerX, float centerY, float zoom, float turn, int width, int height) {
        float canvasX(float x, float y) {
            return centerX + (cos() * (x - width / 2f) + sin() * (y - height / 2f)) / zoom;
        }

        float canvasY(float x, float y) {
            return centerY + (cos() * (y - height / 2f) - sin() * (x - width / 2f)) / zoom;
        }

        float frameX(float x, float y) {
            return width / 2f + zoom * (cos() * (x - centerX) - sin() * (y - centerY));
        }

        float frameY(float x, float y) {
            return height / 2f + zoom * (sin() * (x - centerX) + cos() * (y - centerY));
        }

        float cos() {
            return (float) StrictMath.cos(turn);
        }

        float sin() {
            return (float) StrictMath.sin(turn);
        }
    }

    private final int width;
    private final int height;
    private final int canvasWidth;
    private final int canvasHeight;
    private final double framesPerSecond;
    private final float[] period = new float[12];
    private final float[] phase = new float[12];

    CameraPath(int width, int height, int canvasWidth, int canvasHeight, double framesPerSecond, Rng rng) {
        this.width = width;
        this.height = height;
        this.canvasWidth = canvasWidth;
        this.canvasHeight = canvasHeight;
        this.framesPerSecond = framesPerSecond;
        for (int k = 0; k < period.length; k++) {
            // Slow sweeps, a tremor of 3 to 9 Hz, and the focus hunting every few seconds.
            period[k] = k < 4 ? rng.in(14, 28) : k < 8 ? rng.in(0.11, 0.33) : rng.in(4, 9);
            phase[k] = rng.angle();
        }
    }

    private float wave(int k, long frame) {
        return (float) StrictMath.sin(phase[k] + 2 * Math.PI * frame / (framesPerSecond * period[k]));
    }

    View at(long frame) {
        float middle = (LOWEST_ZOOM + HIGHEST_ZOOM) / 2;
        float zoom = middle + (HIGHEST_ZOOM - middle) * wave(2, frame);
        float turn = TILT * wave(3, frame);
        float c = (float) StrictMath.cos(turn);
        float s = Math.abs((float) StrictMath.sin(turn));
        float halfX = (c * width + s * height) / (2 * zoom) + SHAKE + 2;
        float halfY = (c * height + s * width) / (2 * zoom) + SHAKE + 2;
        float unit = height / 720f;
        float x = canvasWidth / 2f + (canvasWidth / 2f - halfX) * wave(0, frame);
        float y = canvasHeight / 2f + (canvasHeight / 2f - halfY) * wave(1, frame);
        x += unit * (1.2f * wave(4, frame) + 0.6f * wave(5, frame));
        y += unit * (1.2f * wave(6, frame) + 0.6f * wave(7, frame));
        return new View(x, y, zoom, turn, width, height);
    }

    /** Share of the defocused picture, 0 to 1; in focus most of the time. */
    float defocus(long frame) {
        return Planes.smooth(0.8f, 1.5f, wave(8, frame) + 0.6f * wave(9, frame));
    }

    /** Gain of the automatic exposure. */
    float exposure(long frame) {
        return 1 + 0.05f * wave(10, frame);
    }

    /** Strength of the lamp's reflection, 0 to 1. */
    float glare(long frame) {
        return Math.max(0, wave(11, frame));
    }
}
