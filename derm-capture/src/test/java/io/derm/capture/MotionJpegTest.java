package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MotionJpegTest {
    private static final int PROBED = 12;
    private static final long GAP_MILLIS = 150;

    /** Some pictures at once, which FFmpeg looks at while it opens, then one every {@value GAP_MILLIS} ms. */
    private static void serve(ServerSocket server) {
        try (Socket socket = server.accept();
                Frame frame = TestMedia.drawn(64, 48, 90)) {
            byte[] jpeg = Images.jpeg(frame, frame.bounds(), 64);
            socket.getInputStream().read(new byte[4096]);
            OutputStream out = socket.getOutputStream();
            out.write("HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; ; i++) {
                if (i >= PROBED) {
                    TimeUnit.MILLISECONDS.sleep(GAP_MILLIS);
                }
                out.write(("--b\r\nContent-Type: image/jpeg\r\nContent-Length: " + jpeg.length + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
                out.write(jpeg);
                out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
                out.flush();
            }
        } catch (IOException e) {
            // the test has ended
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void next_motionJpegByHttp_isDatedByItsArrival() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> serve(server));
            thread.setDaemon(true);
            thread.start();
            try (FrameSource source = Sources.open("http://127.0.0.1:" + server.getLocalPort() + "/live")) {
                assertThat(source.info().live()).isTrue();
                long last = 0;
                for (int i = 0; i < PROBED + 6; i++) {
                    try (Frame frame = source.next().orElseThrow()) {
                        long micros = frame.timestampMicros();
                        if (i > PROBED + 2) {
                            // FFmpeg's own count would be 40 ms. Nothing can come sooner than it was sent, a loaded
                            // machine later.
                            assertThat(micros - last).isBetween(GAP_MILLIS * 600, GAP_MILLIS * 10_000);
                            assertThat(System.nanoTime() - frame.capturedNanos())
                                    .isLessThan(GAP_MILLIS * 1_000_000);
                        }
                        last = micros;
                    }
                }
            }
        }
    }
}
