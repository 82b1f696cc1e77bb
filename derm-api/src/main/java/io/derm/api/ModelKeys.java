package io.derm.api;

/**
 * Names of the entries in an ONNX file's {@code metadata_props} that tell derm how to feed the model and how to read it. A
 * model carries those that its names and shapes do not already say; {@link Model#with} overrides any.
 */
public final class ModelKeys {
    /** Name for people and reports. */
    public static final String NAME = "derm.name";
    /** Version of the weights. */
    public static final String VERSION = "derm.version";
    /** {@code detect} or {@code classify}. */
    public static final String TASK = "derm.task";
    /** Class names in output order, separated by commas. */
    public static final String LABELS = "derm.labels";
    /** What the classes count as: a preset's name, or {@code label=BENIGN|UNKNOWN|MELANOMA} entries separated by commas. */
    public static final String CLASSES = "derm.classes";
    /** What most of it computes in, where a pass lowered it: {@code float16}, {@code bfloat16} or {@code int8}. */
    public static final String PRECISION = "derm.precision";
    /** SPDX identifier of the licence of the weights. */
    public static final String LICENCE = "derm.licence";
    /** Who may use it for what. */
    public static final String INTENDED_USE = "derm.intended_use";

    /** Width and height as {@code WxH}, where the graph leaves them free. */
    public static final String INPUT_SIZE = "derm.input.size";
    /** {@code nchw} or {@code nhwc}. */
    public static final String INPUT_LAYOUT = "derm.input.layout";
    /** {@code letterbox}, {@code stretch} or {@code square-crop}. */
    public static final String INPUT_FIT = "derm.input.fit";
    /** Level that fills what the picture leaves over, 0 to 255. */
    public static final String INPUT_PAD = "derm.input.pad";
    /** {@code rgb} or {@code bgr}: the order of the tensor's channels. */
    public static final String INPUT_CHANNELS = "derm.input.channels";
    /** Three numbers separated by commas, in pixel levels 0 to 255, in the order of the tensor's channels. */
    public static final String INPUT_MEAN = "derm.input.mean";
    /** Three numbers separated by commas, in pixel levels 0 to 255, in the order of the tensor's channels. */
    public static final String INPUT_STD = "derm.input.std";
    /** Side of a square crop over the longer side of its region, e.g. {@code 1.25}. */
    public static final String INPUT_CROP_SCALE = "derm.input.crop_scale";

    /** How a detector's outputs are laid out; the names are those of derm-detect-yolo. */
    public static final String DECODER = "derm.decoder";
    /** Anchors in network pixels as {@code w,h w,h ...}. */
    public static final String ANCHORS = "derm.anchors";
    /** Indices of the anchors of each head, heads in output order: {@code 6,7,8;3,4,5;0,1,2}. */
    public static final String MASKS = "derm.masks";
    /** {@code scale_x_y} of darknet: one number, or one for each head separated by commas. */
    public static final String SCALE_X_Y = "derm.scale_x_y";
    /** {@code new_coords} of darknet: {@code 0} or {@code 1}. */
    public static final String NEW_COORDS = "derm.new_coords";
    /** {@code greedy} or {@code diou}. */
    public static final String NMS = "derm.nms";
    /** {@code beta_nms} of darknet, the exponent of the distance term of DIoU. */
    public static final String BETA_NMS = "derm.beta_nms";

    /** {@code logits} or {@code probabilities}. */
    public static final String ACTIVATION = "derm.activation";
    /** Divisor of the logits that calibrates them. */
    public static final String TEMPERATURE = "derm.temperature";

    private ModelKeys() {}
}
