package io.derm.bench;

import io.derm.samples.DemoModel.Precision;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Settings of a paced exam. Immutable.
 *
 * @param rate frames a second of each camera
 * @param seconds that are measured
 * @param warmUpSeconds before that, at the same rate
 * @param streams cameras, each with an exam and models of its own
 * @param source a video, or {@value Pictures#PHANTOM}
 * @param pictures frames of it that are decoded beforehand and shown again and again
 * @param buffers frames of a camera that may be out at once
 * @param deadlineMillis findings later than this are counted as late
 * @param runtime name of the runtime
 * @param detector a file, or {@value Subjects#DEMO}
 * @param classifier a file, or {@value Subjects#DEMO}
 * @param precision of both models
 * @param threads CPU threads a model, 0 leaves them to the runtime
 * @param classifyEvery sightings after which a lesion is classified again without a better look, 1 for all of them
 * @param json file for the JSON; empty for standard output
 */
record PacedOptions(
        double rate,
        double seconds,
        double warmUpSeconds,
        int streams,
        String source,
        int pictures,
        int buffers,
        double deadlineMillis,
        String runtime,
        String detector,
        String classifier,
        Precision precision,
        int threads,
        int classifyEvery,
        Optional<String> json) {
    private static final Map<String, String> DEFAULTS = new LinkedHashMap<>();

    static {
        DEFAULTS.put("rate", "30");
        DEFAULTS.put("seconds", "60");
        DEFAULTS.put("warm-up", "10");
        DEFAULTS.put("streams", "1");
        DEFAULTS.put("source", Pictures.PHANTOM);
        DEFAULTS.put("pictures", "60");
        DEFAULTS.put("buffers", "8");
        DEFAULTS.put("deadline-ms", "100");
        DEFAULTS.put("runtime", "onnxruntime");
        DEFAULTS.put("detector", Subjects.DEMO);
        DEFAULTS.put("classifier", Subjects.DEMO);
        DEFAULTS.put("precision", Precision.fp32.name());
        DEFAULTS.put("threads", "1");
        DEFAULTS.put("classify-every", "1");
        DEFAULTS.put("json", "");
    }

    PacedOptions {
        if (!(rate > 0 && rate <= 1000)
                || !(seconds > 0 && seconds <= 86_400)
                || !(warmUpSeconds >= 0 && warmUpSeconds <= 3600)
                || streams < 1
                || pictures < 1
                || buffers < 1
                || !(deadlineMillis > 0)
                || threads < 0
                || classifyEvery < 1) {
            throw new IllegalArgumentException(
                    "Settings are rate=" + rate + " seconds=" + seconds + " warm-up=" + warmUpSeconds + " streams="
                            + streams + " pictures=" + pictures + " buffers=" + buffers + " deadline-ms="
                            + deadlineMillis + " threads=" + threads + " classify-every=" + classifyEvery
                            + ", expected a rate of up to 1000, up to a day after up to an hour, and nothing negative");
        }
    }

    /** How the options are written. */
    static String usage() {
        StringBuilder text = new StringBuilder("usage: PacedExam");
        DEFAULTS.forEach((name, value) -> text.append(" [--")
                .append(name)
                .append(' ')
                .append(value.isEmpty() ? "FILE" : value)
                .append(']'));
        return text.toString();
    }

    /**
     * Reads {@code --name value} pairs.
     *
     * @throws IllegalArgumentException if a name is not known or a value cannot be read
     */
    static PacedOptions parse(String... args) {
        Map<String, String> given = new LinkedHashMap<>(DEFAULTS);
        for (int i = 0; i < args.length; i += 2) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : "";
            if (!DEFAULTS.containsKey(name) || i + 1 == args.length) {
                throw new IllegalArgumentException("Option '" + args[i] + "', expected a name and a value. " + usage());
            }
            given.put(name, args[i + 1]);
        }
        Reader read = new Reader(given);
        return new PacedOptions(
                read.number("rate"),
                read.number("seconds"),
                read.number("warm-up"),
                read.integer("streams"),
                read.text("source"),
                read.integer("pictures"),
                read.integer("buffers"),
                read.number("deadline-ms"),
                read.text("runtime"),
                read.text("detector"),
                read.text("classifier"),
                read.precision(),
                read.integer("threads"),
                read.integer("classify-every"),
                Optional.of(read.text("json")).filter(f -> !f.isEmpty()));
    }

    private record Reader(Map<String, String> values) {
        String text(String name) {
            return values.getOrDefault(name, "");
        }

        double number(String name) {
            try {
                return Double.parseDouble(text(name));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("Option --" + name + " is '" + text(name) + "', expected a number");
            }
        }

        int integer(String name) {
            try {
                return Integer.parseInt(text(name));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "Option --" + name + " is '" + text(name) + "', expected a whole number");
            }
        }

        Precision precision() {
            List<Precision> all = Arrays.asList(Precision.values());
            return all.stream()
                    .filter(p -> p.name().equals(text("precision")))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "Option --precision is '" + text("precision") + "', expected one of " + all));
        }
    }
}
