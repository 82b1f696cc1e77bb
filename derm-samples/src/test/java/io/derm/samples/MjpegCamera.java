package io.derm.samples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.capture.Images;
import io.derm.capture.Sources;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A camera on loopback that sends pictures of the bundled clip as Motion JPEG, by the JDK's own HTTP server. */
final class MjpegCamera implements AutoCloseable {
    private static final int PICTURES = 30;
    /** FFmpeg looks at some pictures before it opens a stream. */
    private static final int PROBED = 12;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "mjpeg-camera");
        thread.setDaemon(true);
        return thread;
    });
    private final List<byte[]> pictures;
    private final AtomicInteger clients = new AtomicInteger();

    /**
     * Starts on a free port.
     *
     * @param perClient pictures after which a client is hung up on
     * @param most clients; later ones are told that the service is not there
     */
    MjpegCamera(int perClient, int most) throws Exception {
        pictures = pictures();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/live", exchange -> {
            try (exchange) {
                if (clients.incrementAndGet() > most) {
                    exchange.sendResponseHeaders(503, -1);
                } else {
                    serve(exchange, perClient);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    private static List<byte[]> pictures() throws Exception {
        List<byte[]> pictures = new ArrayList<>();
        try (DemoClip clip = DemoClip.extract();
                FrameSource source = Sources.open(clip.path().toString())) {
            while (pictures.size() < PICTURES) {
                try (Frame frame = source.next().orElseThrow()) {
                    pictures.add(Images.jpeg(frame, frame.bounds(), 640));
                }
            }
        }
        return pictures;
    }

    private void serve(HttpExchange exchange, int perClient) throws IOException, InterruptedException {
        exchange.getResponseHeaders().set("Content-Type", "multipart/x-mixed-replace; boundary=b");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        for (int i = 0; i < perClient; i++) {
            if (i >= PROBED) {
                TimeUnit.MILLISECONDS.sleep(40);
            }
            byte[] jpeg = pictures.get(i % PICTURES);
            out.write(("--b\r\nContent-Type: image/jpeg\r\nContent-Length: " + jpeg.length + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.write(jpeg);
            out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
        }
    }

    /** Where it is, with credentials that it does not ask for. */
    String url() {
        return "http://nurse:opensesame@127.0.0.1:" + server.getAddress().getPort() + "/live";
    }

    /** Goes away: hangs up and answers nobody. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
