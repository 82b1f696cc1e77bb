package io.derm.onnx;

import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.onnx.DarknetCfg.Section;
import io.derm.onnx.DarknetPlan.Layer;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What the [yolo] sections of a cfg say of the heads before them, as metadata of the model. */
final class DarknetHeads {
    /** Exponent that {@code box_diou} of darknet's box.c has built in; {@code nms_kind=greedynms} takes it whatever beta_nms says. */
    private static final double GREEDY_BETA = 0.6;
    /** {@code letterbox_image} of darknet's image.c fills with 0.5. */
    private static final int PAD = 128;

    private final DarknetCfg cfg;
    private final List<Layer> heads;
    private final List<double[][]> anchors = new ArrayList<>();
    private final List<int[]> masks = new ArrayList<>();

    DarknetHeads(DarknetPlan plan) {
        this.cfg = plan.cfg();
        this.heads = plan.layers().stream().filter(l -> l.kind().equals("yolo")).toList();
        if (heads.isEmpty()) {
            throw new ModelException(
                    86,
                    "Darknet cfg " + cfg.file() + " has no [yolo] section, expected a detector",
                    "Give the cfg of a YOLO detector, not of its backbone.");
        }
        heads.forEach(this::check);
    }

    private void check(Layer head) {
        Section s = head.section();
        if (s.index() == 0) {
            throw wrong(s, "comes first", "a layer before it");
        }
        int classes = classes(s);
        int num = s.integer("num", 1, 1, 1000);
        int[] mask =
                s.has("mask") ? s.integers("mask") : IntStream.range(0, num).toArray();
        double[] flat = s.numbers("anchors");
        double[][] pairs = new double[flat.length / 2][];
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = new double[] {flat[2 * i], flat[2 * i + 1]};
            if (!(pairs[i][0] > 0 && pairs[i][1] > 0)) {
                throw s.bad("anchors", "positive widths and heights");
            }
        }
        for (int m : mask) {
            if (m < 0 || m >= Math.min(num, pairs.length)) {
                throw s.has("mask")
                        ? s.bad("mask", "indices under num=" + num + " and under the " + pairs.length + " anchors")
                        : s.bad("anchors", "num=" + num + " pairs of width and height");
            }
        }
        int channels = mask.length * (5 + classes);
        if (head.in().channels() != channels) {
            throw wrong(
                    s,
                    "takes " + head.in().channels() + " channels",
                    channels + " for " + mask.length + " anchors of " + classes + " classes: filters=" + channels
                            + " in the layer before");
        }
        if (classes != classes(heads.get(0).section())
                || newCoords(s) != newCoords(heads.get(0).section())) {
            throw wrong(s, "differs in classes or new_coords", "those of the first [yolo] section");
        }
        anchors.add(pairs);
        masks.add(mask);
    }

    private static int classes(Section s) {
        return s.integer("classes", 20, 1, 100_000);
    }

    private static int newCoords(Section s) {
        return s.integer("new_coords", 0, 0, 1);
    }

    private ModelException wrong(Section s, String found, String expected) {
        return new ModelException(
                86,
                "Darknet cfg " + cfg.file() + ": " + s.where() + " " + found + ", expected " + expected,
                "Mend the cfg; all heads of a detector have to agree.");
    }

    int classes() {
        return classes(heads.get(0).section());
    }

    /** The metadata that derm reads, see docs/models.md. */
    Map<String, String> metadata(List<String> labels) {
        Map<String, String> m = new LinkedHashMap<>();
        m.put(ModelKeys.NAME, cfg.file().replaceFirst("\\.cfg$", ""));
        m.put(ModelKeys.TASK, "detect");
        if (!labels.isEmpty()) {
            m.put(ModelKeys.LABELS, String.join(",", labels));
        }
        m.put(ModelKeys.INPUT_LAYOUT, "nchw");
        m.put(ModelKeys.INPUT_CHANNELS, "rgb");
        m.put(ModelKeys.INPUT_MEAN, "0,0,0");
        m.put(ModelKeys.INPUT_STD, "255,255,255");
        if (cfg.net().integer("letter_box", 0, 0, 1) == 1) {
            m.put(ModelKeys.INPUT_FIT, "letterbox");
            m.put(ModelKeys.INPUT_PAD, Integer.toString(PAD));
        } else {
            m.put(ModelKeys.INPUT_FIT, "stretch");
        }
        m.put(ModelKeys.DECODER, "darknet");
        anchors(m);
        m.put(
                ModelKeys.SCALE_X_Y,
                heads.stream()
                        .map(h -> plain(h.section().number("scale_x_y", 1)))
                        .collect(Collectors.joining(",")));
        m.put(ModelKeys.NEW_COORDS, Integer.toString(newCoords(heads.get(0).section())));
        nms(m);
        return m;
    }

    private void anchors(Map<String, String> m) {
        boolean shared = anchors.stream().allMatch(a -> Arrays.deepEquals(a, anchors.get(0)));
        List<double[]> all = new ArrayList<>(shared ? Arrays.asList(anchors.get(0)) : List.of());
        List<String> indices = new ArrayList<>();
        for (int h = 0; h < masks.size(); h++) {
            int offset = shared ? 0 : all.size();
            if (!shared) {
                all.addAll(Arrays.asList(anchors.get(h)));
            }
            indices.add(Arrays.stream(masks.get(h))
                    .mapToObj(i -> Integer.toString(i + offset))
                    .collect(Collectors.joining(",")));
        }
        m.put(
                ModelKeys.ANCHORS,
                all.stream().map(a -> plain(a[0]) + "," + plain(a[1])).collect(Collectors.joining(" ")));
        m.put(ModelKeys.MASKS, String.join(";", indices));
    }

    /** Darknet's detector goes by the last layer of the network. */
    private void nms(Map<String, String> m) {
        Section last = heads.get(heads.size() - 1).section();
        switch (last.text("nms_kind", "default")) {
            case "greedynms" -> {
                m.put(ModelKeys.NMS, "diou");
                m.put(ModelKeys.BETA_NMS, plain(GREEDY_BETA));
            }
            case "diounms" -> {
                m.put(ModelKeys.NMS, "diou");
                m.put(ModelKeys.BETA_NMS, plain(last.number("beta_nms", GREEDY_BETA)));
            }
            // As darknet: whatever else it says is the plain kind.
            default -> m.put(ModelKeys.NMS, "greedy");
        }
    }

    private static String plain(double v) {
        return BigDecimal.valueOf(v).stripTrailingZeros().toPlainString();
    }
}
