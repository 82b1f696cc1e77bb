package io.derm.phantom;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** A camera: from linear light to coded pixels, with what a lens, a sensor and a codec do to them. */
final class Optics {
    /**
     * How one picture is taken.
     *
     * @param blur sigma of the defocus in pixels
     * @param motion length of the motion blur in pixels, along {@code motionTurn}
     * @param noise read noise as a share of white; shot noise follows from it
     * @param jpeg quality 0 to 1, above 1 for none
     */
    record Settings(
            float exposure,
            float red,
            float blue,
            float vignette,
            float blur,
            float motion,
            float motionTurn,
            float sharpen,
            float noise,
            float contrast,
            float saturation,
            float jpeg) {
        static final Settings PLAIN = new Settings(1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2);

        static Settings draw(Rng rng, float smallest) {
            float soft = 0.3f + 0.11f * smallest;
            float blur = rng.chance(0.7) ? rng.in(0.25, 0.8) : rng.in(0.6, 2.2);
            float motion = rng.chance(0.12) ? rng.in(1, 6) : 0;
            return new Settings(
                    rng.in(0.72, 1.3),
                    rng.chance(0.5) ? rng.in(0.94, 1.06) : rng.in(0.82, 1.2),
                    rng.chance(0.5) ? rng.in(0.92, 1.08) : rng.in(0.7, 1.3),
                    rng.chance(0.5) ? rng.in(0, 0.5) : 0,
                    Math.min(blur, soft),
                    Math.min(motion, 0.35f * smallest),
                    rng.angle(),
                    rng.chance(0.35) ? rng.in(0.2, 1.1) : 0,
                    rng.chance(0.75) ? rng.in(0.001, 0.008) : rng.in(0.008, 0.022),
                    rng.in(-0.12, 0.35),
                    rng.in(0.72, 1.3),
                    rng.chance(0.35) ? 2 : rng.chance(0.7) ? rng.in(0.72, 0.96) : rng.in(0.4, 0.75));
        }
    }

    private final float[] code = Lab.codeTable();
    private final int width;
    private final int height;
    private final float[] swap;

    Optics(int width, int height) {
        this.width = width;
        this.height = height;
        swap = new float[width * height];
    }

    /** Takes the picture; the linear planes are used up. Returns tightly packed BGR rows. */
    byte[] take(float[][] rgb, Settings s, long noiseSeed) {
        lens(rgb, s);
        float[] kernel = gauss(s.blur());
        for (float[] plane : rgb) {
            if (kernel.length > 1) {
                blur(plane, kernel);
            }
            if (s.motion() > 0.5f) {
                motion(plane, s.motion(), s.motionTurn());
            }
        }
        if (s.sharpen() > 0) {
            float[] wide = gauss(1.1f);
            for (float[] plane : rgb) {
                float[] copy = plane.clone();
                blur(copy, wide);
                for (int i = 0; i < plane.length; i++) {
                    plane[i] = Math.max(0, plane[i] + s.sharpen() * (plane[i] - copy[i]));
                }
            }
        }
        return develop(rgb, s, noiseSeed);
    }

    private void lens(float[][] rgb, Settings s) {
        float cx = width / 2f;
        float cy = height / 2f;
        float inv = 1 / (cx * cx + cy * cy);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                float dx = x - cx;
                float dy = y - cy;
                float v = s.exposure() * (1 - s.vignette() * (dx * dx + dy * dy) * inv);
                int i = y * width + x;
                rgb[0][i] *= v * s.red();
                rgb[1][i] *= v;
                rgb[2][i] *= v * s.blue();
            }
        }
    }

    static float[] gauss(float sigma) {
        if (sigma < 0.2f) {
            return new float[] {1};
        }
        int r = Math.max(1, (int) Math.ceil(2.5 * sigma));
        float[] k = new float[2 * r + 1];
        float sum = 0;
        for (int i = -r; i <= r; i++) {
            k[i + r] = (float) StrictMath.exp(-i * i / (2.0 * sigma * sigma));
            sum += k[i + r];
        }
        for (int i = 0; i < k.length; i++) {
            k[i] /= sum;
        }
        return k;
    }

    private void blur(float[] plane, float[] k) {
        int r = k.length / 2;
        for (int y = 0; y < height; y++) {
            int row = y * width;
            for (int x = 0; x < width; x++) {
                float sum = 0;
                if (x >= r && x < width - r) {
                    int o = row + x - r;
                    for (int j = 0; j < k.length; j++) {
                        sum += k[j] * plane[o + j];
                    }
                } else {
                    for (int j = -r; j <= r; j++) {
                        sum += k[j + r] * plane[row + Math.min(width - 1, Math.max(0, x + j))];
                    }
                }
                swap[row + x] = sum;
            }
        }
        for (int y = 0; y < height; y++) {
            int row = y * width;
            Arrays.fill(plane, row, row + width, 0);
            for (int j = -r; j <= r; j++) {
                int from = Math.min(height - 1, Math.max(0, y + j)) * width;
                float w = k[j + r];
                for (int x = 0; x < width; x++) {
                    plane[row + x] += w * swap[from + x];
                }
            }
        }
    }

    private void motion(float[] plane, float length, float turn) {
        int taps = Math.max(2, (int) Math.ceil(length) + 1);
        float dx = (float) StrictMath.cos(turn) * length / (taps - 1);
        float dy = (float) StrictMath.sin(turn) * length / (taps - 1);
        System.arraycopy(plane, 0, swap, 0, plane.length);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                float sum = 0;
                for (int k = 0; k < taps; k++) {
                    float t = k - (taps - 1) / 2f;
                    float px = Planes.clamp(x + t * dx, 0, width - 1.001f);
                    float py = Planes.clamp(y + t * dy, 0, height - 1.001f);
                    int i = (int) px;
                    int j = (int) py;
                    float fx = px - i;
                    float fy = py - j;
                    int o = j * width + i;
                    int d = j + 1 < height ? width : 0;
                    int e = i + 1 < width ? 1 : 0;
                    float a = swap[o] + fx * (swap[o + e] - swap[o]);
                    float b = swap[o + d] + fx * (swap[o + d + e] - swap[o + d]);
                    sum += a + fy * (b - a);
                }
                plane[y * width + x] = sum / taps;
            }
        }
    }

    private byte[] develop(float[][] rgb, Settings s, long seed) {
        byte[] out = new byte[width * height * 3];
        long state = seed;
        float read = s.noise();
        float shot = read * 0.02f + read * read;
        float[] px = new float[3];
        for (int i = 0; i < width * height; i++) {
            for (int c = 0; c < 3; c++) {
                float v = rgb[c][i];
                state = state * 6364136223846793005L + 1442695040888963407L;
                long z = (state ^ (state >>> 31)) * 0x9E3779B97F4A7C15L;
                // Four 16-bit uniforms sum to nearly a normal deviate of variance 1/3.
                int n = (int) (z & 0xFFFF)
                        + (int) (z >>> 16 & 0xFFFF)
                        + (int) (z >>> 32 & 0xFFFF)
                        + (int) (z >>> 48)
                        - 131070;
                v += n * (1.732f / 65536) * (float) Math.sqrt(read * read * 0.3f + shot * v);
                px[c] = encode(v);
            }
            grade(px, s);
            for (int c = 0; c < 3; c++) {
                out[3 * i + 2 - c] = (byte) Planes.clamp(px[c] + 0.5f, 0, 255);
            }
        }
        return s.jpeg() <= 1 ? jpeg(out, s.jpeg()) : out;
    }

    /** Saturation and contrast of coded values. */
    private static void grade(float[] px, Settings s) {
        float y = 0.299f * px[0] + 0.587f * px[1] + 0.114f * px[2];
        for (int c = 0; c < 3; c++) {
            float v = y + s.saturation() * (px[c] - y);
            float t = v * (1 / 255f);
            px[c] = v + s.contrast() * 255 * t * (1 - t) * (2 * t - 1);
        }
    }

    /** Codes 0 to 255 of a linear colour, in place, without noise. */
    void develop(float[] px, Settings s) {
        px[0] = encode(px[0] * s.exposure() * s.red());
        px[1] = encode(px[1] * s.exposure());
        px[2] = encode(px[2] * s.exposure() * s.blue());
        grade(px, s);
    }

    /** The sRGB code with a soft shoulder above 85 % of white. */
    private float encode(float linear) {
        if (linear <= 0) {
            return 0;
        }
        float v = linear;
        if (v > 0.75f) {
            float over = (v - 0.75f) / 0.25f;
            v = 0.75f + 0.25f * over / (1 + 0.75f * over) * 0.98f;
            v = Math.min(v, 1);
        }
        float t = v * 4096;
        int i = (int) t;
        return code[i] + (t - i) * (code[i + 1] - code[i]);
    }

    private byte[] jpeg(byte[] bgr, float quality) {
        BufferedImage image = image(bgr, width, height);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(width * height / 4);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(quality);
            writer.setOutput(stream);
            writer.write(null, new IIOImage(image, null, null), param);
            stream.flush();
            BufferedImage back = ImageIO.read(new ByteArrayInputStream(bytes.toByteArray()));
            return ((DataBufferByte) back.getRaster().getDataBuffer()).getData();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
    }

    /** A view of packed BGR rows as an image. */
    static BufferedImage image(byte[] bgr, int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        System.arraycopy(bgr, 0, ((DataBufferByte) image.getRaster().getDataBuffer()).getData(), 0, bgr.length);
        return image;
    }
}
