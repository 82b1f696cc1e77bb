package com.example.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A named pipe of Linux and a thread that writes to it. */
final class NamedPipe implements AutoCloseable {
    private final Path path;
    private final CountDownLatch end;
    private final Thread writer;

    /** @param ends whether the writer closes the pipe behind the content, or keeps it open */
    NamedPipe(Path path, byte[] content, boolean ends) throws Exception {
        this.path = path;
        this.end = new CountDownLatch(ends ? 0 : 1);
        Process mkfifo = new ProcessBuilder("mkfifo", path.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(mkfifo.getInputStream().readAllBytes());
        if (mkfifo.waitFor() != 0) {
            throw new IOException("mkfifo: " + said);
        }
        this.writer = new Thread(() -> write(content), "writer of " + path.getFileName());
        writer.setDaemon(true);
        writer.start();
    }

    private void write(byte[] content) {
        try (FileChannel pipe = FileChannel.open(path, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                pipe.write(rest);
            }
            end.await();
        } catch (IOException | InterruptedException e) {
            // The reader has gone, which is the reader's choice, or the test is over.
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws InterruptedException {
        end.countDown();
        writer.interrupt();
        TimeUnit.SECONDS.timedJoin(writer, 30);
    }
}
