package io.derm.samples;

import io.derm.api.CaptureException;
import io.derm.api.DermException;
import io.derm.api.Frame;
import java.util.List;

/** Runs something on each of the images named on the command line, and goes on after one that fails. */
final class ImageJob {
    /** What is done with an image. */
    interface Body {
        void image(String name, Frame frame) throws Exception;
    }

    private ImageJob() {}

    /**
     * Runs the body on each image.
     *
     * @return exit code: 1 where an image failed
     */
    static int run(List<String> images, Body body) throws Exception {
        int code = 0;
        for (String image : images) {
            try {
                open(image, body);
            } catch (CaptureException e) {
                System.err.println("derm: " + e.getMessage());
                code = 1;
            }
        }
        return code;
    }

    /**
     * Runs the body on one image, which is closed after.
     *
     * @throws CaptureException if it cannot be read
     */
    static void open(String image, Body body) throws Exception {
        try (Frame frame = Stills.read(image)) {
            body.image(image, frame);
        }
    }

    static CaptureException noPicture(String image) {
        return new CaptureException(254, image + " holds no picture, expected an image", "Name an image file.");
    }

    static DermException outside(String box, Frame frame) {
        return new CaptureException(
                255,
                "Box " + box + " lies outside the image of " + frame.width() + "x" + frame.height(),
                "Give left,top,width,height in pixels of the image.");
    }
}
