package com.example.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.capture.Sources;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Standard input, which Surefire needs for itself: in a process of its own. */
@Timeout(300)
class Y4mStdinTest {
    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource({"close, end", "interrupt, interrupted"})
    void next_writerStalls_isWoken(String by, String outcome) throws Exception {
        Path said = dir.resolve("said.txt");
        Process reader = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        // Surefire starts Java with a jar that only names the class path.
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Stalled.class.getName(),
                        by)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try (OutputStream in = reader.getOutputStream()) {
            byte[] clip = Y4m.clip(16, 8, 2);
            in.write(clip, 0, clip.length - 10);
            in.flush();
            assertThat(reader.waitFor(240, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readString(said).lines()).containsExactly("a frame", outcome);
        } finally {
            reader.destroyForcibly();
        }
    }

    /** Takes a frame and then one that does not come whole. */
    static final class Stalled {
        private Stalled() {}

        public static void main(String[] args) throws Exception {
            try (FrameSource source = Sources.open("y4m:-")) {
                source.next().ifPresent(Frame::close);
                System.out.println("a frame");
                Thread reader = Thread.currentThread();
                Runnable stop = args[0].equals("close") ? source::close : reader::interrupt;
                Thread stopper = new Thread(() -> {
                    awaitRead(reader);
                    stop.run();
                });
                stopper.setDaemon(true);
                stopper.start();
                Optional<Frame> frame = source.next();
                System.out.println(frame.isPresent() ? "another frame" : "end");
            } catch (InterruptedException e) {
                System.out.println("interrupted");
            }
        }

        private static void awaitRead(Thread reader) {
            StackTraceElement[] stack;
            do {
                Thread.yield();
                stack = reader.getStackTrace();
            } while (!stack[0].isNativeMethod()
                    || Arrays.stream(stack).noneMatch(f -> f.getMethodName().equals("readPicture")));
        }
    }
}
