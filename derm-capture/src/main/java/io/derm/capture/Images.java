package io.derm.capture;

import io.derm.api.Box;
import io.derm.api.CaptureException;
import io.derm.api.Frame;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes frames and parts of them as PNG or JPEG. All methods borrow the frame for the call. */
public final class Images {
    private static final float JPEG_QUALITY = 0.92f;

    private Images() {}

    /** {@link #write(Frame, Box, Path)} of the whole frame. */
    public static void write(Frame frame, Path file) {
        write(frame, frame.bounds(), file);
    }

    /**
     * Writes the part of a frame inside a box, replacing a file of that name only once the new one is whole.
     *
     * @param frame of either format
     * @param box in pixels of the frame; widened to whole pixels and clipped to the frame
     * @param file its name ends in {@code .png}, {@code .jpg} or {@code .jpeg}
     * @throws CaptureException if the file cannot be written
     * @throws IllegalArgumentException if the name ends otherwise, or the box lies outside the frame
     */
    public static void write(Frame frame, Box box, Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        byte[] bytes;
        if (name.endsWith(".png")) {
            bytes = png(crop(frame, box));
        } else if (name.endsWith(".jpg") || name.endsWith(".jpeg")) {
            bytes = jpeg(crop(frame, box));
        } else {
            throw new IllegalArgumentException("Image file is " + file + ", expected .png, .jpg or .jpeg");
        }
        Path absolute = file.toAbsolutePath();
        Path temporary = absolute.resolveSibling("." + absolute.getFileName() + ".part");
        try {
            Files.write(temporary, bytes);
            Files.move(temporary, absolute, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw new CaptureException(
                    225,
                    "Image " + file + " cannot be written: " + MediaType.reason(e),
                    "choose a folder that exists, can be written to and has space",
                    e);
        }
    }

    /**
     * Encodes the part of a frame inside a box as JPEG.
     *
     * @param frame of either format
     * @param box in pixels of the frame; widened to whole pixels and clipped to the frame
     * @param maxSide the longer side of the result is scaled down to this many pixels, never up
     * @throws IllegalArgumentException if the box lies outside the frame or {@code maxSide} is less than 1
     */
    public static byte[] jpeg(Frame frame, Box box, int maxSide) {
        if (maxSide < 1) {
            throw new IllegalArgumentException("Longer side is " + maxSide + ", expected at least 1");
        }
        return jpeg(shrink(crop(frame, box), maxSide));
    }

    /**
     * Copies a frame's pixels as blue, green, red, one byte each, with no gap between the rows.
     *
     * @param frame of either format
     * @param to of 3 bytes a pixel
     * @throws IllegalArgumentException if {@code to} has another length
     */
    public static void copyBgr(Frame frame, byte[] to) {
        if (to.length != 3 * frame.width() * frame.height()) {
            throw new IllegalArgumentException("Copy has " + to.length + " bytes, expected 3 a pixel of " + frame);
        }
        BgrPixels.copy(frame, 0, 0, frame.width(), frame.height(), to);
    }

    private static BufferedImage crop(Frame frame, Box box) {
        Box inside = box.clip(frame.bounds());
        int left = (int) Math.floor(inside.left());
        int top = (int) Math.floor(inside.top());
        int width = (int) Math.ceil(inside.right()) - left;
        int height = (int) Math.ceil(inside.bottom()) - top;
        if (inside.isEmpty() || width < 1 || height < 1) {
            throw new IllegalArgumentException(box + " lies outside " + frame);
        }
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        byte[] to = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
        BgrPixels.copy(frame, left, top, width, height, to);
        return image;
    }

    /** Halves before the last step, as one bilinear step of more than two skips pixels. */
    private static BufferedImage shrink(BufferedImage image, int maxSide) {
        BufferedImage from = image;
        double scale = (double) maxSide / Math.max(image.getWidth(), image.getHeight());
        if (scale >= 1) {
            return image;
        }
        int width = Math.max(1, (int) Math.round(image.getWidth() * scale));
        int height = Math.max(1, (int) Math.round(image.getHeight() * scale));
        while (from.getWidth() > 2 * width && from.getHeight() > 2 * height) {
            from = scaled(from, from.getWidth() / 2, from.getHeight() / 2);
        }
        return scaled(from, width, height);
    }

    private static BufferedImage scaled(BufferedImage from, int width, int height) {
        BufferedImage to = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D g = to.createGraphics();
        try {
            g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
            g.drawImage(from, 0, 0, width, height, null);
        } finally {
            g.dispose();
        }
        return to;
    }

    private static byte[] png(BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException("PNG encoding in memory", e);
        }
        return bytes.toByteArray();
    }

    private static byte[] jpeg(BufferedImage image) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(JPEG_QUALITY);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), parameters);
        } catch (IOException e) {
            throw new UncheckedIOException("JPEG encoding in memory", e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
