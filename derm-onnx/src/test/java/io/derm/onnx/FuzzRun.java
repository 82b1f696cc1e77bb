package io.derm.onnx;

import com.sun.management.ThreadMXBean;
import io.derm.api.ModelException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Feeds mutated inputs to a parser, one after another on one thread, and holds each to the same: it succeeds or throws a {@link
 * ModelException} of one line, in bounded time and with bounded memory. Confined, used once.
 */
final class FuzzRun {
    /** Processor time of an input. Wall-clock time on a busy machine says nothing of a parser. */
    static final long CPU_NANOS = 2_000_000_000L;

    /** Wall-clock time of an input: what waits uses no processor. */
    static final long WALL_NANOS = 30_000_000_000L;

    static final long BYTES = 256L << 20;

    private static final int MAX_MESSAGE = 4000;
    private static final int MAX_PROBLEMS = 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final List<BufferPoolMXBean> POOLS = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);

    /** Makes inputs. */
    interface Kind {
        /** Makes an input, which is not measured, and returns what reads it, which is. */
        Attempt input(Choices choices) throws Exception;
    }

    /** Reads an input; throws a {@link ModelException} to refuse it. */
    interface Attempt {
        void run() throws Exception;
    }

    /** What came of a run. */
    record Report(
            String kind,
            long inputs,
            long accepted,
            Map<String, Long> refused,
            long slowestNanos,
            long slowest,
            long largestBytes,
            long largest,
            long nanos,
            Map<String, String> problems) {

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%s: %,d inputs in %.1f s, %,d accepted, %,d refused; slowest %.1f ms (input %d), largest allocation %.1f MiB (input"
                            + " %d); refused as %s",
                    kind,
                    inputs,
                    nanos / 1e9,
                    accepted,
                    refused.values().stream().mapToLong(Long::longValue).sum(),
                    slowestNanos / 1e6,
                    slowest,
                    largestBytes / 1048576.0,
                    largest,
                    refused);
        }
    }

    private final String name;
    private final Kind kind;
    private final long seed;
    private final long cpuNanos;
    private final long wallNanos;
    private final long bytes;

    private final Map<String, Long> refused = new TreeMap<>();
    private final Map<String, String> problems = new LinkedHashMap<>();
    private long accepted;
    private long slowestNanos;
    private long slowest = -1;
    private long largestBytes;
    private long largest = -1;
    private volatile long index;
    private volatile long startNanos;
    private volatile long startCpu = -1;
    private volatile @Nullable Throwable broken;

    FuzzRun(String name, Kind kind, long seed) {
        this(name, kind, seed, CPU_NANOS, WALL_NANOS, BYTES);
    }

    FuzzRun(String name, Kind kind, long seed, long cpuNanos, long wallNanos, long bytes) {
        this.name = name;
        this.kind = kind;
        this.seed = seed;
        this.cpuNanos = cpuNanos;
        this.wallNanos = wallNanos;
        this.bytes = bytes;
    }

    /** Runs the inputs of these indices. A hang ends the run with what was found until then. */
    Report run(long from, long count) throws InterruptedException {
        long began = System.nanoTime();
        Thread worker = new Thread(() -> work(from, count), "fuzz-" + name);
        worker.setDaemon(true);
        worker.start();
        boolean hung = false;
        while (worker.isAlive() && !hung) {
            worker.join(100);
            hung = hangs(worker);
        }
        long inputs = hung ? index - from + 1 : count;
        if (hung) {
            problem(
                    "hang",
                    Arrays.stream(worker.getStackTrace())
                            .limit(30)
                            .map(e -> "    at " + e)
                            .collect(Collectors.joining("\n")));
        }
        Throwable t = broken;
        if (t != null) {
            problem("mutator failed", trace(t));
        }
        return new Report(
                name,
                inputs,
                accepted,
                refused,
                slowestNanos,
                slowest,
                largestBytes,
                largest,
                System.nanoTime() - began,
                problems);
    }

    /** Reads one input on this thread; what is wrong with it, hangs aside. */
    Map<String, String> problemsOf(Attempt attempt) {
        one(attempt);
        return problems;
    }

    private boolean hangs(Thread worker) {
        long at = index;
        long cpu = startCpu;
        long wall = startNanos;
        boolean over = cpu >= 0
                && (THREADS.getThreadCpuTime(worker.getId()) - cpu > cpuNanos || System.nanoTime() - wall > wallNanos);
        return over && startCpu == cpu && index == at && worker.isAlive();
    }

    private void work(long from, long count) {
        try {
            for (long i = from; i < from + count && problems.size() < MAX_PROBLEMS; i++) {
                index = i;
                one(kind.input(Choices.seeded(seed, i)));
            }
        } catch (Throwable t) {
            broken = t;
        }
    }

    private void one(Attempt attempt) {
        long pools = pools();
        long before = THREADS.getCurrentThreadAllocatedBytes();
        long cpu = THREADS.getCurrentThreadCpuTime();
        startNanos = System.nanoTime();
        startCpu = cpu;
        String outcome = "";
        try {
            attempt.run();
        } catch (ModelException e) {
            outcome = e.id();
            checkMessage(e);
        } catch (Throwable t) {
            outcome = "crash";
            problem(place(t), trace(t));
        }
        startCpu = -1;
        long took = THREADS.getCurrentThreadCpuTime() - cpu;
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before + Math.max(0, pools() - pools);
        if (outcome.isEmpty()) {
            accepted++;
        } else {
            refused.merge(outcome, 1L, Long::sum);
        }
        if (took > slowestNanos) {
            slowestNanos = took;
            slowest = index;
        }
        if (allocated > largestBytes) {
            largestBytes = allocated;
            largest = index;
        }
        if (took > cpuNanos) {
            problem("slow", "took " + took / 1_000_000 + " ms");
        }
        if (allocated > bytes) {
            problem("large", "allocated " + allocated + " bytes");
        }
    }

    /** Bytes of direct buffers and of mapped files. */
    private static long pools() {
        long n = 0;
        for (BufferPoolMXBean pool : POOLS) {
            n += pool.getTotalCapacity();
        }
        return n;
    }

    private void checkMessage(ModelException e) {
        String message = String.valueOf(e.getMessage());
        if (message.length() > MAX_MESSAGE
                || !message.contains(". Remedy: ")
                || !message.matches("[^\\p{Cntrl}\u2028\u2029]*")) {
            problem(
                    "message of " + e.id(),
                    "message of " + message.length() + " characters: "
                            + message.substring(0, Math.min(300, message.length())) + "\n" + trace(e));
        }
    }

    private void problem(String what, String how) {
        problems.putIfAbsent(
                what, "input " + index + " of seed " + seed + ", kind " + name + ": " + what + "\n" + how + "\n");
    }

    private static String place(Throwable t) {
        String where = Arrays.stream(t.getStackTrace())
                .filter(e -> e.getClassName().startsWith("io.derm.")
                        && !e.getClassName().contains("Fuzz"))
                .findFirst()
                .map(e -> e.getClassName() + "." + e.getMethodName())
                .orElse("?");
        return t.getClass().getName() + " in " + where;
    }

    private static String trace(Throwable t) {
        return t
                + Arrays.stream(t.getStackTrace())
                        .limit(25)
                        .map(e -> "\n    at " + e)
                        .collect(Collectors.joining());
    }
}
