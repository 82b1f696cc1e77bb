package io.derm.capture;

import io.derm.api.Frame;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The long runs of docs/live.md against a real RTSP server on loopback: {@code soak MINUTES} reads 720p at 30 frames a second and
 * writes resident memory each ten seconds and its slope; {@code kills COUNT} kills and restarts the server and writes how long the
 * source took to come back.
 */
final class LiveRun {
    private static final PrintStream OUT = System.out;

    private LiveRun() {}

    public static void main(String[] arguments) throws Exception {
        int n = Integer.parseInt(arguments[1]);
        Path folder = Files.createTempDirectory("live-run");
        Path clip = record(folder.resolve("clip.mp4"));
        try {
            if (arguments[0].equals("soak")) {
                soak(clip, n);
            } else {
                kills(clip, n);
            }
        } finally {
            Files.delete(clip);
            Files.delete(folder);
        }
    }

    /** Five seconds of 720p at 30 frames a second. */
    private static Path record(Path file) {
        try (VideoRecorder recorder = VideoRecorder.open(file, RecorderOptions.of(30))) {
            for (int i = 0; i < 150; i++) {
                try (Frame frame = TestMedia.drawn(1280, 720, 20 + i)) {
                    recorder.record(frame, i * 1_000_000L / 30);
                }
            }
        }
        return file;
    }

    private static LiveSource open(RtspServer server) {
        return LiveSource.open(
                server.url(), CaptureOptions.defaults(), LiveOptions.defaults(), status -> OUT.println("# " + status));
    }

    private static void soak(Path clip, int minutes) throws Exception {
        try (RtspServer server = RtspServer.start(RtspServer.freePort(), clip);
                LiveSource source = open(server)) {
            source.next().orElseThrow().close();
            long start = System.nanoTime();
            long nextSample = start;
            double[] seconds = new double[minutes * 6 + 1];
            double[] resident = new double[seconds.length];
            int samples = 0;
            long last = 0;
            long taken = 0;
            while (samples < seconds.length) {
                try (Frame frame = source.next().orElseThrow()) {
                    last = frame.sequence();
                    taken++;
                }
                if (System.nanoTime() - nextSample >= 0) {
                    seconds[samples] = (System.nanoTime() - start) / 1e9;
                    resident[samples] = status("VmRSS") / 1024.0;
                    OUT.printf(
                            Locale.ROOT,
                            "%.0f s, frame %d, resident %.1f MiB, threads %d, files %d%n",
                            seconds[samples],
                            last,
                            resident[samples],
                            status("Threads"),
                            files());
                    samples++;
                    nextSample += TimeUnit.SECONDS.toNanos(10);
                }
            }
            // The first ten minutes, or the first sixth, belong to class loading, compilation and the heap's growth.
            int from = samples / 6;
            OUT.printf(
                    Locale.ROOT,
                    "slope %.3f MiB an hour from %.0f s on; resident %.1f MiB at first, %.1f at last, %.1f at most; "
                            + "%d frames came, %d taken, %.2f a second%n%s%n",
                    3600 * slope(seconds, resident, from),
                    seconds[from],
                    resident[from],
                    resident[samples - 1],
                    Arrays.stream(resident).max().orElseThrow(),
                    last + 1,
                    taken,
                    last / seconds[samples - 1],
                    source.status());
        }
    }

    /** Least squares. */
    private static double slope(double[] x, double[] y, int from) {
        double mx = Arrays.stream(x, from, x.length).average().orElseThrow();
        double my = Arrays.stream(y, from, y.length).average().orElseThrow();
        double xy = 0;
        double xx = 0;
        for (int i = from; i < x.length; i++) {
            xy += (x[i] - mx) * (y[i] - my);
            xx += (x[i] - mx) * (x[i] - mx);
        }
        return xy / xx;
    }

    private static void kills(Path clip, int count) throws Exception {
        RtspServer server = RtspServer.start(RtspServer.freePort(), clip);
        double[] recovery = new double[count];
        try (LiveSource source = open(server)) {
            AtomicLong firstAfter = new AtomicLong();
            Thread consumer = new Thread(() -> {
                try {
                    for (Optional<Frame> f = source.next(); f.isPresent(); f = source.next()) {
                        f.get().close();
                        firstAfter.compareAndSet(0, System.nanoTime());
                    }
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            consumer.start();
            for (int i = 0; i < count; i++) {
                await(firstAfter);
                TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextInt(300, 800));
                int port = server.port();
                server.close();
                TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextInt(100, 1000));
                firstAfter.set(0);
                server = RtspServer.start(port, clip);
                long back = System.nanoTime();
                recovery[i] = (await(firstAfter) - back) / 1e9;
                OUT.printf(
                        Locale.ROOT,
                        "%d: %.3f s, threads %d, files %d, resident %.1f MiB%n",
                        i + 1,
                        recovery[i],
                        status("Threads"),
                        files(),
                        status("VmRSS") / 1024.0);
            }
            OUT.println(source.status());
        } finally {
            server.close();
        }
        Arrays.sort(recovery);
        OUT.printf(
                Locale.ROOT,
                "%d kills, recovered in: median %.3f s, p95 %.3f s, most %.3f s, within 3 s %d%n",
                count,
                recovery[count / 2],
                recovery[(int) Math.ceil(0.95 * count) - 1],
                recovery[count - 1],
                Arrays.stream(recovery).filter(s -> s <= 3).count());
    }

    private static long await(AtomicLong time) throws InterruptedException {
        while (time.get() == 0) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return time.get();
    }

    /** A number of Linux's account of this process. */
    private static long status(String key) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(key + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    private static long files() throws IOException {
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }
}
