package io.derm.bench.gate;

import com.sun.management.ThreadMXBean;
import io.derm.api.Box;
import io.derm.api.DermException;
import io.derm.api.Frame;
import io.derm.api.Model;
import io.derm.api.SessionOptions;
import io.derm.onnx.ModelReport;
import io.derm.onnx.OnnxModel;
import io.derm.ort.OrtRuntime;
import io.derm.samples.DemoInt8;
import io.derm.trt.TrtMeter;
import io.derm.trt.TrtRuntime;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A fresh process that measures and writes what it saw to a file, a line each; {@link Forks} starts it and reads the file. */
@Command(name = "fork")
final class ForkMain implements Callable<Integer> {
    /** First line of what a fork writes. Forks of other versions of the gate begin otherwise. */
    static final String PROTOCOL = "derm-gate-fork 1";

    private static final int WARM_WINDOWS = 4;
    private static final int WINDOWS = 4;
    private static final int FRAMES_A_WINDOW = 8;

    enum Task {
        EXACT,
        TIME
    }

    enum Yardstick {
        BARE,
        SELF,
        NONE
    }

    @Mixin
    SubjectOptions options = new SubjectOptions();

    @Option(names = "--task", required = true)
    Task task = Task.EXACT;

    @Option(names = "--out", required = true)
    Path out = Path.of("fork.txt");

    @Option(names = "--steps", split = ",")
    List<Step> steps = new ArrayList<>();

    @Option(names = "--graphs", description = "Whether to count convolutions.")
    boolean graphs;

    @Option(names = "--baseline")
    @Nullable
    Path baseline;

    @Option(names = "--yardstick")
    Yardstick yardstick = Yardstick.BARE;

    @Option(names = "--slow", description = "Share by which the subject is slowed down.")
    double slow;

    @Option(names = "--blocks")
    int blocks = 1;

    @Option(names = "--calls")
    int calls = 1;

    @Option(names = "--warmup-millis")
    int warmupMillis;

    /** Keeps the compiler from leaving out what is made for it alone. */
    static volatile @Nullable Object sink;

    public static void main(String[] args) {
        System.exit(new CommandLine(new ForkMain())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    if (e instanceof DermException) {
                        System.err.println(e.getMessage());
                    } else {
                        e.printStackTrace();
                    }
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        try (GateFrames frames = GateFrames.open(options.frames, task == Task.EXACT ? GateFrames.ANSWERED : 1);
                Subject subject = Subject.open(options);
                PrintWriter lines = new PrintWriter(Files.newBufferedWriter(out, StandardCharsets.UTF_8))) {
            lines.println(PROTOCOL);
            if (task == Task.EXACT) {
                exact(frames, subject, lines);
            } else {
                time(frames, subject, lines);
            }
            lines.println("end");
            if (lines.checkError()) {
                throw new IOException("Cannot write " + out);
            }
        }
        return 0;
    }

    private void time(GateFrames frames, Subject subject, PrintWriter lines) throws Exception {
        List<Pair> pairs = new ArrayList<>();
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            for (Step step : steps) {
                pairs.add(pair(step, frames, subject, opened));
            }
            for (Pair pair : pairs) {
                long end = System.nanoTime() + warmupMillis * 1_000_000L / pairs.size();
                do {
                    pair.block(2, lines, false);
                } while (System.nanoTime() < end);
            }
            for (int b = 0; b < blocks; b++) {
                for (Pair pair : pairs) {
                    pair.block(calls, lines, true);
                }
            }
        } finally {
            for (AutoCloseable o : opened) {
                o.close();
            }
        }
    }

    private Pair pair(Step step, GateFrames frames, Subject subject, List<AutoCloseable> opened) {
        Subject self = subject;
        if (yardstick == Yardstick.SELF) {
            self = Subject.open(options);
            opened.add(self);
        }
        List<Bare> bare = new ArrayList<>();
        if (yardstick == Yardstick.BARE) {
            if (step != Step.CLASSIFY) {
                bare.add(Bare.of(subject, subject.detector().model(), 1, options.threads));
            }
            if (step != Step.DETECT) {
                int batch = step == Step.EXAM
                        ? subject.found(frames)
                        : frames.regions().size();
                bare.add(Bare.of(subject, subject.classifier().model(), batch, options.threads));
            }
            opened.addAll(bare);
        }
        return new Pair(step, frames, subject, self, bare);
    }

    /** A step and its yardstick, called in turns. */
    private final class Pair {
        private final Step step;
        private final GateFrames frames;
        private final Subject subject;
        private final Subject self;
        private final List<Bare> bare;
        private final List<Box> regions;
        private boolean yardstickFirst;

        Pair(Step step, GateFrames frames, Subject subject, Subject self, List<Bare> bare) {
            this.step = step;
            this.frames = frames;
            this.subject = subject;
            this.self = self;
            this.bare = bare;
            this.regions = frames.regions();
        }

        void block(int calls, PrintWriter lines, boolean write) throws InterruptedException {
            StringBuilder subjects = new StringBuilder();
            StringBuilder yardsticks = new StringBuilder();
            for (int c = 0; c < calls; c++) {
                for (int turn = 0; turn < 2; turn++) {
                    // ABBA: which comes first changes from call to call.
                    if ((turn == 0) == yardstickFirst) {
                        if (yardstick != Yardstick.NONE) {
                            yardsticks.append(' ').append(timeYardstick());
                        }
                    } else {
                        subjects.append(' ').append(timeSubject());
                    }
                }
                yardstickFirst = !yardstickFirst;
            }
            if (write) {
                lines.println("block " + step + subjects + " /" + yardsticks);
            }
        }

        private long timeSubject() throws InterruptedException {
            Frame frame = frames.next();
            long start = System.nanoTime();
            sink = subject.run(step, frame, regions);
            long took = System.nanoTime() - start;
            if (slow > 0) {
                long until = start + (long) (took * (1 + slow));
                while (System.nanoTime() < until) {
                    Thread.onSpinWait();
                }
                took = System.nanoTime() - start;
            }
            return took;
        }

        private long timeYardstick() throws InterruptedException {
            Frame frame = frames.next();
            long start = System.nanoTime();
            if (yardstick == Yardstick.SELF) {
                sink = self.run(step, frame, regions);
            } else {
                for (Bare b : bare) {
                    b.run();
                }
            }
            return System.nanoTime() - start;
        }
    }

    private void exact(GateFrames frames, Subject subject, PrintWriter lines) throws Exception {
        Answers stored =
                baseline == null ? Answers.NONE : Baseline.read(baseline).answers();
        frames.check(stored);
        subject.answers(frames, stored).lines().forEach(lines::println);
        for (Step step : steps) {
            allocation(step, frames, subject, lines);
        }
        uploads(frames, subject, lines);
        if (!graphs) {
            return;
        }
        convolutions("detector", options.detector == null && options.detectorModel == null, subject, lines);
        convolutions("classifier", options.classifier == null && options.classifierModel == null, subject, lines);
    }

    /**
     * Heap and direct memory that a step takes a frame: what the calling thread and all others allocate, less its results. The least of
     * several windows, as what belongs to a frame comes in each while the compiler's doings and other chance come in some.
     */
    private static void allocation(Step step, GateFrames frames, Subject subject, PrintWriter lines) throws Exception {
        List<Box> regions = frames.regions();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long heap = Long.MAX_VALUE;
        long direct = Long.MAX_VALUE;
        Results results = new Results(List.of(), List.of());
        for (int w = -WARM_WINDOWS; w < WINDOWS; w++) {
            long windowHeap = 0;
            long others = others(threads);
            long directBefore = direct();
            for (int f = 0; f < FRAMES_A_WINDOW; f++) {
                Frame frame = frames.next();
                long before = threads.getCurrentThreadAllocatedBytes();
                results = subject.run(step, frame, regions);
                windowHeap += threads.getCurrentThreadAllocatedBytes() - before;
                sink = results;
            }
            windowHeap += Math.max(0, others(threads) - others);
            if (w >= 0) {
                heap = Math.min(heap, windowHeap);
                direct = Math.min(direct, Math.max(0, direct() - directBefore));
            }
        }
        Supplier<Results> again = results.again();
        long copies = 0;
        for (int f = 0; f < FRAMES_A_WINDOW; f++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            sink = again.get();
            copies += threads.getCurrentThreadAllocatedBytes() - before;
        }
        String name = step.word();
        lines.println("exact " + name + ".heap " + Math.max(0, heap - copies) / FRAMES_A_WINDOW);
        lines.println("exact " + name + ".direct " + direct / FRAMES_A_WINDOW);
    }

    private static long others(ThreadMXBean threads) {
        long current = Thread.currentThread().getId();
        long[] ids = Arrays.stream(threads.getAllThreadIds())
                .filter(id -> id != current)
                .toArray();
        return Arrays.stream(threads.getThreadAllocatedBytes(ids))
                .filter(b -> b > 0)
                .sum();
    }

    private static long direct() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getTotalCapacity)
                .sum();
    }

    private void uploads(GateFrames frames, Subject subject, PrintWriter lines) throws Exception {
        if (!(subject.runtime() instanceof TrtRuntime tensorRt)) {
            for (Step step : steps) {
                lines.println("notrun " + step.word()
                        + ".uploads no TensorRT: give --runtime tensorrt on a machine with a GPU");
            }
            return;
        }
        SessionOptions session = SessionOptions.defaults().withThreads(options.threads);
        try (var opened = tensorRt.open(subject.detector().model(), session);
                TrtMeter meter = new TrtMeter(opened)) {
            for (Step step : steps) {
                subject.run(step, frames.next(), frames.regions());
                long before = meter.uploads();
                for (int f = 0; f < FRAMES_A_WINDOW; f++) {
                    sink = subject.run(step, frames.next(), frames.regions());
                }
                double each = (meter.uploads() - before) / (double) FRAMES_A_WINDOW;
                lines.println("exact " + step.word() + ".uploads " + each);
            }
        }
    }

    /** Counts of the graph as ONNX Runtime runs it: of the demo model in int8, or of the model given. */
    private void convolutions(String which, boolean demo, Subject subject, PrintWriter lines) throws IOException {
        boolean detector = which.equals("detector");
        Model model = demo
                ? detector ? DemoInt8.detector() : DemoInt8.classifier()
                : detector ? subject.detector().model() : subject.classifier().model();
        Path file = Files.createTempFile("derm-gate", ".onnx");
        try {
            new OrtRuntime().writeOptimised(model, SessionOptions.defaults().withThreads(options.threads), file);
            Map<String, Integer> operators =
                    ModelReport.of(OnnxModel.read(file)).operators();
            int integers =
                    operators.getOrDefault("com.microsoft.QLinearConv", 0) + operators.getOrDefault("QLinearConv", 0);
            int floats = 0;
            for (String name : new String[] {"Conv", "com.microsoft.FusedConv", "com.microsoft.nchwc.Conv"}) {
                floats += operators.getOrDefault(name, 0);
            }
            lines.println("exact " + which + ".int-convolutions " + integers);
            lines.println("exact " + which + ".float-convolutions " + floats);
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
