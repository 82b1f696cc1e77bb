package io.derm.effnet;

import io.derm.api.LabelMap;
import io.derm.api.LesionClass;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Label maps: presets for the common data sets, maps in files, and the rule that no map may break. Thread-safe.
 *
 * <p>The rule: a malignancy or its precursor never counts as benign or as no lesion, whoever writes the map. It covers melanoma, actinic
 * keratosis, basal and squamous cell carcinoma, Bowen's disease and other carcinomas, by their long names and by the short ones of
 * ISIC and HAM10000.
 */
public final class LabelMaps {
    private static final Map<String, LabelMap> PRESETS = presetMaps();

    private static final Set<String> MALIGNANT_WORDS = Set.of(
            "ak",
            "akiec",
            "bcc",
            "scc",
            "mel",
            "melanoma",
            "melanomas",
            "malignant",
            "malignancy",
            "cancer",
            "cancerous");
    private static final Set<String> NEGATIONS = Set.of("no", "non", "not");
    private static final List<String> MALIGNANT_PARTS =
            List.of("actinickerat", "solarkerat", "basalcell", "squamouscell", "carcinoma", "bowen", "lentigomaligna");

    private LabelMaps() {}

    private static Map<String, LabelMap> presetMaps() {
        Map<String, LabelMap> map = new LinkedHashMap<>();
        map.put("derm", LabelMap.parse("benign=BENIGN,unknown=UNKNOWN,melanoma=MELANOMA"));
        map.put("benign-malignant", LabelMap.parse("benign=BENIGN,malignant=MELANOMA"));
        map.put("siim4", LabelMap.parse("BKL=BENIGN,melanoma=MELANOMA,nevus=BENIGN,unknown=UNKNOWN"));
        map.put(
                "isic2019",
                LabelMap.parse("MEL=MELANOMA,NV=BENIGN,BCC=UNKNOWN,AK=UNKNOWN,BKL=BENIGN,DF=BENIGN,VASC=BENIGN,"
                        + "SCC=UNKNOWN,UNK=UNKNOWN"));
        map.put(
                "isic2020",
                LabelMap.parse("AK=UNKNOWN,BCC=UNKNOWN,BKL=BENIGN,DF=BENIGN,SCC=UNKNOWN,VASC=BENIGN,melanoma=MELANOMA,"
                        + "nevus=BENIGN,unknown=UNKNOWN"));
        return map;
    }

    /**
     * A preset by name:
     *
     * <ul>
     *   <li>{@code derm}: benign, unknown, melanoma, as derm's own models have them
     *   <li>{@code benign-malignant}: the target of ISIC 2020, where malignant means melanoma. A model that was also trained to call
     *       carcinomas malignant has them come out as melanoma, the safe side
     *   <li>{@code siim4}: BKL, melanoma, nevus, unknown, the four sorted classes of the first place of SIIM-ISIC 2020
     *   <li>{@code isic2019}: MEL, NV, BCC, AK, BKL, DF, VASC, SCC, UNK, the columns of the ISIC 2019 ground truth
     *   <li>{@code isic2020}: AK, BCC, BKL, DF, SCC, VASC, melanoma, nevus, unknown, the nine sorted classes of the first place of
     *       SIIM-ISIC 2020
     * </ul>
     */
    public static Optional<LabelMap> preset(String name) {
        return Optional.ofNullable(PRESETS.get(name));
    }

    /** Names of the presets. */
    public static List<String> presets() {
        return List.copyOf(PRESETS.keySet());
    }

    /**
     * Reads a map from a text file in UTF-8: a line for each of the model's classes in output order, {@code label=CLASS} or the two
     * separated by a tab, where CLASS is BENIGN, UNKNOWN, MELANOMA or NO_LESION. Blank lines and lines that start with {@code #} are
     * skipped.
     *
     * @throws ModelException if the file cannot be read, a line is not of that form, a label comes twice, or a malignancy
     *     counts as benign; the message names the file and the line
     */
    public static LabelMap read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (MalformedInputException e) {
            throw new ModelException(
                    63, "Label file " + file + " is not text in UTF-8", "Give a text file of label=CLASS lines.", e);
        } catch (IOException e) {
            String reason = Files.exists(file) ? "cannot be read: " + e.getMessage() : "does not exist";
            throw new ModelException(
                    63, "Label file " + file + " " + reason, "Give a text file of label=CLASS lines.", e);
        }
        List<String> labels = new ArrayList<>();
        List<LesionClass> classes = new ArrayList<>();
        Set<String> noLesion = new HashSet<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (i == 0 && line.startsWith("\uFEFF")) {
                line = line.substring(1).strip();
            }
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            String where = file + ":" + (i + 1);
            int at = Math.max(line.lastIndexOf('='), line.lastIndexOf('\t'));
            String label = at < 0 ? "" : line.substring(0, at).strip();
            Optional<LesionClass> c = at < 0 ? Optional.empty() : LabelMap.countsAs(line.substring(at + 1));
            if (label.isEmpty() || c.isEmpty()) {
                throw new ModelException(
                        62,
                        "Line " + where + " is '" + line + "', expected label=BENIGN, label=UNKNOWN,"
                                + " label=MELANOMA or label=NO_LESION",
                        "Mend the line.");
            }
            if (labels.contains(label)) {
                throw new ModelException(
                        62,
                        "Line " + where + " names '" + label + "' a second time, expected each label once",
                        "Mend the line.");
            }
            boolean nothing = LabelMap.isNoLesion(line.substring(at + 1));
            requireSafe(label, c.get(), nothing, where);
            labels.add(label);
            classes.add(c.get());
            if (nothing) {
                noLesion.add(label);
            }
        }
        if (labels.isEmpty()) {
            throw new ModelException(
                    63, "Label file " + file + " has no labels", "Give a text file of label=CLASS lines.");
        }
        return new LabelMap(labels, classes, noLesion);
    }

    /**
     * The map of a model: the one given, else what its {@link ModelKeys#CLASSES} says.
     *
     * @throws ModelException if there is none, it cannot be read, a label comes twice, or a malignancy counts as benign
     */
    static LabelMap of(Optional<LabelMap> given, Signature signature, String modelName) {
        LabelMap map = given.orElseGet(() -> stated(signature, modelName));
        String where = given.isPresent() ? "the labels given for " + modelName : ModelKeys.CLASSES + " of " + modelName;
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < map.size(); i++) {
            if (!seen.add(map.labels().get(i))) {
                throw new ModelException(
                        62,
                        "Label '" + map.labels().get(i) + "' comes twice in " + where + ", expected each label once",
                        "Mend the labels.");
            }
            String label = map.labels().get(i);
            requireSafe(label, map.classes().get(i), map.noLesion().contains(label), where);
        }
        return map;
    }

    private static LabelMap stated(Signature signature, String modelName) {
        String text = signature
                .get(ModelKeys.CLASSES)
                .orElseThrow(() -> new ModelException(
                        60,
                        "Model " + modelName + " does not say what its classes count as, expected " + ModelKeys.CLASSES,
                        "Give a label file, or " + ModelKeys.CLASSES
                                + "=… with label=BENIGN|UNKNOWN|MELANOMA|NO_LESION entries or one of "
                                + String.join(", ", PRESETS.keySet()) + "."));
        LabelMap preset = PRESETS.get(text);
        LabelMap map;
        try {
            map = preset != null ? preset : LabelMap.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ModelException(
                    61,
                    ModelKeys.CLASSES + " of " + modelName + " is '" + text
                            + "', expected label=BENIGN|UNKNOWN|MELANOMA|NO_LESION entries separated by commas or one of "
                            + String.join(", ", PRESETS.keySet()),
                    "Mend the metadata or override it with " + ModelKeys.CLASSES + "=….",
                    e);
        }
        // Two data sets with the same classes in another order are easily confused, and the mistake is invisible in the
        // answers.
        signature.get(ModelKeys.LABELS).ifPresent(labels -> {
            List<String> named =
                    Arrays.stream(labels.split(",", -1)).map(String::trim).toList();
            if (!named.stream()
                    .map(LabelMaps::squash)
                    .toList()
                    .equals(map.labels().stream().map(LabelMaps::squash).toList())) {
                throw new ModelException(
                        66,
                        ModelKeys.CLASSES + " of " + modelName + " has classes " + map.labels() + " and "
                                + ModelKeys.LABELS + " has " + named + ", expected the same in the same order",
                        "Mend the one that is wrong, or override it.");
            }
        });
        return map;
    }

    private static void requireSafe(String label, LesionClass lesionClass, boolean noLesion, String where) {
        if ((lesionClass == LesionClass.BENIGN || noLesion) && malignant(label)) {
            throw new ModelException(
                    64,
                    "Label '" + label + "' counts as " + (noLesion ? LabelMap.NO_LESION : "BENIGN") + " in " + where
                            + ", expected UNKNOWN or MELANOMA: it is a malignancy or its precursor",
                    "Map it to UNKNOWN, or to MELANOMA if it is one.");
        }
    }

    private static boolean malignant(String label) {
        String lower = label.toLowerCase(Locale.ROOT);
        String squashed = squash(label);
        String before = "";
        for (String word : lower.split("[^a-z]+")) {
            if (MALIGNANT_WORDS.contains(word) && !NEGATIONS.contains(before)) {
                return true;
            }
            before = word;
        }
        return MALIGNANT_PARTS.stream().anyMatch(squashed::contains);
    }

    private static String squash(String label) {
        return label.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "");
    }
}
