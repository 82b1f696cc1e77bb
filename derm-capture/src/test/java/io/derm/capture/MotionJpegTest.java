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
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MotionJpegTest {
    private static final int PROBED = 12;
    private static final int TAKEN = PROBED + 6;
    private static final long GAP_MILLIS = 150;

    /** When each picture was about to be sent. */
    private final AtomicLongArray sent = new AtomicLongArray(TAKEN);

    /** Some pictures at once, which FFmpeg looks at while it opens, then one every {@value GAP_MILLIS} ms. */
    private void serve(ServerSocket server) {
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
                if (i < TAKEN) {
                    sent.set(i, System.nanoTime());
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
                long firstTaken = 0;
                for (int i = 0; i < TAKEN; i++) {
                    try (Frame frame = source.next().orElseThrow()) {
                        long taken = System.nanoTime();
                        firstTaken = i == 0 ? taken : firstTaken;
                        // FFmpeg's own count has 40 ms from one to the next, which is before they are sent.
                        assertThat(frame.capturedNanos()).isBetween(sent.get(i), taken);
                        assertThat(frame.timestampMicros())
                                .isBetween((sent.get(i) - firstTaken) / 1000, (taken - sent.get(0)) / 1000);
                    }
                }
            }
        }
    }
}
