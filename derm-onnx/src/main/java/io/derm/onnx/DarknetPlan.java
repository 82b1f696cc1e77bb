package io.derm.onnx;

import io.derm.api.ModelException;
import io.derm.onnx.DarknetCfg.Section;
import io.derm.onnx.DarknetWeights.Need;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What each layer of a cfg takes and yields, worked out without weights and with everything refused that does not fit. Sizes are
 * those of the {@code make_*_layer} functions of AlexeyAB/darknet. Immutable by convention.
 */
record DarknetPlan(DarknetCfg cfg, int width, int height, List<Layer> layers) {
    static final Set<String> ACTIVATIONS =
            Set.of("linear", "leaky", "relu", "relu6", "logistic", "tanh", "swish", "mish", "elu");
    private static final int MAX_SIDE = 1 << 14;
    private static final int MAX_CHANNELS = 1 << 16;
    /** Elements of one layer's output, so that a forged cfg cannot ask for more than a tensor can hold. */
    private static final long MAX_ELEMENTS = 1L << 30;

    /** Channels, height and width of an output. */
    record Size(int channels, int height, int width) {
        @Override
        public String toString() {
            return channels + "x" + height + "x" + width;
        }
    }

    /** Kernel, strides, padding before and padding in total of a sliding window, and dilation. */
    record Window(int size, int strideY, int strideX, int before, int total, int dilation) {}

    /**
     * A layer.
     *
     * @param sources the layers that it takes besides the one before, or for a route instead of it
     */
    record Layer(Section section, String kind, Size in, Size out, List<Integer> sources, Window window) {}

    private static final Window NO_WINDOW = new Window(1, 1, 1, 0, 0, 1);

    static DarknetPlan of(DarknetCfg cfg) {
        Section net = cfg.net();
        for (String key : List.of("width", "height", "channels")) {
            if (!net.has(key)) {
                throw net.bad(key, "the network's " + key);
            }
        }
        int width = net.integer("width", 0, 1, MAX_SIDE);
        int height = net.integer("height", 0, 1, MAX_SIDE);
        Size before = new Size(net.integer("channels", 3, 3, 3), height, width);
        List<Layer> layers = new ArrayList<>();
        for (Section s : cfg.layers()) {
            Layer layer = plan(s, before, layers);
            Size out = layer.out();
            if ((long) out.channels() * out.height() * out.width() > MAX_ELEMENTS || out.channels() > MAX_CHANNELS) {
                throw misfit(
                        s, "yields " + out, "at most " + MAX_CHANNELS + " channels and " + MAX_ELEMENTS + " numbers");
            }
            layers.add(layer);
            before = out;
        }
        return new DarknetPlan(cfg, width, height, List.copyOf(layers));
    }

    private static Layer plan(Section s, Size in, List<Layer> before) {
        String kind = DarknetOptions.canonical(s.kind());
        if (!kind.equals("route") && !before.isEmpty()) {
            notDecoded(s, before.size() - 1, before);
        }
        String activation = s.text("activation", kind.equals("convolutional") ? "logistic" : "linear");
        if (!ACTIVATIONS.contains(activation)) {
            throw s.bad("activation", "one of " + ACTIVATIONS.stream().sorted().toList());
        }
        return switch (kind) {
            case "convolutional" -> convolution(s, kind, in);
            case "maxpool", "local_avgpool" -> pool(s, kind, in);
            case "avgpool" -> layer(s, kind, in, new Size(in.channels(), 1, 1));
            case "upsample" -> {
                int stride = s.integer("stride", 2, 1, 64);
                s.number("scale", 1);
                yield layer(
                        s,
                        kind,
                        in,
                        new Size(in.channels(), side(s, in.height(), stride), side(s, in.width(), stride)));
            }
            case "reorg3d" -> {
                int stride = s.integer("stride", 1, 1, 64);
                if (in.height() % stride != 0 || in.width() % stride != 0) {
                    throw misfit(s, "takes " + in, "sides divisible by its stride " + stride);
                }
                yield layer(
                        s,
                        kind,
                        in,
                        new Size(in.channels() * stride * stride, in.height() / stride, in.width() / stride));
            }
            case "route" -> route(s, kind, in, before);
            case "shortcut" -> shortcut(s, kind, in, before);
            case "sam" -> {
                int from = source(s, "from", before);
                if (!before.get(from).out().equals(in)) {
                    throw misfit(
                            s, "takes " + in + " and " + before.get(from).out() + " of layer " + from, "equal sizes");
                }
                yield new Layer(s, kind, in, in, List.of(from), NO_WINDOW);
            }
            case "scale_channels" -> {
                int from = source(s, "from", before);
                Size out = before.get(from).out();
                if (in.height() != 1 || in.width() != 1 || out.channels() != in.channels()) {
                    throw misfit(
                            s,
                            "takes " + in + " and " + out + " of layer " + from,
                            out.channels() + "x1x1 to scale the channels of the latter");
                }
                yield new Layer(s, kind, in, out, List.of(from), NO_WINDOW);
            }
            default -> layer(s, kind, in, in);
        };
    }

    private static Layer layer(Section s, String kind, Size in, Size out) {
        return new Layer(s, kind, in, out, List.of(), NO_WINDOW);
    }

    private static int side(Section s, int side, int stride) {
        if (side * stride > MAX_SIDE) {
            throw misfit(s, "yields a side of " + side * stride, "at most " + MAX_SIDE);
        }
        return side * stride;
    }

    private static Layer convolution(Section s, String kind, Size in) {
        int size = s.integer("size", 1, 1, 255);
        int filters = s.integer("filters", 1, 1, MAX_CHANNELS);
        int groups = s.integer("groups", 1, 1, MAX_CHANNELS);
        int stride = s.integer("stride", 1, 1, 255);
        int strideX = s.integer("stride_x", stride, 1, 255);
        int strideY = s.integer("stride_y", stride, 1, 255);
        int pad = s.integer("pad", 0, 0, 255) != 0 ? size / 2 : s.integer("padding", 0, 0, 255);
        int dilation = size == 1 ? 1 : s.integer("dilation", 1, 1, 255);
        if (in.channels() % groups != 0 || filters % groups != 0) {
            throw misfit(
                    s,
                    "has " + groups + " groups for " + in.channels() + " channels and " + filters + " filters",
                    "a divisor of both");
        }
        // Darknet leaves dilation out of the output's size, which is right only where the padding keeps the size.
        if (dilation > 1 && (size % 2 == 0 || pad != size / 2)) {
            throw s.bad("dilation", "1, or an odd size with pad=1");
        }
        int height = windows(s, in, in.height(), 2 * pad, size, strideY);
        int width = windows(s, in, in.width(), 2 * pad, size, strideX);
        return new Layer(
                s,
                kind,
                in,
                new Size(filters, height, width),
                List.of(),
                new Window(size, strideY, strideX, pad * dilation, 2 * pad * dilation, dilation));
    }

    private static Layer pool(Section s, String kind, Size in) {
        int stride = s.integer("stride", 1, 1, 255);
        int size = s.integer("size", stride, 1, 255);
        int padding = s.integer("padding", size - 1, 0, 2 * (size - 1));
        int strideX = s.integer("stride_x", stride, 1, 255);
        int strideY = s.integer("stride_y", stride, 1, 255);
        int height = windows(s, in, in.height(), padding, size, strideY);
        int width = windows(s, in, in.width(), padding, size, strideX);
        return new Layer(
                s,
                kind,
                in,
                new Size(in.channels(), height, width),
                List.of(),
                new Window(size, strideY, strideX, padding / 2, padding, 1));
    }

    private static int windows(Section s, Size in, int side, int padding, int size, int stride) {
        if (side + padding < size) {
            throw misfit(s, "has a window of " + size + " with padding " + padding + " on " + in, "a window that fits");
        }
        return (side + padding - size) / stride + 1;
    }

    private static Layer route(Section s, String kind, Size in, List<Layer> before) {
        int[] given = s.integers("layers");
        if (given.length == 0) {
            throw s.bad("layers", "the layers to join");
        }
        List<Integer> sources = Arrays.stream(given)
                .mapToObj(i -> source(s, "layers", i, before))
                .toList();
        int groups = s.integer("groups", 1, 1, MAX_CHANNELS);
        s.integer("group_id", 0, 0, groups - 1);
        Size first = before.get(sources.get(0)).out();
        int channels = 0;
        for (int i : sources) {
            Size one = before.get(i).out();
            if (one.height() != first.height() || one.width() != first.width() || one.channels() % groups != 0) {
                throw misfit(
                        s,
                        "joins " + first + " of layer " + sources.get(0) + " and " + one + " of layer " + i,
                        "equal heights and widths" + (groups > 1 ? ", channels divisible by " + groups : ""));
            }
            channels += one.channels() / groups;
        }
        return new Layer(s, kind, in, new Size(channels, first.height(), first.width()), sources, NO_WINDOW);
    }

    private static Layer shortcut(Section s, String kind, Size in, List<Layer> before) {
        for (String key : List.of("weights_type", "weights_normalization")) {
            if (!s.text(key, "none").equals("none")) {
                throw s.bad(key, "none, as weighted shortcuts are not imported");
            }
        }
        int[] given = s.integers("from");
        if (given.length == 0) {
            throw s.bad("from", "the layers to add");
        }
        List<Integer> sources =
                Arrays.stream(given).mapToObj(i -> source(s, "from", i, before)).toList();
        for (int i : sources) {
            Size one = before.get(i).out();
            if (one.height() != in.height() || one.width() != in.width()) {
                throw misfit(s, "adds " + one + " of layer " + i + " to " + in, "equal heights and widths");
            }
        }
        return new Layer(s, kind, in, in, sources, NO_WINDOW);
    }

    private static int source(Section s, String key, List<Layer> before) {
        int[] given = s.integers(key);
        if (given.length != 1) {
            throw s.bad(key, "one layer");
        }
        return source(s, key, given[0], before);
    }

    private static int source(Section s, String key, int given, List<Layer> before) {
        int index = given < 0 ? s.index() + given : given;
        if (index < 0 || index >= before.size()) {
            throw s.bad(key, "layers before " + s.where());
        }
        notDecoded(s, index, before);
        return index;
    }

    private static void notDecoded(Section s, int index, List<Layer> before) {
        if (before.get(index).kind().equals("yolo")) {
            throw misfit(s, "takes the output of " + before.get(index).section().where(), "a layer that is not [yolo]");
        }
    }

    static ModelException misfit(Section s, String found, String expected) {
        return new ModelException(
                85,
                "Darknet cfg " + s.file() + ": " + s.where() + " " + found + ", expected " + expected,
                "Mend the cfg; darknet itself cannot run it as it is.");
    }

    /** What each convolution takes from the weights file, in file order. */
    List<Need> needs() {
        List<Need> needs = new ArrayList<>();
        for (Layer l : layers) {
            if (l.kind().equals("convolutional")) {
                long weights = (long) l.out().channels()
                        * (l.in().channels() / l.section().integer("groups", 1, 1, MAX_CHANNELS))
                        * l.window().size()
                        * l.window().size();
                if (weights > Integer.MAX_VALUE / 4) {
                    throw misfit(l.section(), "has " + weights + " weights", "at most " + Integer.MAX_VALUE / 4);
                }
                needs.add(new Need(l.section().where(), l.out().channels(), batchNorm(l), weights));
            }
        }
        if (needs.isEmpty()) {
            throw misfit(layers.get(0).section(), "and all others have no weights", "a [convolutional] section");
        }
        return needs;
    }

    static boolean batchNorm(Layer l) {
        return l.section().integer("batch_normalize", 0, 0, 2) != 0
                || l.section().integer("cbn", 0, 0, 1) != 0;
    }
}
