package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.samples.live.Controls;
import io.derm.samples.live.LiveServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server of the page with nothing behind it: connections that end early, names of the machine, cookies, downloads. */
@Timeout(120)
class LiveConnectionsTest {
    private static final int MOST_VIEWERS = 32;
    private static final String TOKEN = "0123456789abcdef";

    @TempDir
    Path dir;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Handler> handlers = new ArrayList<>();

    @AfterEach
    void stopListening() {
        handlers.forEach(Logger.getLogger("")::removeHandler);
    }

    /** No exam. */
    private static class Nothing implements Controls {
        @Override
        public String state() {
            return "{\"type\":\"state\"}";
        }

        @Override
        public void pause(boolean paused) {}

        @Override
        public void restart() {}

        @Override
        public List<String> snapshot() {
            return List.of();
        }

        @Override
        public void record(boolean on) {}

        @Override
        public void swap(Part part, String model, String runtime, boolean unchecked) {}

        @Override
        public void rollback(Part part) {}

        @Override
        public void cancel(Part part) {}

        @Override
        public void threshold(double score) {}

        @Override
        public Optional<byte[]> crop(int round, int lesion) {
            return Optional.empty();
        }

        @Override
        public Optional<Path> file(String name) {
            return Optional.empty();
        }
    }

    /** Tells whether it was let in: it is told a state, or the connection is ended. */
    private static final class Viewer implements WebSocket.Listener {
        private final CompletableFuture<Boolean> admitted = new CompletableFuture<>();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            admitted.complete(true);
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            admitted.complete(false);
            return null;
        }
    }

    private boolean admitted(LiveServer server, List<WebSocket> open) throws Exception {
        Viewer viewer = new Viewer();
        open.add(http.newWebSocketBuilder()
                .header("Origin", "http://127.0.0.1:" + server.port())
                .buildAsync(URI.create("ws://127.0.0.1:" + server.port() + "/ws"), viewer)
                .join());
        return viewer.admitted.get(60, TimeUnit.SECONDS);
    }

    private static Socket upgrade(LiveServer server) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        String host = "127.0.0.1:" + server.port();
        socket.getOutputStream()
                .write(("GET /ws HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host
                                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** Leaves without a word, so that what is sent still fails. */
    private static void drop(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** How many more viewers there is room for. */
    private int room(LiveServer server) throws Exception {
        List<WebSocket> open = new ArrayList<>();
        while (admitted(server, open)) {
            assertThat(open).hasSizeLessThanOrEqualTo(MOST_VIEWERS);
        }
        int room = open.size() - 1;
        open.forEach(WebSocket::abort);
        return room;
    }

    /** Waits until the places of all who went are free again. */
    private void assertRoomForAll(LiveServer server) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (room(server) < MOST_VIEWERS) {
            assertThat(System.nanoTime() - until)
                    .as("places are not given back")
                    .isNegative();
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    @Test
    void viewers_thatAreGoneBeforeTheyAreTold_leaveNoPlaceTaken() throws Exception {
        // Each keeps a thread of the server's.
        int viewers = MOST_VIEWERS / 4;
        CountDownLatch asked = new CountDownLatch(viewers);
        CountDownLatch gone = new CountDownLatch(1);
        Controls slow = new Nothing() {
            @Override
            public String state() {
                asked.countDown();
                try {
                    gone.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return super.state();
            }
        };
        List<String> warnings = warnings();
        try (LiveServer server = LiveServer.start("127.0.0.1", 0, Optional.empty(), slow)) {
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < viewers; i++) {
                sockets.add(upgrade(server));
            }
            asked.await();
            for (Socket socket : sockets) {
                drop(socket);
            }
            gone.countDown();
            assertRoomForAll(server);
        }
        assertThat(warnings).isEmpty();
    }

    @Test
    void viewers_thatCloseAtOnce_leaveNoPlaceTakenAndNoWarning() throws Exception {
        List<String> warnings = warnings();
        try (LiveServer server = LiveServer.start("127.0.0.1", 0, Optional.empty(), new Nothing())) {
            for (int i = 0; i < 10 * MOST_VIEWERS; i++) {
                Socket socket = upgrade(server);
                if (i % 3 > 0) {
                    socket.getInputStream().readNBytes(12);
                }
                if (i % 2 == 0) {
                    // A frame that closes, with a mask of zeros.
                    socket.getOutputStream().write(new byte[] {(byte) 0x88, (byte) 0x80, 0, 0, 0, 0});
                    socket.close();
                } else {
                    drop(socket);
                }
            }
            assertRoomForAll(server);
        }
        assertThat(warnings).isEmpty();
    }

    /** What is logged from now on. */
    private List<String> warnings() {
        List<String> warnings = Collections.synchronizedList(new ArrayList<>());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord logged) {
                if (logged.getLevel().intValue() >= Level.WARNING.intValue()) {
                    warnings.add(logged.getMessage() + " " + logged.getThrown());
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger.getLogger("").addHandler(handler);
        handlers.add(handler);
        return warnings;
    }

    private static String get(int port, String host, String path, String... headers) throws Exception {
        try (Socket socket = new Socket(host, port)) {
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\n" + String.join("\r\n", headers)
                                    + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1", "127.0.0.2", "127.0.1.1", "127.255.255.254", "localhost", "LocalHost", "[::1]"})
    void page_byANameOfLoopback_isOpen(String name) throws Exception {
        try (LiveServer server = LiveServer.start("127.0.0.1", 0, Optional.empty(), new Nothing())) {
            assertThat(get(server.port(), "127.0.0.1", "/", "Host: " + name + ":" + server.port()))
                    .startsWith("HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rebound.example",
                "127.0.0.1.example",
                "127.rebound.example",
                "x127.0.0.1",
                "128.0.0.1",
                "0.0.0.0",
                "192.168.0.7",
                "[::2]",
                "[fe80::1]",
                "localhost.example"
            })
    void page_byAnotherName_isRefused(String name) throws Exception {
        try (LiveServer server = LiveServer.start("127.0.0.1", 0, Optional.empty(), new Nothing())) {
            assertThat(get(server.port(), "127.0.0.1", "/", "Host: " + name + ":" + server.port()))
                    .startsWith("HTTP/1.1 403");
        }
    }

    @Test
    void page_listenedAtAnotherLoopbackAddress_isOpenByIt() throws Exception {
        try (LiveServer server = LiveServer.start("127.0.0.2", 0, Optional.empty(), new Nothing())) {
            assertThat(get(server.port(), "127.0.0.2", "/", "Host: 127.0.0.2:" + server.port()))
                    .startsWith("HTTP/1.1 200");
            assertThat(get(server.port(), "127.0.0.2", "/", "Host: rebound.example"))
                    .startsWith("HTTP/1.1 403");
        }
    }

    @Test
    void cookies_ofTwoOnOneHost_areTwo() throws Exception {
        try (LiveServer one = LiveServer.start("127.0.0.1", 0, Optional.of(TOKEN), new Nothing());
                LiveServer other = LiveServer.start("127.0.0.1", 0, Optional.of(TOKEN), new Nothing())) {
            String both = cookie(one) + "; " + cookie(other);
            assertThat(cookie(one).split("=")[0]).isNotEqualTo(cookie(other).split("=")[0]);
            for (LiveServer server : List.of(one, other)) {
                assertThat(get(server.port(), "127.0.0.1", "/", "Host: 127.0.0.1", "Cookie: " + both))
                        .startsWith("HTTP/1.1 200");
            }
            assertThat(get(one.port(), "127.0.0.1", "/", "Host: 127.0.0.1", "Cookie: " + cookie(other)))
                    .startsWith("HTTP/1.1 401");
        }
    }

    private String cookie(LiveServer server) throws Exception {
        HttpRequest link = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/?token=" + TOKEN))
                .build();
        String set = http.send(link, HttpResponse.BodyHandlers.discarding())
                .headers()
                .firstValue("Set-Cookie")
                .orElseThrow();
        return set.substring(0, set.indexOf(';'));
    }

    private static Controls offering(Path file) {
        return new Nothing() {
            @Override
            public Optional<Path> file(String name) {
                return Optional.of(file);
            }
        };
    }

    @Test
    void download_ofAFileLargerThanAnyArray_isStreamed() throws Exception {
        Path large = dir.resolve("recording.mp4");
        long length = 3L << 30;
        try (RandomAccessFile sparse = new RandomAccessFile(large.toFile(), "rw")) {
            sparse.setLength(length);
        }
        List<String> warnings = warnings();
        try (LiveServer server = LiveServer.start("127.0.0.1", 0, Optional.empty(), offering(large));
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream()
                    .write(("GET /files/recording.mp4 HTTP/1.1\r\nHost: 127.0.0.1:" + server.port()
                                    + "\r\nAccept-Encoding: gzip\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            String head = new String(in.readNBytes(2_000), StandardCharsets.ISO_8859_1);
            assertThat(head)
                    .startsWith("HTTP/1.1 200")
                    .containsIgnoringCase("\r\nContent-Length: " + length + "\r\n")
                    .doesNotContainIgnoringCase("Content-Encoding", "Transfer-Encoding");
            // And goes away in the middle.
            in.readNBytes(1 << 20);
            drop(socket);
        }
        assertThat(warnings).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0", "5", "200000"})
    void download_ofAFile_isWholeAndUnchanged(int length) throws Exception {
        byte[] content = new byte[length];
        new Random(7).nextBytes(content);
        Path file = dir.resolve("snapshot.jpg");
        Files.write(file, content);
        try (LiveServer server = LiveServer.start("127.0.0.1", 0, Optional.empty(), offering(file))) {
            HttpRequest get = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + server.port() + "/files/snapshot.jpg"))
                    .header("Accept-Encoding", "gzip")
                    .build();
            assertThat(http.send(get, HttpResponse.BodyHandlers.ofByteArray()).body())
                    .isEqualTo(content);
        }
    }

    @Test
    void download_ofAFileThatIsGone_isNotFound() throws Exception {
        try (LiveServer server = LiveServer.start("127.0.0.1", 0, Optional.empty(), offering(dir.resolve("gone")))) {
            assertThat(get(server.port(), "127.0.0.1", "/files/gone", "Host: localhost"))
                    .startsWith("HTTP/1.1 404");
        }
    }
}
