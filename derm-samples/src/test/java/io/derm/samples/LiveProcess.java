package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A {@code derm live} in a process of its own. */
final class LiveProcess implements AutoCloseable {
    private static final Pattern PAGE = Pattern.compile("The page is at (http://[^/ ]+)/");

    final long startNanos = System.nanoTime();
    private final Process process;
    private final Path log;
    private final String address;

    LiveProcess(Path dir, String... arguments) throws Exception {
        log = dir.resolve("log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=4",
                "-Xmx256m",
                "-Djava.awt.headless=true",
                "-Dderm.terminal=false",
                "-Djava.io.tmpdir=" + Files.createDirectories(dir.resolve("tmp")),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "io.derm.samples.Derm",
                "live",
                "--port",
                "0",
                "--out",
                dir.resolve("out").toString()));
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        Matcher page = PAGE.matcher(log());
        while (!page.find()) {
            assertThat(process.isAlive()).as(log()).isTrue();
            assertThat(System.nanoTime() - until).as(log()).isNegative();
            TimeUnit.MILLISECONDS.sleep(10);
            page = PAGE.matcher(log());
        }
        address = page.group(1);
    }

    /** E.g. {@code http://127.0.0.1:4711}. */
    String address() {
        return address;
    }

    String log() throws IOException {
        return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
    }

    /** Presses Ctrl-C and waits for the end. */
    int interrupt() throws Exception {
        signal("INT");
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    /** Sends a signal, e.g. {@code STOP}. */
    void signal(String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Override
    public void close() throws Exception {
        process.destroyForcibly().waitFor();
    }
}
