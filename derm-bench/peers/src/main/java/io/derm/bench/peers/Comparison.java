package io.derm.bench.peers;

import io.derm.bench.gate.Interval;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** All peers with one number of threads: answers compared, then times taken in turns and printed. Confined. */
final class Comparison {
    private final Material material;
    private final List<Row> rows = new ArrayList<>();
    private final Effort effort;
    private final PrintStream out;

    /**
     * How much is measured.
     *
     * @param processes of each peer, one after the other, at least {@value Interval#FEWEST_FORKS}
     * @param warmUps turns of each process that are thrown away
     * @param rounds turns of each process
     */
    record Effort(int processes, int warmUps, int rounds) {}

    /** A peer with its times: of exams by process, round and frame, and of stages by process. */
    private record Row(Kind kind, Setting setting, long[][][] exams, List<long[]> stages) {}

    /** A row's process of the moment. */
    private record Running(Row row, PeerProcess process) {}

    /** The settings must hold {@link Kind#DERM}. */
    Comparison(Material material, Map<Kind, Setting> settings, Effort effort, PrintStream out) {
        this.material = material;
        this.effort = effort;
        this.out = out;
        settings.forEach((kind, setting) ->
                rows.add(new Row(kind, setting, new long[effort.processes][effort.rounds][], new ArrayList<>())));
    }

    /** Measures and prints. */
    void run() throws IOException, Agreement.Disagreement {
        for (int p = 0; p < effort.processes; p++) {
            List<Running> peers = new ArrayList<>();
            try {
                for (Row row : rows) {
                    peers.add(new Running(row, new PeerProcess(row.kind, material, row.setting)));
                }
                compare(peers, p == 0);
                warmUp(peers);
                for (int r = 0; r < effort.rounds; r++) {
                    for (Running peer : inTurn(peers, r)) {
                        peer.row.exams[p][r] = peer.process.exams();
                    }
                }
                for (Running peer : inTurn(peers, p)) {
                    if (peer.row.kind.staged()) {
                        peer.row.stages.add(peer.process.stages());
                    }
                }
            } finally {
                for (Running peer : peers) {
                    peer.process.close();
                }
            }
        }
        printExams();
        printStages();
    }

    private void warmUp(List<Running> peers) throws IOException {
        for (int w = 0; w < effort.warmUps; w++) {
            for (Running peer : peers) {
                peer.process.exams();
            }
        }
        for (Running peer : peers) {
            if (peer.row.kind.staged()) {
                peer.process.stages();
            }
        }
    }

    /** Every peer comes first as often as another, and after another as often as before it. */
    static <T> List<T> inTurn(List<T> peers, int round) {
        List<T> order = new ArrayList<>(peers);
        Collections.rotate(order, -(round / 2));
        if (round % 2 == 1) {
            Collections.reverse(order);
        }
        return order;
    }

    private void compare(List<Running> peers, boolean print) throws IOException, Agreement.Disagreement {
        List<List<Finding>> derm = peers.get(0).process.answers();
        float[] input = peers.get(0).process.input();
        for (Running peer : peers) {
            String words = "- " + peer.row.kind.words() + ": " + peer.process.about();
            if (peer.row.kind != Kind.DERM) {
                Agreement found = Agreement.require(
                        peer.row.kind.words(), peer.row.kind.tolerance(), derm, peer.process.answers());
                words += ". Against derm: " + found.words() + "; " + levels(input, peer.process.input());
            }
            if (print) {
                out.println(words);
            }
        }
    }

    /** How far the detector's inputs are apart, on which the resize shows. */
    private static String levels(float[] derm, float[] peer) {
        double most = 0;
        double sum = 0;
        for (int i = 0; i < derm.length; i++) {
            double d = Math.abs(255.0 * (derm[i] - peer[i]));
            most = Math.max(most, d);
            sum += d;
        }
        return String.format(
                Locale.ROOT, "detector input differs by %.3f levels at most, %.4f on average", most, sum / derm.length);
    }

    private void printExams() {
        out.println();
        List<Row> yardsticks = rows.stream()
                .filter(row -> row.kind == Kind.DERM || row.kind.loop())
                .toList();
        out.println("| whole exam of a frame | median ms | p95 ms |"
                + yardsticks.stream()
                        .map(row -> " time over that of " + row.kind.words() + " (95 %) |")
                        .collect(Collectors.joining()));
        out.println("|---|---|---|" + "---|".repeat(yardsticks.size()));
        for (Row row : rows) {
            Quantiles times = Quantiles.of(Arrays.stream(row.exams)
                    .flatMap(Arrays::stream)
                    .flatMapToLong(Arrays::stream)
                    .toArray());
            StringBuilder line = new StringBuilder(
                    String.format(Locale.ROOT, "| %s | %.2f | %.2f |", row.kind.words(), times.median(), times.p95()));
            for (Row yardstick : yardsticks) {
                line.append(yardstick == row ? " 1 |" : over(yardstick, row));
            }
            out.println(line);
        }
    }

    private static String over(Row yardstick, Row row) {
        Interval times = Interval.of(logRatios(yardstick.exams, row.exams));
        return String.format(Locale.ROOT, " %.2f (%.2f to %.2f) |", times.ratio(), times.lower(), times.upper());
    }

    /**
     * How many times as long a peer takes, by process and round: the mean over frames of the log, the same frame in the same round. Processes
     * that were started together are a pair.
     */
    static double[][] logRatios(long[][][] yardstick, long[][][] peer) {
        double[][] logs = new double[yardstick.length][];
        for (int p = 0; p < logs.length; p++) {
            logs[p] = new double[yardstick[p].length];
            for (int r = 0; r < logs[p].length; r++) {
                long[] of = peer[p][r];
                long[] over = yardstick[p][r];
                logs[p][r] = IntStream.range(0, over.length)
                        .mapToDouble(frame -> Math.log((double) of[frame] / over[frame]))
                        .average()
                        .orElseThrow();
            }
        }
        return logs;
    }

    private void printStages() {
        List<Row> staged = rows.stream().filter(row -> row.kind.staged()).toList();
        out.println();
        out.println("| stage, median ms |"
                + staged.stream().map(row -> " " + row.kind.words() + " |").collect(Collectors.joining()));
        out.println("|---|" + "---|".repeat(staged.size()));
        for (Stage stage : Stage.values()) {
            StringBuilder line = new StringBuilder("| " + stage.words() + " |");
            for (Row row : staged) {
                line.append(String.format(
                        Locale.ROOT, " %.3f |", times(row.stages, stage).median()));
            }
            out.println(line);
        }
    }

    private static Quantiles times(List<long[]> stages, Stage stage) {
        int count = Stage.values().length;
        return Quantiles.of(stages.stream()
                .flatMapToLong(all ->
                        IntStream.range(0, all.length / count).mapToLong(frame -> all[frame * count + stage.ordinal()]))
                .toArray());
    }
}
