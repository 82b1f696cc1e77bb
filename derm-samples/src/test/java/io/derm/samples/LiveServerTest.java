package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server of the page: who is let in, and what viewers cost. */
@Timeout(180)
class LiveServerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOKEN = "0123456789abcdef";

    @TempDir
    Path dir;

    private final HttpClient http = HttpClient.newHttpClient();

    /** A page that draws what it gets, or one that never says so. */
    private static final class Page implements WebSocket.Listener {
        private final boolean draws;
        private final AtomicInteger pictures = new AtomicInteger();
        private final StringBuilder text = new StringBuilder();
        private volatile String state = "";
        private volatile JsonNode frame = JSON.nullNode();
        /** By round: the clip is played again and again. */
        private final Map<Integer, Long> delivered = new ConcurrentHashMap<>();

        Page(boolean draws) {
            this.draws = draws;
        }

        long delivered() {
            return delivered.values().stream().mapToLong(n -> n).sum();
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                try {
                    JsonNode node = JSON.readTree(text.toString());
                    if (node.path("type").asText().equals("frame")) {
                        frame = node;
                    } else {
                        state = text.toString();
                        delivered.put(
                                node.path("round").asInt(),
                                node.path("delivered").asLong());
                    }
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            if (last) {
                pictures.incrementAndGet();
                if (draws) {
                    socket.sendText("drawn", true);
                }
            }
            socket.request(1);
            return null;
        }
    }

    private WebSocket connect(String address, WebSocket.Listener page, String... headers) {
        WebSocket.Builder builder = http.newWebSocketBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        return builder.buildAsync(URI.create(address.replace("http", "ws") + "/ws"), page)
                .join();
    }

    private HttpResponse<String> send(String address, String method, String... headers) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(address)).method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** By hand, since Java's client sets Host itself. */
    private static String raw(String address, String... lines) throws Exception {
        URI uri = URI.create(address);
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            socket.getOutputStream()
                    .write((String.join("\r\n", lines) + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - until).as("still waiting after 60 s").isNegative();
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    @Test
    void link_ofAllAddresses_namesTheMachine() throws Exception {
        assertThat(LiveCommand.reachable("127.0.0.1")).isEqualTo("127.0.0.1");
        assertThat(LiveCommand.reachable("no such host")).isEqualTo("no such host");
        String name = java.net.InetAddress.getLocalHost().getHostName();
        assertThat(LiveCommand.reachable("0.0.0.0")).isEqualTo(name);
        assertThat(LiveCommand.reachable("::")).isEqualTo(name);
    }

    @Test
    void live_onLoopback_letsThePageInAndNobodyElse() throws Exception {
        try (LiveProcess live = new LiveProcess(dir, "--precision", "int8")) {
            String here = live.address();
            HttpResponse<String> page = send(here + "/", "GET");
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.body())
                    .contains("Research use only, not a medical device.")
                    .doesNotContain("http://");
            assertThat(page.headers().firstValue("Content-Security-Policy"))
                    .hasValueSatisfying(
                            p -> assertThat(p).startsWith("default-src 'none'").contains("frame-ancestors 'none'"));
            assertThat(page.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
            assertThat(page.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
            assertThat(page.headers().firstValue("Cache-Control")).hasValue("no-store");

            String host = here.substring("http://".length());
            assertThat(raw(here, "GET / HTTP/1.1", "Host: rebound.example:80")).startsWith("HTTP/1.1 403");
            assertThat(raw(here, "GET / HTTP/1.1", "Host: localhost:80")).startsWith("HTTP/1.1 200");

            assertThat(send(here + "/api/pause", "POST").statusCode()).isEqualTo(403);
            assertThat(send(here + "/api/pause", "POST", "Origin", "http://evil.example")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(send(here + "/api/cancel", "POST", "Origin", here).statusCode())
                    .isEqualTo(400);
            assertThat(send(here + "/files/log", "GET").statusCode()).isEqualTo(404);
            assertThat(send(here + "/files/..%2Flog", "GET").statusCode()).isIn(400, 404);
            assertThatThrownBy(() -> connect(here, new Page(true), "Origin", "http://evil.example"))
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(WebSocketHandshakeException.class);
            assertThatThrownBy(() -> connect(here, new Page(true)))
                    .hasCauseInstanceOf(WebSocketHandshakeException.class);
            Page looksOn = new Page(true);
            connect(here, looksOn, "Origin", "http://" + host);
            await(() -> looksOn.pictures.get() > 2 && looksOn.state.contains("\"exam\""));
            assertThat(looksOn.frame.path("width").asInt()).isEqualTo(1280);

            assertThat(dir.resolve("tmp")).isDirectoryContaining("glob:**/derm-phantom-clip*");
            assertThat(live.interrupt()).isEqualTo(130);
            assertThat(dir.resolve("tmp")).isDirectoryNotContaining("glob:**/derm-phantom-clip*");
            assertThat(live.log())
                    .containsPattern(
                            "(?m)^\\d+ lesions? in \\d+ frames, \\d+\\.\\d s, \\d+\\.\\d frames/s\\. Saved files")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void live_withAToken_wantsItByLinkOrHeader() throws Exception {
        try (LiveProcess live = new LiveProcess(dir, "--precision", "int8", "--host", "0.0.0.0", "--token", TOKEN)) {
            String here = live.address().replace("0.0.0.0", "127.0.0.1");
            for (String path : List.of("/", "/live.js", "/lesions/1/1", "/files/x", "/?token=wrong", "/?token=")) {
                HttpResponse<String> refused = send(here + path, "GET");
                assertThat(refused.statusCode()).as(path).isEqualTo(401);
                assertThat(refused.headers().firstValue("Content-Security-Policy"))
                        .isPresent();
                assertThat(refused.headers().firstValue("Set-Cookie")).isEmpty();
            }
            assertThat(send(here + "/api/pause", "POST", "Origin", here).statusCode())
                    .isEqualTo(401);
            assertThatThrownBy(() -> connect(here, new Page(true), "Origin", here))
                    .hasCauseInstanceOf(WebSocketHandshakeException.class);

            HttpResponse<String> link = send(here + "/?token=" + TOKEN, "GET");
            String cookie = link.headers().firstValue("Set-Cookie").orElseThrow();
            assertThat(cookie).contains("HttpOnly", "SameSite=Strict", "Path=/").doesNotContain(TOKEN);
            String ticket = cookie.substring(0, cookie.indexOf(';'));
            assertThat(send(here + "/", "GET", "Cookie", ticket).statusCode()).isEqualTo(200);
            assertThat(send(here + "/api/cancel", "POST", "Cookie", ticket).statusCode())
                    .isEqualTo(403);
            assertThat(send(here + "/", "GET", "Cookie", ticket + "0").statusCode())
                    .isEqualTo(401);
            String bearer = "Bearer " + TOKEN;
            assertThat(send(here + "/", "GET", "Authorization", bearer).statusCode())
                    .isEqualTo(200);
            assertThat(send(here + "/", "GET", "Authorization", bearer + "0").statusCode())
                    .isEqualTo(401);
            assertThat(send(here + "/api/cancel", "POST", "Authorization", bearer)
                            .statusCode())
                    .isEqualTo(400);
            Page looksOn = new Page(true);
            connect(here, looksOn, "Origin", here, "Cookie", ticket);
            await(() -> looksOn.pictures.get() > 0);
            assertThat(live.log()).doesNotContain(TOKEN);
        }
    }

    @Test
    void viewers_tenAtOnceAndOneThatStopsReading_neverSlowTheExam() throws Exception {
        try (LiveProcess live = new LiveProcess(dir, "--precision", "int8")) {
            String here = live.address();
            Page first = new Page(true);
            connect(here, first, "Origin", here);
            await(() -> first.pictures.get() > 5);
            Page mute = new Page(false);
            connect(here, mute, "Origin", here);
            List<Page> pages = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                pages.add(new Page(true));
                connect(here, pages.get(i), "Origin", here);
            }
            URI uri = URI.create(here);
            try (Socket deaf = new Socket()) {
                deaf.setReceiveBufferSize(4096);
                deaf.connect(new java.net.InetSocketAddress(uri.getHost(), uri.getPort()));
                OutputStream out = deaf.getOutputStream();
                out.write(("GET /ws HTTP/1.1\r\nHost: " + uri.getAuthority() + "\r\nOrigin: " + here
                                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
                InputStream in = deaf.getInputStream();
                assertThat(new String(in.readNBytes(12), StandardCharsets.US_ASCII))
                        .isEqualTo("HTTP/1.1 101");
                // From here on nothing is read.
                long delivered = first.delivered();
                int before = first.pictures.get();
                await(() -> first.pictures.get() > before + 40);
                pages.forEach(p -> assertThat(p.pictures.get()).isGreaterThan(10));
                assertThat(mute.pictures.get())
                        .as("two that were not drawn, and no more")
                        .isEqualTo(2);
                // They see what the exam delivers, which goes on, from one end of the clip to the next.
                await(() -> first.delivered() > delivered + 30);
                await(() -> first.state.contains("\"exam\":\"running\""));
            }
        }
    }

    @Test
    void live_portTaken_isOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Cli run = Cli.run("live", "--port", "" + taken.getLocalPort(), "--out", dir.toString());
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.complaints())
                    .containsExactly(
                            "derm: [DERM-810] Port " + taken.getLocalPort()
                                    + " of 127.0.0.1 is in use or not allowed. Remedy: Choose another with --port, or end what uses it.");
            assertThat(run.err()).doesNotContain("\tat ");
        }
    }

    @ParameterizedTest
    @CsvSource({"0.0.0.0,DERM-811", "203.0.113.7,DERM-811", "no.such.host.invalid,DERM-812"})
    void live_hostWithoutAToken_isRefused(String host, String id) {
        Cli run = Cli.run("live", "--host", host, "--out", dir.toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.complaints()).singleElement().asString().startsWith("derm: [" + id + "] ");
    }

    @Test
    void live_hostOfAnotherMachineWithAToken_isRefused() {
        Cli run = Cli.run("live", "--host", "203.0.113.7", "--token", TOKEN, "--out", dir.toString());
        assertThat(run.complaints()).singleElement().asString().startsWith("derm: [DERM-812] ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--token=short", "--port=70000"})
    void live_optionThatCannotBe_isWrongUsage(String option) {
        assertThat(Cli.run("live", option, "--out", dir.toString()).code()).isEqualTo(2);
    }

    @Test
    void live_sourceThatIsNotThere_isOneLineBeforeAnythingIsServed() throws Exception {
        Cli run = Cli.run("live", dir.resolve("none.mp4").toString(), "--port", "0", "--out", dir.toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.complaints()).singleElement().asString().startsWith("derm: [DERM-201] ");
        assertThat(run.err()).doesNotContain("The page is at");
    }

    @Test
    void snapshot_whereNothingCanBeWritten_isToldInWords() throws Exception {
        try (LiveProcess live = new LiveProcess(dir, "--precision", "int8")) {
            String here = live.address();
            Page looksOn = new Page(true);
            connect(here, looksOn, "Origin", here);
            await(() -> looksOn.pictures.get() > 0);
            Files.delete(dir.resolve("out"));
            HttpResponse<String> answer = send(here + "/api/snapshot", "POST", "Origin", here);
            assertThat(answer.statusCode()).isEqualTo(409);
            assertThat(JSON.readTree(answer.body()).path("error").asText()).startsWith("[DERM-225] Image ");
            HttpResponse<String> recording = send(here + "/api/record", "POST", "Origin", here);
            assertThat(recording.statusCode()).isEqualTo(409);
            int before = looksOn.pictures.get();
            await(() -> looksOn.pictures.get() > before + 2);
        }
    }
}
