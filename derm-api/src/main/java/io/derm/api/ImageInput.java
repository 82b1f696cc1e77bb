package io.derm.api;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * How a region of a frame becomes a model's input tensor: scaled into {@code width} x {@code height} by {@link #fit}, channels
 * put in order, and each level {@code p} of 0 to 255 written as {@code (p - mean) / std}. A {@code uint8} tensor gets the level
 * itself when mean is 0 and std is 1. Immutable.
 *
 * @param width of the tensor, pixels
 * @param height of the tensor, pixels
 * @param fit how the region is placed in it
 * @param pad level that fills the rest in every channel, 0 to 255, before mean and std
 * @param cropScale for {@link Fit#SQUARE_CROP}: side of the crop over the longer side of the region, at least 1
 * @param channels order of the tensor's channels
 * @param mean subtracted, in levels, in the tensor's channel order
 * @param std divisor, in levels, in the tensor's channel order
 * @param layout order of the tensor's dimensions
 * @param type of the tensor's elements: float32, float16 or uint8
 */
public record ImageInput(
        int width,
        int height,
        Fit fit,
        int pad,
        float cropScale,
        ChannelOrder channels,
        PerChannel mean,
        PerChannel std,
        Layout layout,
        ElementType type) {

    /** How a region is placed in the tensor. */
    public enum Fit {
        /** Scaled by one factor to fit inside, centred, the rest padded. */
        LETTERBOX,
        /** Scaled to fill, each axis by its own factor. */
        STRETCH,
        /**
         * A square around the region's centre, {@link ImageInput#cropScale} times its longer side, moved inside the frame where
         * it reaches over its border and never larger than the frame's shorter side, then stretched.
         */
        SQUARE_CROP
    }

    /** Order of the tensor's channels. */
    public enum ChannelOrder {
        RGB,
        BGR
    }

    /** Order of the tensor's dimensions. */
    public enum Layout {
        NCHW,
        NHWC
    }

    /** One number for each of the three channels, in the tensor's order. */
    public record PerChannel(float c0, float c1, float c2) {
        public static PerChannel all(float v) {
            return new PerChannel(v, v, v);
        }

        public float get(int channel) {
            return switch (channel) {
                case 0 -> c0;
                case 1 -> c1;
                case 2 -> c2;
                default -> throw new IllegalArgumentException("Channel is " + channel + ", expected 0 to 2");
            };
        }
    }

    /** ImageNet mean of torchvision and timm in RGB levels (0.485, 0.456, 0.406 of 255). */
    public static final PerChannel IMAGENET_MEAN = new PerChannel(123.675f, 116.28f, 103.53f);
    /** ImageNet standard deviation of torchvision and timm in RGB levels (0.229, 0.224, 0.225 of 255). */
    public static final PerChannel IMAGENET_STD = new PerChannel(58.395f, 57.12f, 57.375f);

    public ImageInput {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("Input size is " + width + "x" + height + ", expected at least 1x1");
        }
        if (pad < 0 || pad > 255) {
            throw new IllegalArgumentException("Pad level is " + pad + ", expected 0 to 255");
        }
        if (!(cropScale >= 1 && cropScale <= 10)) {
            throw new IllegalArgumentException("Crop scale is " + cropScale + ", expected 1 to 10");
        }
        for (int c = 0; c < 3; c++) {
            if (!Float.isFinite(mean.get(c)) || !(std.get(c) > 0) || !Float.isFinite(std.get(c))) {
                throw new IllegalArgumentException(
                        "Mean is " + mean + " and std " + std + ", expected finite numbers and std over 0");
            }
        }
        if (type != ElementType.FLOAT32 && type != ElementType.FLOAT16 && type != ElementType.UINT8) {
            throw new IllegalArgumentException("Input type is " + type + ", expected FLOAT32, FLOAT16 or UINT8");
        }
    }

    /** RGB of 0 to 1 in NCHW float32, letterboxed on mid-grey (114): the usual YOLO input. */
    public static ImageInput yolo(int width, int height) {
        return new ImageInput(
                width,
                height,
                Fit.LETTERBOX,
                114,
                1,
                ChannelOrder.RGB,
                PerChannel.all(0),
                PerChannel.all(255),
                Layout.NCHW,
                ElementType.FLOAT32);
    }

    /** RGB with ImageNet mean and std in NCHW float32, a square crop with a quarter of margin: the usual EfficientNet input. */
    public static ImageInput imagenet(int size) {
        return new ImageInput(
                size,
                size,
                Fit.SQUARE_CROP,
                0,
                1.25f,
                ChannelOrder.RGB,
                IMAGENET_MEAN,
                IMAGENET_STD,
                Layout.NCHW,
                ElementType.FLOAT32);
    }

    /** Whether a model's input takes a batch of these; a free side takes anything. */
    public boolean fits(TensorInfo tensor) {
        boolean nchw = layout == Layout.NCHW;
        return tensor.rank() == 4
                && tensor.type() == type
                && fits(tensor.dim(nchw ? 1 : 3), 3)
                && fits(tensor.dim(nchw ? 2 : 1), height)
                && fits(tensor.dim(nchw ? 3 : 2), width);
    }

    private static boolean fits(int side, int wanted) {
        return side < 0 || side == wanted;
    }

    public ImageInput withFit(Fit f) {
        return new ImageInput(width, height, f, pad, cropScale, channels, mean, std, layout, type);
    }

    public ImageInput withPad(int level) {
        return new ImageInput(width, height, fit, level, cropScale, channels, mean, std, layout, type);
    }

    public ImageInput withCropScale(float s) {
        return new ImageInput(width, height, fit, pad, s, channels, mean, std, layout, type);
    }

    public ImageInput withChannels(ChannelOrder order) {
        return new ImageInput(width, height, fit, pad, cropScale, order, mean, std, layout, type);
    }

    public ImageInput withNormalisation(PerChannel m, PerChannel s) {
        return new ImageInput(width, height, fit, pad, cropScale, channels, m, s, layout, type);
    }

    public ImageInput withLayout(Layout l) {
        return new ImageInput(width, height, fit, pad, cropScale, channels, mean, std, l, type);
    }

    public ImageInput withType(ElementType t) {
        return new ImageInput(width, height, fit, pad, cropScale, channels, mean, std, layout, t);
    }

    /**
     * This input with size, layout and type as the model's image input has them, and everything its {@code derm.input.*}
     * metadata says.
     *
     * <p>Layout is NHWC where the last side is 3 and the second is not, else NCHW. This input's own size stays where the graph
     * leaves it free and the metadata is silent.
     *
     * @throws ModelException if the model has not one input of rank 4 with 3 channels, or an entry cannot be read
     */
    public ImageInput adaptedTo(Signature signature, String modelName) {
        if (signature.inputs().size() != 1 || signature.inputs().get(0).rank() != 4) {
            throw new ModelException(
                    10,
                    "Model " + modelName + " has inputs " + signature.inputs()
                            + ", expected one of rank 4, e.g. [1,3,416,416]",
                    "Export the model with a single image input.");
        }
        TensorInfo tensor = signature.inputs().get(0);
        Metadata meta = new Metadata(signature, modelName);
        Layout l = meta.choice(ModelKeys.INPUT_LAYOUT, Layout.class)
                .orElse(tensor.dim(3) == 3 && tensor.dim(1) != 3 ? Layout.NHWC : Layout.NCHW);
        int channelSide = tensor.dim(l == Layout.NCHW ? 1 : 3);
        if (channelSide != 3 && channelSide != -1) {
            throw new ModelException(
                    11,
                    "Input " + tensor + " of " + modelName + " has " + channelSide + " channels as " + l
                            + ", expected 3",
                    "Export the model for colour images, or name the layout with " + ModelKeys.INPUT_LAYOUT
                            + "=nchw|nhwc.");
        }
        int h = tensor.dim(l == Layout.NCHW ? 2 : 1);
        int w = tensor.dim(l == Layout.NCHW ? 3 : 2);
        if (w <= 0 || h <= 0) {
            Optional<int[]> size = meta.size(ModelKeys.INPUT_SIZE);
            w = w > 0 ? w : size.map(s -> s[0]).orElse(width);
            h = h > 0 ? h : size.map(s -> s[1]).orElse(height);
        }
        try {
            return new ImageInput(
                    w,
                    h,
                    meta.choice(ModelKeys.INPUT_FIT, Fit.class).orElse(fit),
                    meta.number(ModelKeys.INPUT_PAD).map(Double::intValue).orElse(pad),
                    meta.number(ModelKeys.INPUT_CROP_SCALE)
                            .map(Double::floatValue)
                            .orElse(cropScale),
                    meta.choice(ModelKeys.INPUT_CHANNELS, ChannelOrder.class).orElse(channels),
                    meta.three(ModelKeys.INPUT_MEAN).orElse(mean),
                    meta.three(ModelKeys.INPUT_STD).orElse(std),
                    l,
                    tensor.type());
        } catch (IllegalArgumentException e) {
            throw new ModelException(
                    12,
                    "Input " + tensor + " of " + modelName + " cannot be fed: " + e.getMessage(),
                    "Mend the derm.input.* metadata or override it.",
                    e);
        }
    }

    private record Metadata(Signature signature, String modelName) {
        <E extends Enum<E>> Optional<E> choice(String key, Class<E> type) {
            return signature.get(key).map(v -> Arrays.stream(type.getEnumConstants())
                    .filter(c -> c.name().equals(v.toUpperCase(Locale.ROOT).replace('-', '_')))
                    .findFirst()
                    .orElseThrow(() -> bad(
                            key,
                            v,
                            "one of "
                                    + Arrays.toString(type.getEnumConstants())
                                            .toLowerCase(Locale.ROOT)
                                            .replace('_', '-'))));
        }

        Optional<Double> number(String key) {
            return signature.get(key).map(v -> parse(key, v, "a number"));
        }

        Optional<PerChannel> three(String key) {
            return signature.get(key).map(v -> {
                String[] parts = v.split(",");
                if (parts.length != 3) {
                    throw bad(key, v, "three numbers separated by commas");
                }
                float[] f = new float[3];
                for (int i = 0; i < 3; i++) {
                    f[i] = (float) parse(key, parts[i].trim(), "three numbers separated by commas");
                }
                return new PerChannel(f[0], f[1], f[2]);
            });
        }

        Optional<int[]> size(String key) {
            return signature.get(key).map(v -> {
                if (!v.matches("[1-9]\\d{0,4}x[1-9]\\d{0,4}")) {
                    throw bad(key, v, "WIDTHxHEIGHT");
                }
                int x = v.indexOf('x');
                return new int[] {Integer.parseInt(v.substring(0, x)), Integer.parseInt(v.substring(x + 1))};
            });
        }

        private double parse(String key, String v, String expected) {
            try {
                return Double.parseDouble(v);
            } catch (NumberFormatException e) {
                throw bad(key, v, expected);
            }
        }

        private ModelException bad(String key, String v, String expected) {
            return new ModelException(
                    13,
                    "Metadata " + key + " of " + modelName + " is '" + v + "', expected " + expected,
                    "Mend the metadata or override it with " + key + "=…");
        }
    }
}
