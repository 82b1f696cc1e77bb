package io.derm.onnx;

import io.derm.api.ModelException;
import io.derm.onnx.DarknetCfg.Option;
import io.derm.onnx.DarknetCfg.Section;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which sections and options of AlexeyAB/darknet are imported. An option is read, or concerns training alone, or is refused: one
 * that is not known may change what the network computes.
 */
final class DarknetOptions {
    private static final Set<String> NET = words(
            "batch subdivisions width height channels inputs letter_box",
            "max_batches max_epochs learning_rate learning_rate_min sgdr_cycle sgdr_mult momentum decay time_steps track augment_speed",
            "sequential_subdivisions try_fix_nan weights_reject_freq equidistant_point badlabels_rejection_percentage",
            "num_sigmas_reject_badlabels ema_alpha use_cuda_graph loss_scale dynamic_minibatch optimized_memory",
            "workspace_size_limit_MB adam B1 B2 eps max_crop min_crop flip blur gaussian_noise mixup cutmix mosaic mosaic_bound",
            "contrastive contrastive_jit_flip contrastive_color unsupervised label_smooth_eps resize_step attention adversarial_lr",
            "max_chart_loss angle aspect saturation exposure hue power policy burn_in step scale steps scales seq_scales gamma",
            "show_receptive_field");
    /** Options that any layer may have and that concern training alone. */
    private static final Set<String> ANY = words(
            "clip onlyforward dont_update burnin_update stopbackward train_only_bn learning_rate stream wait_stream");

    private static final Map<String, Set<String>> LAYERS = new HashMap<>();
    /** Options that must have this value, because another changes the network in a way that is not imported. */
    private static final Map<String, List<String>> FIXED = Map.of(
            "convolutional",
                    List.of(
                            "xnor",
                            "binary",
                            "antialiasing",
                            "flipped",
                            "sway",
                            "rotate",
                            "stretch",
                            "stretch_sway",
                            "coordconv",
                            "dontload",
                            "dontloadscales",
                            "reverse",
                            "dot"),
            "maxpool", List.of("maxpool_depth", "antialiasing"),
            "scale_channels", List.of("scale_wh"),
            "reorg3d", List.of("reverse"));

    static {
        LAYERS.put(
                "convolutional",
                words(
                        "batch_normalize cbn filters size stride stride_x stride_y pad padding dilation groups activation bin_output",
                        "xnor binary antialiasing flipped sway rotate stretch stretch_sway coordconv dontload dontloadscales reverse dot",
                        "share_index angle grad_centr assisted_excitation"));
        LAYERS.put(
                "maxpool",
                words("size stride stride_x stride_y padding maxpool_depth antialiasing maxpool_zero_nonmax"));
        LAYERS.put("local_avgpool", words("size stride stride_x stride_y padding"));
        LAYERS.put("avgpool", words(""));
        LAYERS.put("upsample", words("stride scale"));
        LAYERS.put("route", words("layers groups group_id"));
        LAYERS.put("shortcut", words("from activation weights_type weights_normalization"));
        LAYERS.put("sam", words("from activation"));
        LAYERS.put("scale_channels", words("from activation scale_wh"));
        LAYERS.put("reorg3d", words("stride reverse"));
        LAYERS.put("dropout", words("probability dropblock dropblock_size_rel dropblock_size_abs"));
        LAYERS.put(
                "yolo",
                words(
                        "classes num mask anchors scale_x_y new_coords nms_kind beta_nms",
                        // beta1 is what the shipped cfgs call beta_nms; darknet does not read it
                        "beta1 max show_details max_delta counters_per_class label_smooth_eps objectness_smooth iou_normalizer",
                        "obj_normalizer cls_normalizer delta_normalizer uc_normalizer iou_loss iou_thresh_kind jitter resize focal_loss",
                        "ignore_thresh truth_thresh iou_thresh random map track_history_size sim_thresh dets_for_track dets_for_show",
                        "track_ciou_norm embedding_layer"));
    }

    private DarknetOptions() {}

    private static Set<String> words(String... lines) {
        return Arrays.stream(lines)
                .flatMap(l -> Stream.of(l.split(" ")))
                .filter(w -> !w.isEmpty())
                .collect(Collectors.toSet());
    }

    /** The name under which a section's kind is known, e.g. convolutional for conv. */
    static String canonical(String kind) {
        return switch (kind) {
            case "conv" -> "convolutional";
            case "max" -> "maxpool";
            case "avg" -> "avgpool";
            case "local_avg" -> "local_avgpool";
            default -> kind;
        };
    }

    /**
     * Refuses what is not imported, all of it in one message.
     *
     * @throws ModelException if a section or an option is not known, or an option has a value that is not imported
     */
    static void check(DarknetCfg cfg, boolean ignoreUnknown) {
        Set<String> sections = new LinkedHashSet<>();
        Set<String> options = new LinkedHashSet<>();
        collect(cfg.net(), NET, options);
        for (Section s : cfg.layers()) {
            Set<String> known = LAYERS.get(canonical(s.kind()));
            if (known == null) {
                sections.add("[" + Problems.clip(s.kind()) + "] in line " + s.line());
            } else {
                collect(s, known, options);
            }
        }
        if (!sections.isEmpty()) {
            throw new ModelException(
                    82,
                    "Darknet cfg " + cfg.file() + " has " + some(sections) + ", expected "
                            + LAYERS.keySet().stream().sorted().collect(Collectors.joining(", ")),
                    "Train a network of these sections; others have no counterpart that is checked against darknet.");
        }
        if (!options.isEmpty() && !ignoreUnknown) {
            throw new ModelException(
                    83,
                    "Darknet cfg " + cfg.file() + " has options that are not known: " + some(options),
                    "Mend the spelling, or have unknown options ignored if they do not change what the network computes.");
        }
        for (Section s : cfg.layers()) {
            if (s.has("share_index")) {
                throw s.bad("share_index", "none, as shared weights are not imported");
            }
            for (String key : FIXED.getOrDefault(canonical(s.kind()), List.of())) {
                if (s.number(key, 0) != 0) {
                    throw s.bad(key, "0, as what it does is not imported");
                }
            }
        }
    }

    private static void collect(Section s, Set<String> known, Set<String> unknown) {
        for (Map.Entry<String, Option> e : s.options().entrySet()) {
            if (!known.contains(e.getKey()) && (s.index() < 0 || !ANY.contains(e.getKey()))) {
                unknown.add(
                        Problems.clip(e.getKey()) + " in line " + e.getValue().line());
            }
        }
    }

    private static String some(Set<String> found) {
        String shown = found.stream().limit(10).collect(Collectors.joining(", "));
        return found.size() > 10 ? shown + " and " + (found.size() - 10) + " more" : shown;
    }
}
