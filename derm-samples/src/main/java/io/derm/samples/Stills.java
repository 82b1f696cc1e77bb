package io.derm.samples;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.PixelFormat;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageIO;

/**
 * Reads images. Where FFmpeg is not there, as on a machine that was given what measuring takes and no more, PNG of 8 bits a colour as {@code derm phantom}
 * writes it is read by Java; the pixels are the same.
 */
final class Stills {
    private static final String NO_FFMPEG = "DERM-215";

    private Stills() {}

    /**
     * Reads an image, or the first frame of anything else.
     *
     * @return a frame that the caller closes
     * @throws CaptureException if it cannot be read
     */
    static Frame read(String image) throws InterruptedException {
        try (FrameSource source = Sources.open(image, CaptureOptions.defaults())) {
            return source.next().orElseThrow(() -> ImageJob.noPicture(image));
        } catch (CaptureException e) {
            if (!e.id().equals(NO_FFMPEG)) {
                throw e;
            }
            return byJava(image, e);
        }
    }

    private static Frame byJava(String image, CaptureException noFfmpeg) {
        BufferedImage picture;
        try {
            picture = image.endsWith(".png") ? ImageIO.read(new File(image)) : null;
        } catch (IOException e) {
            noFfmpeg.addSuppressed(e);
            throw noFfmpeg;
        }
        if (picture == null || picture.getType() != BufferedImage.TYPE_3BYTE_BGR) {
            throw noFfmpeg;
        }
        byte[] bgr = ((DataBufferByte) picture.getRaster().getDataBuffer()).getData();
        ByteBuffer pixels = ByteBuffer.allocateDirect(bgr.length).put(0, bgr);
        return Frame.wrap(pixels, picture.getWidth(), picture.getHeight(), 3 * picture.getWidth(), PixelFormat.BGR24);
    }
}
