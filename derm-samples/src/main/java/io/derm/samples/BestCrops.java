package io.derm.samples;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.pipeline.Sighting;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;

/** Keeps the picture of each lesion's best look. Confined. */
final class BestCrops {
    /** The box with a quarter of its longer side around it. */
    private static final float MARGIN = 1.5f;

    private static final int MAX_SIDE = 160;

    private final Map<Integer, BufferedImage> crops = new HashMap<>();

    void keep(Frame frame, Sighting sighting) {
        Box box = sighting.detection().box();
        float side = Math.max(box.width(), box.height()) * MARGIN;
        Box crop = Box.ofCenter(box.centerX(), box.centerY(), side, side).clip(frame.bounds());
        crops.put(sighting.lesion(), copy(frame, crop));
    }

    private static BufferedImage copy(Frame frame, Box crop) {
        int left = (int) crop.left();
        int top = (int) crop.top();
        int width = Math.max(1, Math.min(frame.width(), (int) Math.ceil(crop.right())) - left);
        int height = Math.max(1, Math.min(frame.height(), (int) Math.ceil(crop.bottom())) - top);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        byte[] row = new byte[3 * width];
        for (int y = 0; y < height; y++) {
            frame.pixels().get((top + y) * frame.stride() + 3 * left, row);
            image.getRaster().setDataElements(0, y, width, 1, toRgb(row));
        }
        double scale = MAX_SIDE / (double) Math.max(width, height);
        if (scale >= 1) {
            return image;
        }
        int w = Math.max(1, (int) (width * scale));
        int h = Math.max(1, (int) (height * scale));
        BufferedImage small = new BufferedImage(w, h, BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D g = small.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        g.drawImage(image, 0, 0, w, h, null);
        g.dispose();
        return small;
    }

    /** Raster elements are red, green, blue whatever the order in memory. */
    private static byte[] toRgb(byte[] bgr) {
        byte[] rgb = bgr.clone();
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = bgr[i + 2];
            rgb[i + 2] = bgr[i];
        }
        return rgb;
    }

    /** The lesion's picture as a {@code data:} URI. */
    Optional<String> dataUri(int lesion) {
        return Optional.ofNullable(crops.get(lesion)).map(image -> {
            try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
                ImageIO.write(image, "jpg", out);
                return "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(out.toByteArray());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
