package io.derm.effnet;

import io.derm.api.ElementType;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.ChannelOrder;
import io.derm.api.ImageInput.PerChannel;
import io.derm.api.Signature;
import io.derm.api.TensorInfo;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where an EfficientNet comes from, as far as its names and shapes tell, and how models from there are fed. A file does not
 * say how its input is normalised, so this is what their exporters do by default; metadata goes before it. Immutable.
 */
enum EffnetSource {
    /** PyTorch (torchvision, timm, the SIIM-ISIC 2020 first place): NCHW RGB, ImageNet mean and std. */
    TORCH("PyTorch (RGB, ImageNet mean and std)"),
    /** Keras through tf2onnx: NHWC RGB of 0 to 255, normalised in the graph. */
    KERAS("Keras (RGB, levels 0 to 255)"),
    /** EfficientNet-Lite of the ONNX Model Zoo and TensorFlow: NHWC RGB, {@code (x - 127) / 128}. */
    LITE("EfficientNet-Lite (RGB, (x-127)/128)"),
    /** NVIDIA TAO: NCHW BGR less Caffe's ImageNet mean. */
    TAO("NVIDIA TAO (BGR less 103.939,116.779,123.68)");

    private static final Pattern SIZE_IN_NAME =
            Pattern.compile("(?:^|[^a-z0-9])(?:efficient)?(?:net)?[-_]?b([0-7])(?![0-9])");
    private static final int[] TORCHVISION_SIDES = {224, 240, 288, 300, 380, 456, 528, 600};
    private static final int[] TENSORFLOW_SIDES = {224, 240, 260, 300, 380, 456, 528, 600};
    private static final PerChannel CAFFE_MEAN = new PerChannel(103.939f, 116.779f, 123.68f);

    private final String description;

    EffnetSource(String description) {
        this.description = description;
    }

    String description() {
        return description;
    }

    /** The source whose layout and names these are; PyTorch where nothing tells. */
    static EffnetSource of(Signature signature) {
        if (signature.inputs().size() != 1 || signature.inputs().get(0).rank() != 4) {
            return TORCH;
        }
        TensorInfo input = signature.inputs().get(0);
        if (input.dim(3) == 3 && input.dim(1) != 3) {
            return input.name().startsWith("images") ? LITE : KERAS;
        }
        boolean predictions =
                signature.outputs().stream().anyMatch(o -> o.name().startsWith("predictions"));
        return predictions && input.name().startsWith("input_1") ? TAO : TORCH;
    }

    /** How models from here are fed; a uint8 input takes levels as they are. */
    ImageInput input(Signature signature, String modelName) {
        ImageInput torch = ImageInput.imagenet(side(modelName));
        ImageInput input =
                switch (this) {
                    case TORCH -> torch;
                    case KERAS -> torch.withNormalisation(PerChannel.all(0), PerChannel.all(1));
                    case LITE -> torch.withNormalisation(PerChannel.all(127), PerChannel.all(128));
                    case TAO -> torch.withChannels(ChannelOrder.BGR).withNormalisation(CAFFE_MEAN, PerChannel.all(1));
                };
        boolean levels =
                signature.inputs().size() == 1 && signature.inputs().get(0).type() == ElementType.UINT8;
        return levels ? input.withNormalisation(PerChannel.all(0), PerChannel.all(1)) : input;
    }

    /** Side for a graph that leaves it free: that of the B0 to B7 in the file's name, else of B0. */
    private int side(String modelName) {
        String name = modelName.toLowerCase(Locale.ROOT);
        Matcher matcher = SIZE_IN_NAME.matcher(name);
        int b = matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
        return (this != TORCH || name.contains("tf_") ? TENSORFLOW_SIDES : TORCHVISION_SIDES)[b];
    }
}
