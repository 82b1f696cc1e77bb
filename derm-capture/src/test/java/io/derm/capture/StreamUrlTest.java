package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class StreamUrlTest {
    @Test
    void parse_optionsBehindTheHash_areTakenOffTheUrl() {
        StreamUrl url = StreamUrl.parse("rtsp://nurse:secret@cam/1?profile=2#transport=udp&hwaccel=vaapi");
        assertThat(url.url()).isEqualTo("rtsp://nurse:secret@cam/1?profile=2");
        assertThat(url.name()).isEqualTo("rtsp://***@cam/1?profile=2");
        assertThat(url.transport()).isEqualTo("udp");
        assertThat(url.hardware()).isEqualTo("vaapi");
        assertThat(url.settings()).containsEntry("rtsp_transport", "udp");
    }

    @Test
    void parse_noOptions_isTcpInSoftware() {
        StreamUrl url = StreamUrl.parse("rtsp://cam/1");
        assertThat(url.settings()).containsEntry("rtsp_transport", "tcp");
        assertThat(url.hardware()).isEmpty();
        assertThat(StreamUrl.parse("http://cam/live").settings()).doesNotContainKey("rtsp_transport");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rtsp://nurse:se#cret@cam/1",
                "rtsp://nurse:secret@cam/1#transport=pigeon",
                "rtsp://nurse:secret@cam/1#secret",
                "rtsp://nurse:secret@cam/1#secret=transport",
                "rtsp://nurse:secret@cam/1#transport="
            })
    void parse_whatCannotBe_isRefusedWithoutAPassword(String url) {
        assertThatThrownBy(() -> StreamUrl.parse(url))
                .isInstanceOf(CaptureException.class)
                .hasMessageStartingWith("[DERM-219] rtsp://...")
                .hasMessageContaining("%23")
                .satisfies(
                        e -> assertThat(e.getMessage()).doesNotContain("cret").doesNotContain("nurse"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rtsp://nurse:secret@127.0.0.1:9/1",
                "rtmp://nurse:secret@127.0.0.1:9/app/1",
                "srt://127.0.0.1:9?passphrase=secret789012&mode=caller&connect_timeout=100",
                "https://nurse:secret@127.0.0.1:9/1?token=secret",
                "rtsp:nurse:secret@127.0.0.1:9/1",
                "rtsp:/nurse:secret@127.0.0.1:9/1",
                "lavfi:movie=filename=rtsp\\\\://nurse\\\\:secret@127.0.0.1\\\\:9/1",
                "lavfi:movie=http://127.0.0.1/?password=secret",
                "file://nurse:secret@127.0.0.1:9/%zz"
            })
    void open_anySourceThatFails_showsNoPassword(String source) {
        assertThatThrownBy(() -> Sources.open(source, CaptureOptions.defaults().withTimeoutMillis(2000)))
                .isInstanceOf(CaptureException.class)
                .satisfies(e -> {
                    for (Throwable t = e; t != null; t = t.getCause()) {
                        assertThat(t.toString()).doesNotContain("secret");
                    }
                });
    }

    /** An RTSP server that describes an H.264 stream and notes how its client wants it brought. */
    @ParameterizedTest
    @CsvSource({"'', RTP/AVP/TCP", "#transport=tcp, RTP/AVP/TCP", "#transport=udp, RTP/AVP/UDP"})
    void open_rtsp_asksForTheTransport(String options, String transport) throws Exception {
        CompletableFuture<String> asked = new CompletableFuture<>();
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> serve(server, asked));
            thread.setDaemon(true);
            thread.start();
            String url = "rtsp://nurse:secret@127.0.0.1:" + server.getLocalPort() + "/1" + options;
            assertThatThrownBy(() -> Sources.open(url, CaptureOptions.defaults().withTimeoutMillis(3000)))
                    .hasMessageStartingWith("[DERM-213] rtsp://***@127.0.0.1:" + server.getLocalPort() + "/1 ");
            assertThat(asked.get(5, TimeUnit.SECONDS)).startsWith(transport);
        }
    }

    private static void serve(ServerSocket server, CompletableFuture<String> asked) {
        String sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=s\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
                + "a=rtpmap:96 H264/90000\r\na=control:track1\r\n";
        try (Socket socket = server.accept()) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            String sequence = "0";
            String method = "";
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith("CSeq: ")) {
                    sequence = line.substring(6);
                } else if (line.startsWith("Transport: ")) {
                    asked.complete(line.substring(11));
                } else if (!line.isEmpty() && method.isEmpty()) {
                    method = line;
                } else if (line.isEmpty()) {
                    String answer = method.startsWith("SETUP") ? "461 Unsupported Transport" : "200 OK";
                    String body = method.startsWith("DESCRIBE") ? sdp : "";
                    String type = body.isEmpty() ? "" : "Content-Type: application/sdp\r\n";
                    socket.getOutputStream()
                            .write(("RTSP/1.0 " + answer + "\r\nCSeq: " + sequence + "\r\n" + type + "Content-Length: "
                                            + body.length() + "\r\n\r\n" + body)
                                    .getBytes(StandardCharsets.US_ASCII));
                    method = "";
                }
            }
        } catch (IOException e) {
            asked.completeExceptionally(e);
        }
    }

    @Test
    void messages_ofFfmpeg_areHeardOnlyWhileAskedFor() {
        Ffmpeg.load();
        String missing = "none";
        assertThat(Ffmpeg.messages(() -> assertThatThrownBy(() -> Sources.open("http://127.0.0.1:9/" + missing))
                        .isInstanceOf(CaptureException.class)))
                .anySatisfy(line -> assertThat(line).contains("127.0.0.1"));
        assertThat(Ffmpeg.messages(() -> {})).isEmpty();
    }
}
