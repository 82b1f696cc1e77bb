package io.derm.samples;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A link to a port of this machine on which all that comes from there takes its time. */
final class LiveLateLink implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final int port;
    private final long nanos;

    private record Piece(byte[] bytes, long dueNanos) {}

    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    LiveLateLink(int port, int seconds) throws IOException {
        this.port = port;
        this.nanos = TimeUnit.SECONDS.toNanos(seconds);
        start(() -> {
            while (true) {
                Socket here = server.accept();
                Socket there = new Socket(InetAddress.getLoopbackAddress(), port());
                sockets.add(here);
                sockets.add(there);
                BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
                start(() -> here.getInputStream().transferTo(there.getOutputStream()));
                start(() -> take(there.getInputStream(), pieces));
                start(() -> give(pieces, here));
            }
        });
    }

    private int port() {
        return port;
    }

    String address() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    private void take(InputStream in, BlockingQueue<Piece> pieces) throws IOException {
        byte[] buffer = new byte[65_536];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            pieces.add(new Piece(Arrays.copyOf(buffer, n), System.nanoTime() + nanos));
        }
    }

    private static void give(BlockingQueue<Piece> pieces, Socket to) throws IOException, InterruptedException {
        OutputStream out = to.getOutputStream();
        while (true) {
            Piece piece = pieces.take();
            TimeUnit.NANOSECONDS.sleep(piece.dueNanos() - System.nanoTime());
            out.write(piece.bytes());
        }
    }

    private static void start(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException | InterruptedException e) {
                        // An end of it has gone.
                    }
                },
                "late-link");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
