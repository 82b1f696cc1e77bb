package io.derm.samples;

import io.derm.onnx.DarknetImporter;
import io.derm.onnx.OnnxModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/**
 * The YOLOv4 network as published, without trained weights: CSPDarknet53 with Mish, spatial pyramid pooling, a path aggregation network of
 * leaky layers and three heads (Bochkovskiy, Wang and Liao, "YOLOv4: Optimal Speed and Accuracy of Object Detection", 2020). What it finds
 * means nothing; what it costs to run is what a trained one costs. Immutable.
 */
final class Yolov4 {
    private static final String ANCHORS = "12,16, 19,36, 40,28, 36,75, 76,55, 72,146, 142,110, 192,243, 459,401";
    private static final int ANCHORS_OF_A_HEAD = 3;
    /** Channels that go on, blocks, of the stages that halve the picture, but for the first. */
    private static final int[][] STAGES = {{64, 2}, {128, 8}, {256, 8}, {512, 4}};

    private static final int HEADER_BYTES = 20;

    /** A convolution, as far as its weights go. */
    private record Convolution(int filters, int channels, int size, boolean head) {
        long weights() {
            return (long) filters * channels * size * size;
        }

        /** Biases and weights, and scales, means and variances where a batch norm follows. */
        long floats() {
            return (head ? 1L : 4L) * filters + weights();
        }
    }

    private final int classes;
    private final StringBuilder cfg = new StringBuilder();
    private final List<Convolution> convolutions = new ArrayList<>();
    /** Channels of the output of each layer. */
    private final List<Integer> channels = new ArrayList<>();

    private String activation = "mish";

    private Yolov4(int side, int classes) {
        this.classes = classes;
        cfg.append("[net]\nwidth=")
                .append(side)
                .append("\nheight=")
                .append(side)
                .append("\nchannels=3\n");
        backbone();
    }

    /**
     * The network for square pictures.
     *
     * @param side of the network's input, a multiple of 32
     * @param classes 1 or more
     */
    static Yolov4 of(int side, int classes) {
        if (side < 32 || side % 32 != 0 || classes < 1) {
            throw new IllegalArgumentException("YOLOv4 has an input of " + side + " and " + classes
                    + " classes, expected a multiple of 32 and at least 1");
        }
        return new Yolov4(side, classes);
    }

    private void backbone() {
        convolution(32, 3, 1);
        stage(64, 64, 32, 1);
        int[] ends = new int[STAGES.length];
        for (int i = 0; i < STAGES.length; i++) {
            int width = STAGES[i][0];
            ends[i] = stage(2 * width, width, width, STAGES[i][1]);
        }
        activation = "leaky";
        neck(ends[1], ends[2]);
    }

    /** Halves the picture; one half of the channels goes through residual blocks, the other around them. */
    private int stage(int out, int split, int inner, int blocks) {
        int before = convolution(out, 3, 2);
        int around = convolution(split, 1, 1);
        route(before);
        int last = convolution(split, 1, 1);
        for (int i = 0; i < blocks; i++) {
            convolution(inner, 1, 1);
            convolution(split, 3, 1);
            last = shortcut(last);
        }
        int through = convolution(split, 1, 1);
        route(through, around);
        return convolution(out, 1, 1);
    }

    private void neck(int fine, int middle) {
        three(512);
        int pooled = last();
        int[] pools = new int[3];
        int[] sizes = {5, 9, 13};
        for (int i = 0; i < 3; i++) {
            if (i > 0) {
                route(pooled);
            }
            pools[i] = layer("maxpool", channels.get(pooled), "size", sizes[i], "stride", 1);
        }
        route(pools[2], pools[1], pools[0], pooled);
        int coarse = three(512);
        int middleUp = up(256, coarse, middle);
        int fineUp = up(128, middleUp, fine);
        head(256, 0, 1.2);
        down(256, fineUp, middleUp);
        int middleDown = last();
        head(512, 1, 1.1);
        down(512, middleDown, coarse);
        head(1024, 2, 1.05);
    }

    private int three(int width) {
        convolution(width, 1, 1);
        convolution(2 * width, 3, 1);
        return convolution(width, 1, 1);
    }

    private int five(int width) {
        three(width);
        convolution(2 * width, 3, 1);
        return convolution(width, 1, 1);
    }

    /** Brings coarse features up and joins them with those of the backbone. */
    private int up(int width, int from, int backbone) {
        if (last() != from) {
            route(from);
        }
        convolution(width, 1, 1);
        int upsampled = layer("upsample", width, "stride", 2);
        route(backbone);
        int lateral = convolution(width, 1, 1);
        route(lateral, upsampled);
        return five(width);
    }

    /** Brings fine features down and joins them with those that went up. */
    private void down(int width, int from, int join) {
        route(from);
        int halved = convolution(width, 3, 2);
        route(halved, join);
        five(width);
    }

    private void head(int width, int scale, double xy) {
        convolution(width, 3, 1);
        int filters = ANCHORS_OF_A_HEAD * (5 + classes);
        convolutions.add(new Convolution(filters, channels.get(last()), 1, true));
        layer("convolutional", filters, "filters", filters, "size", 1, "stride", 1, "pad", 1, "activation", "linear");
        String mask = 3 * scale + "," + (3 * scale + 1) + "," + (3 * scale + 2);
        layer("yolo", filters, "mask", mask, "anchors", ANCHORS, "classes", classes, "num", 9, "scale_x_y", xy);
    }

    private int convolution(int filters, int size, int stride) {
        convolutions.add(new Convolution(filters, channels.isEmpty() ? 3 : channels.get(last()), size, false));
        return layer(
                "convolutional",
                filters,
                "batch_normalize",
                1,
                "filters",
                filters,
                "size",
                size,
                "stride",
                stride,
                "pad",
                1,
                "activation",
                activation);
    }

    private int shortcut(int from) {
        return layer("shortcut", channels.get(from), "from", from, "activation", "linear");
    }

    private void route(int... layers) {
        int sum = 0;
        StringBuilder names = new StringBuilder();
        for (int l : layers) {
            sum += channels.get(l);
            names.append(names.isEmpty() ? "" : ",").append(l);
        }
        layer("route", sum, "layers", names);
    }

    /** Adds a section; its options are names and values in turn. */
    private int layer(String kind, int out, Object... options) {
        cfg.append('[').append(kind).append("]\n");
        for (int i = 0; i < options.length; i += 2) {
            cfg.append(options[i]).append('=').append(options[i + 1]).append('\n');
        }
        channels.add(out);
        return last();
    }

    private int last() {
        return channels.size() - 1;
    }

    /** The network as a darknet cfg. */
    String cfg() {
        return cfg.toString();
    }

    /** Number of convolutions. */
    int convolutions() {
        return convolutions.size();
    }

    /** Bytes of a darknet weights file for it. */
    long weightBytes() {
        return HEADER_BYTES
                + Float.BYTES
                        * convolutions.stream().mapToLong(Convolution::floats).sum();
    }

    /**
     * The network with weights out of a seed, as an ONNX model.
     *
     * @param folder for the files that it is imported from, which are deleted again; they take as much room as the weights
     */
    OnnxModel model(long seed, Path folder) throws IOException {
        Path text = Files.writeString(folder.resolve("yolov4.cfg"), cfg(), StandardCharsets.UTF_8);
        Path weights = folder.resolve("yolov4.weights");
        try {
            write(weights, new SplittableRandom(seed));
            return DarknetImporter.create().importModel(text, weights);
        } finally {
            Files.deleteIfExists(weights);
            Files.deleteIfExists(text);
        }
    }

    private void write(Path file, SplittableRandom random) throws IOException {
        try (Floats out = new Floats(file)) {
            for (Convolution c : convolutions) {
                if (c.head()) {
                    head(out, c, random);
                    continue;
                }
                out.write(c.filters(), () -> 0.2 * uniform(random));
                out.write(c.filters(), () -> 1 + 0.2 * uniform(random));
                out.write(c.filters(), () -> 0.1 * uniform(random));
                out.write(c.filters(), () -> 1 + 0.3 * uniform(random));
                // Uniform of the variance that keeps the scale of what passes through (He et al., 2015), and a little
                // less.
                double spread = Math.sqrt(3 * 1.5 / (c.weights() / c.filters()));
                out.write(c.weights(), () -> spread * uniform(random));
            }
        }
    }

    /** Objectness lies so low that few of the places in a picture answer, as with trained weights. */
    private void head(Floats out, Convolution c, SplittableRandom random) throws IOException {
        int[] at = new int[1];
        out.write(c.filters(), () -> at[0]++ % (5 + classes) == 4 ? OBJECTNESS : 0);
        double spread = Math.sqrt(3 * 0.2 / (c.weights() / c.filters()));
        out.write(c.weights(), () -> spread * uniform(random));
    }

    private static final double OBJECTNESS = -3;

    private static double uniform(SplittableRandom random) {
        return 2 * random.nextDouble() - 1;
    }

    /** A darknet weights file that is written float by float. */
    private static final class Floats implements AutoCloseable {
        private static final int CHUNK = 1 << 20;

        private final FileChannel channel;
        private final ByteBuffer buffer = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);

        private Floats(Path file) throws IOException {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
            // Version 0.2.5 and the number of pictures seen.
            buffer.putInt(0).putInt(2).putInt(5).putLong(0);
        }

        private void write(long n, DoubleSupplier next) throws IOException {
            for (long i = 0; i < n; i++) {
                if (buffer.remaining() < Float.BYTES) {
                    flush();
                }
                buffer.putFloat((float) next.getAsDouble());
            }
        }

        private void flush() throws IOException {
            buffer.flip();
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            buffer.clear();
        }

        @Override
        public void close() throws IOException {
            try (channel) {
                flush();
            }
        }
    }
}
