package io.derm.onnx;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** Changes darknet cfgs by line, option and value. Immutable, thread-safe. */
final class CfgMutator {
    private static final String[] SECTIONS = {
        "net",
        "network",
        "convolutional",
        "conv",
        "maxpool",
        "local_avgpool",
        "avgpool",
        "upsample",
        "route",
        "shortcut",
        "sam",
        "scale_channels",
        "reorg3d",
        "dropout",
        "yolo",
        "region",
        "crnn",
        ""
    };
    private static final String[] OPTIONS = {
        "width",
        "height",
        "channels",
        "letter_box",
        "batch",
        "filters",
        "size",
        "stride",
        "stride_x",
        "stride_y",
        "pad",
        "padding",
        "dilation",
        "groups",
        "group_id",
        "activation",
        "batch_normalize",
        "cbn",
        "layers",
        "from",
        "scale",
        "reverse",
        "scale_wh",
        "weights_type",
        "mask",
        "anchors",
        "num",
        "classes",
        "scale_x_y",
        "new_coords",
        "nms_kind",
        "beta_nms",
        "share_index",
        "xnor",
        "probability",
        "maxpool_depth",
        "nothing"
    };
    private static final String[] WORDS = {
        "linear",
        "leaky",
        "relu",
        "relu6",
        "logistic",
        "tanh",
        "swish",
        "mish",
        "elu",
        "gelu",
        "none",
        "per_channel",
        "greedynms",
        "diounms",
        "cornersnms"
    };

    private final List<String> seeds;

    CfgMutator(List<String> seeds) {
        this.seeds = List.copyOf(seeds);
    }

    byte[] mutate(Choices c) {
        List<String> lines = new ArrayList<>(List.of(c.pick(seeds).split("\n", -1)));
        for (int n = 1 + c.below(c.oneIn(4) ? 6 : 2); n > 0; n--) {
            change(lines, c);
        }
        String end = c.oneIn(8) ? c.pick("\r\n", "\r", "\u2028", "\n\n", "\0\n", " \n") : "\n";
        byte[] bytes = lines.stream().collect(Collectors.joining(end)).getBytes(StandardCharsets.UTF_8);
        return c.oneIn(8) ? c.scramble(bytes) : bytes;
    }

    private void change(List<String> lines, Choices c) {
        int at = c.below(lines.size());
        String line = lines.get(at);
        switch (c.below(14)) {
            case 0, 1, 2, 3 -> {
                // from there to the next option, so that values are hit rather than sections
                for (int i = 0; i < lines.size(); i++) {
                    int k = (at + i) % lines.size();
                    int equals = lines.get(k).indexOf('=');
                    if (equals > 0) {
                        String key = lines.get(k).substring(0, equals);
                        lines.set(k, key + "=" + value(key, lines.get(k).substring(equals + 1), c));
                        return;
                    }
                }
            }
            case 4 -> lines.remove(at);
            case 5 -> lines.addAll(c.below(lines.size() + 1), Collections.nCopies(c.many(12), line));
            case 6 -> lines.add(at, "[" + c.pick(SECTIONS) + "]");
            case 7 -> {
                String key = c.pick(OPTIONS);
                lines.add(at, key + "=" + value(key, "1", c));
            }
            case 8 -> section(lines, at, c);
            case 9 -> Collections.swap(lines, at, c.below(lines.size()));
            case 10 -> {
                List<String> other = List.of(c.pick(seeds).split("\n", -1));
                int from = c.below(other.size());
                lines.subList(at, lines.size()).clear();
                lines.addAll(other.subList(from, other.size()));
            }
            case 11 -> lines.set(at, line + c.text());
            case 12 -> {
                String all = c.text();
                int in = c.below(line.length() + 1);
                lines.set(at, line.substring(0, in) + all + line.substring(in));
            }
            default -> lines.add(at, c.oneIn(2) ? c.text() : c.pick("#", ";", "[", "]", "=", "a=", "=1", "[]", "[a"));
        }
        if (lines.isEmpty()) {
            lines.add("");
        }
    }

    /** Leaves out or repeats the section that a line stands in. */
    private static void section(List<String> lines, int at, Choices c) {
        int from = at;
        while (from > 0 && !lines.get(from).startsWith("[")) {
            from--;
        }
        int to = at + 1;
        while (to < lines.size() && !lines.get(to).startsWith("[")) {
            to++;
        }
        List<String> section = List.copyOf(lines.subList(from, to));
        if (c.oneIn(3)) {
            lines.subList(from, to).clear();
        } else {
            List<String> more = new ArrayList<>();
            for (int n = Math.min(c.many(14), 60_000 / section.size()); n > 0; n--) {
                more.addAll(section);
            }
            lines.addAll(to, more);
        }
    }

    private static String value(String key, String old, Choices c) {
        return switch (c.below(10)) {
            case 0 -> c.text();
            case 1 -> c.pick(WORDS);
            case 2 -> Long.toString(c.number());
            case 3 -> old + c.pick(",", ",-1", ",0", ",1", ".0", ".000001", "e5", "0", "00000", "-");
            case 4 -> {
                String one = c.pick(",", "1,", "0,", "-1,", "0", ".", "9", "-") + c.pick("", "", "1");
                yield (c.oneIn(2) ? old : "") + one.repeat(c.many(18));
            }
            case 5 -> {
                StringBuilder list = new StringBuilder();
                for (int n = c.many(10); n > 0; n--) {
                    list.append(c.oneIn(8) ? c.number() : c.below(24) - 12).append(n > 1 ? "," : "");
                }
                yield list.toString();
            }
            case 6 -> c.number() + "." + c.below(1000) + c.pick("", "e9", "e308", "e-308");
            default -> Integer.toString(c.below(key.equals("filters") || key.equals("classes") ? 300 : 20) - 2);
        };
    }
}
