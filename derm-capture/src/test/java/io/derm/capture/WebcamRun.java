package io.derm.capture;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What {@link EmulatedWebcamTest} runs in a process of its own: it reads a webcam and prints what came. */
final class WebcamRun {
    private WebcamRun() {}

    /**
     * Reads and prints.
     *
     * @param arguments {@code list LISTED DEVICES}, or {@code read SOURCE FRAMES}, or {@code live SOURCE FRAMES}
     */
    public static void main(String[] arguments) throws Exception {
        try {
            switch (arguments[0]) {
                case "list" -> {
                    Devices.load();
                    Webcams.linux(Path.of(arguments[1]), Path.of(arguments[2]), true)
                            .forEach(d -> System.out.println(d.uri() + " " + d.name() + " " + d.formats()));
                }
                case "read" -> {
                    try (FrameSource source = Sources.open(arguments[1])) {
                        read(source, Integer.parseInt(arguments[2]));
                    }
                }
                default -> {
                    LiveOptions options =
                            LiveOptions.defaults().withDelayMillis(50, 50).withGiveUpMillis(6_000);
                    CountDownLatch told = new CountDownLatch(1);
                    FrameSource source =
                            LiveSource.connect(arguments[1], CaptureOptions.defaults(), options, status -> {
                                System.out.println(status.state());
                                if (status.state() == LiveState.ENDED || status.state() == LiveState.FAILED) {
                                    told.countDown();
                                }
                            });
                    try (source) {
                        read(source, Integer.parseInt(arguments[2]));
                    } finally {
                        // Closing does not wait for the last event on a busy machine.
                        told.await(20, TimeUnit.SECONDS);
                    }
                }
            }
        } catch (CaptureException e) {
            System.out.println(e.getMessage());
        }
    }

    private static void read(FrameSource source, int frames) throws InterruptedException {
        SourceInfo info = source.info();
        System.out.printf(
                Locale.ROOT,
                "%dx%d at %.0f live %s%n",
                info.width(),
                info.height(),
                info.framesPerSecond(),
                info.live());
        long first = 0;
        for (int i = 0; i < frames; i++) {
            Optional<Frame> next = source.next();
            if (next.isEmpty()) {
                System.out.println("over");
                return;
            }
            try (Frame frame = next.get()) {
                first = i == 0 ? frame.timestampMicros() : first;
                if (i == frames - 1) {
                    print(frame, first, i);
                }
            }
        }
    }

    /** The middles of four bars, and the frames a second by their times. */
    private static void print(Frame frame, long first, int steps) {
        StringBuilder line = new StringBuilder();
        for (int bar = 0; bar < 4; bar++) {
            int at = frame.height() / 2 * frame.stride() + 3 * ((2 * bar + 1) * frame.width() / 8);
            for (int c = 0; c < 3; c++) {
                line.append(' ').append(frame.pixels().get(at + c) & 255);
            }
        }
        System.out.printf(Locale.ROOT, "rate %.1f bars%s%n", 1e6 * steps / (frame.timestampMicros() - first), line);
    }
}
