package io.derm.samples;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.LesionClass;
import io.derm.capture.Images;
import io.derm.pipeline.Sighting;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Draws boxes, and of lesions that are confirmed classes and probabilities, over a BGR24 copy of a frame. Confined; keeps its picture from frame to frame. */
final class Overlay {
    /** A box without a word, until the lesion has been seen often enough. */
    private static final Color UNCONFIRMED = new Color(255, 255, 255, 170);

    private @Nullable BufferedImage image;
    private @Nullable Graphics2D graphics;

    /** Copies {@code frame} into {@code target}, a BGR24 frame of the same size, and draws the sightings over it. */
    void draw(Frame frame, List<Sighting> sightings, Frame target) {
        BufferedImage picture = picture(frame.width(), frame.height());
        byte[] levels = ((DataBufferByte) picture.getRaster().getDataBuffer()).getData();
        int row = 3 * frame.width();
        Images.copyBgr(frame, levels);
        Graphics2D g = java.util.Objects.requireNonNull(graphics);
        int fontSize = Math.max(11, frame.height() / 40);
        g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, fontSize));
        float line = Math.max(1.5f, frame.height() / 360f);
        for (Sighting sighting : sightings) {
            draw(g, sighting, fontSize, line);
        }
        g.setColor(new Color(0, 0, 0, 150));
        int textWidth = g.getFontMetrics().stringWidth(Derm.RESEARCH_USE);
        g.fillRect(0, frame.height() - fontSize - 8, textWidth + 12, fontSize + 8);
        g.setColor(Color.WHITE);
        g.drawString(Derm.RESEARCH_USE, 6, frame.height() - 6);
        for (int y = 0; y < frame.height(); y++) {
            target.pixels().put(y * target.stride(), levels, y * row, row);
        }
    }

    private static void draw(Graphics2D g, Sighting sighting, int fontSize, float line) {
        Box box = sighting.detection().box();
        int left = Math.round(box.left());
        int top = Math.round(box.top());
        LesionClass c = sighting.assessment().lesionClass();
        int width = Math.round(box.width());
        int height = Math.round(box.height());
        if (!sighting.confirmed()) {
            g.setStroke(new BasicStroke(line));
            g.setColor(UNCONFIRMED);
            g.drawRect(left, top, width, height);
            return;
        }
        // An edge of white: grey and dark blue are hard to see on dark skin.
        g.setStroke(new BasicStroke(line + 2));
        g.setColor(Color.WHITE);
        g.drawRect(left, top, width, height);
        g.setStroke(new BasicStroke(line));
        g.setColor(color(c));
        g.drawRect(left, top, width, height);
        String text = String.format(
                Locale.ROOT,
                "%d %s %.0f%%",
                sighting.lesion(),
                c.name().toLowerCase(Locale.ROOT),
                100 * sighting.assessment().probability(c));
        int textTop = top >= fontSize + 6 ? top - fontSize - 6 : Math.round(box.bottom());
        g.fillRect(left, textTop, g.getFontMetrics().stringWidth(text) + 8, fontSize + 6);
        g.setColor(Color.WHITE);
        g.drawString(text, left + 4, textTop + fontSize + 1);
    }

    /**
     * The colour that stands for a class in videos, on the live page and in reports. Blue, grey and vermilion differ without red, green or
     * blue vision too (after Okabe and Ito, darkened so that white text can be read on them).
     */
    static Color color(LesionClass c) {
        return switch (c) {
            case BENIGN -> new Color(0x00, 0x68, 0xA8);
            case UNKNOWN -> new Color(0x66, 0x66, 0x66);
            case MELANOMA -> new Color(0xB5, 0x47, 0x08);
        };
    }

    private BufferedImage picture(int width, int height) {
        BufferedImage kept = image;
        if (kept != null && kept.getWidth() == width && kept.getHeight() == height) {
            return kept;
        }
        BufferedImage made = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D g = made.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        image = made;
        graphics = g;
        return made;
    }
}
