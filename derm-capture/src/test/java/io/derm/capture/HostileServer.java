package io.derm.capture;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on loopback that treats each client by a script; a client is hung up on when its script ends. */
final class HostileServer implements AutoCloseable {
    /** What happens to a client. */
    interface Script {
        /** @param n how many clients came before */
        void serve(Socket client, int n) throws IOException, InterruptedException;
    }

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Socket> clients = new CopyOnWriteArrayList<>();
    private final AtomicInteger count = new AtomicInteger();

    HostileServer(Script script) throws IOException {
        daemon(() -> {
            while (true) {
                Socket client = server.accept();
                clients.add(client);
                int n = count.getAndIncrement();
                daemon(() -> {
                    try (client) {
                        script.serve(client, n);
                    } finally {
                        clients.remove(client);
                    }
                });
            }
        });
    }

    private interface Task {
        void run() throws IOException, InterruptedException;
    }

    private static void daemon(Task task) {
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } catch (IOException | InterruptedException e) {
                        // The client went, or the test is over.
                    }
                },
                "hostile-server");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return server.getLocalPort();
    }

    /** How many clients came. */
    int clients() {
        return count.get();
    }

    /** Reads a request of HTTP or RTSP up to its empty line; the first line is the request's. */
    static List<String> request(BufferedReader in) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            lines.add(line);
        }
        return lines;
    }

    static BufferedReader reader(Socket client) throws IOException {
        return new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
    }

    static void write(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Answers every RTSP request with a status, as a server does that lets nobody in. */
    static Script rtspAnswer(String status, String headers) {
        return (client, n) -> {
            BufferedReader in = reader(client);
            for (List<String> r = request(in); !r.isEmpty(); r = request(in)) {
                String sequence = r.stream()
                        .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("cseq:"))
                        .findFirst()
                        .orElse("CSeq: 1");
                write(client, "RTSP/1.0 " + status + "\r\n" + sequence + "\r\n" + headers + "\r\n");
            }
        };
    }

    /** Reads the request and begins an answer of a video of no stated length. */
    static void beginHttp(Socket client) throws IOException {
        request(reader(client));
        write(client, "HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n");
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket client : clients) {
            client.close();
        }
    }
}
