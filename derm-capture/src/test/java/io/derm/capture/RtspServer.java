package io.derm.capture;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** GStreamer's RTSP server in a process of its own, playing a clip as a camera would; see rtsp_server.py. */
final class RtspServer implements AutoCloseable {
    private static final Path PYTHON = Path.of("/usr/bin/python3");

    private final Process process;
    private final int port;

    private RtspServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Why there can be no such server on this machine; empty if there can. */
    static Optional<String> missing() throws IOException, InterruptedException {
        if (!Files.isExecutable(PYTHON)) {
            return Optional.of("no " + PYTHON);
        }
        Process check = command("--check").start();
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return check.waitFor() == 0
                ? Optional.empty()
                : Optional.of("no RTSP server here (Debian: apt install python3-gi gir1.2-gst-rtsp-server-1.0 "
                        + "gstreamer1.0-plugins-good): " + said.substring(said.lastIndexOf('\n') + 1));
    }

    /** Starts on a port and waits until it answers there. */
    static RtspServer start(int port, Path clip) throws IOException {
        Process process = command(Integer.toString(port), clip.toString()).start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); !"ready".equals(line); line = out.readLine()) {
            if (line == null) {
                throw new IOException("The RTSP server ended at its start");
            }
        }
        return new RtspServer(process, port);
    }

    private static ProcessBuilder command(String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(PYTHON.toString(), script().toString());
        builder.command().addAll(java.util.List.of(arguments));
        return builder.redirectErrorStream(true);
    }

    private static Path script() {
        try {
            return Path.of(Objects.requireNonNull(RtspServer.class.getResource("/rtsp/rtsp_server.py"))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    String url() {
        return "rtsp://127.0.0.1:" + port + "/live";
    }

    /** Freezes the process: its sockets stay open and say nothing. */
    void freeze() throws IOException, InterruptedException {
        signal("STOP");
    }

    void thaw() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    /** Kills the process with no farewell to its clients. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
