package com.example.device;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** Clips of noise as YUV4MPEG2. */
final class Y4m {
    private Y4m() {}

    static byte[] clip(int width, int height, int frames) {
        ByteArrayOutputStream clip = new ByteArrayOutputStream();
        clip.writeBytes(ascii("YUV4MPEG2 W" + width + " H" + height + " F25:1 Ip A1:1 C420mpeg2\n"));
        for (int i = 0; i < frames; i++) {
            clip.writeBytes(ascii("FRAME\n"));
            clip.writeBytes(picture(width, height, i));
        }
        return clip.toByteArray();
    }

    /** Luma, Cb and Cr of a frame, each a plane, within the limited range. */
    private static byte[] picture(int width, int height, int frame) {
        byte[] planes = new byte[width * height * 3 / 2];
        SplittableRandom random = new SplittableRandom(frame);
        for (int i = 0; i < planes.length; i++) {
            planes[i] = (byte) random.nextInt(16, 236);
        }
        return planes;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
