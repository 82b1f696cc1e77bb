package io.derm.bench;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A session of a model whose run costs next to nothing, so that what is timed is a runtime bringing pixels into a tensor: the image kernels
 * are no public class, and this is the way in which all of derm uses them. Checked before it is handed out. Confined.
 */
final class ImageRig implements AutoCloseable {
    private final ImageInput input;
    private final ByteBuffer pixels;
    private final int width;
    private final int height;
    private final PixelFormat format;
    private final List<Box> regions;
    private final Session session;
    private final BareRun bare;

    /** Where the pixels come from, e.g. {@code 1280x720}. */
    static int[] size(String text) {
        if (!text.matches("[1-9]\\d{0,4}x[1-9]\\d{0,4}")) {
            throw new IllegalArgumentException("Frame size is '" + text + "', expected e.g. 1280x720");
        }
        int x = text.indexOf('x');
        return new int[] {Integer.parseInt(text.substring(0, x)), Integer.parseInt(text.substring(x + 1))};
    }

    ImageRig(InferenceRuntime runtime, ImageInput input, String size, PixelFormat format, List<Box> regions) {
        this.input = input;
        this.width = size(size)[0];
        this.height = size(size)[1];
        this.format = format;
        this.regions = List.copyOf(regions);
        this.pixels = noise(format.bytes(format.minStride(width), height));
        SessionOptions options = SessionOptions.defaults().withThreads(1).withMaxBatch(regions.size());
        float first = checked(runtime, options);
        Model model = ImageModels.firstNumber(input.width(), input.height());
        this.session = runtime.open(model, options);
        try {
            float found = run().get(0).floats().get(0);
            if (found != first) {
                throw new IllegalStateException("The first number is " + found + ", expected " + first);
            }
            this.bare = BareRun.of(runtime, session, model, regions.size(), 1);
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    /** The kernel's time does not hang on what is in the picture; noise makes any pixel that is read wrongly show. */
    private static ByteBuffer noise(int bytes) {
        ByteBuffer noise = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < bytes; i++) {
            noise.put(i, (byte) random.nextInt());
        }
        return noise;
    }

    /** Holds all of what a run writes to its definition, and gives the first number of it. */
    private float checked(InferenceRuntime runtime, SessionOptions options) {
        try (Session whole = runtime.open(ImageModels.identity(input.width(), input.height()), options);
                Frame frame = frame()) {
            Tensors outputs = whole.run(input, frame, regions);
            for (int i = 0; i < regions.size(); i++) {
                PixelCheck.check(input, frame, regions.get(i), outputs.get(0), i);
            }
            return outputs.get(0).floats().get(0);
        }
    }

    /** A frame that no runtime has seen, as a source's are, so that a runtime on a device uploads it. */
    private Frame frame() {
        return Frame.wrap(pixels, width, height, format.minStride(width), format);
    }

    /** Brings the regions of a new frame into the tensor. */
    Tensors run() {
        try (Frame frame = frame()) {
            return session.run(input, frame, regions);
        }
    }

    /** The run without the pixels. */
    void bareRun() {
        bare.run();
    }

    @Override
    public void close() {
        try (session) {
            bare.close();
        }
    }
}
