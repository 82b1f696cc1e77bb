package io.derm.trt;

import static org.junit.jupiter.api.Assumptions.abort;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.PixelFormat;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The kernels of kernels.cu, compiled as C++ and run by a process of their own, under address and undefined-behaviour sanitizers where
 * the compiler has them. Confined.
 */
final class KernelsOnCpu implements AutoCloseable {
    /** Bytes that a kernel leaves alone. */
    static final byte UNTOUCHED = (byte) 0xA5;

    private static final int IMAGE = 0;
    private static final int ROWS = 1;
    private static final int WIDEN = 2;

    private final Process process;
    private final OutputStream to;
    private final DataInputStream from;
    private final Path errors;

    private KernelsOnCpu(Process process, Path errors) {
        this.process = process;
        this.to = new BufferedOutputStream(process.getOutputStream(), 1 << 16);
        this.from = new DataInputStream(process.getInputStream());
        this.errors = errors;
    }

    /** Compiles and starts them; skips the test where there is no g++. */
    static KernelsOnCpu start(Path folder) throws Exception {
        Path binary = folder.resolve("kernels");
        List<String> strict = List.of("-fsanitize=address,undefined", "-fno-sanitize-recover=all");
        try {
            String said = compile(binary, strict);
            if (!said.isEmpty() && !compile(binary, List.of()).isEmpty()) {
                throw new IllegalStateException("g++ does not compile the kernels cleanly: " + said);
            }
        } catch (IOException e) {
            abort("g++ cannot be run: " + e.getMessage());
        }
        Path errors = folder.resolve("errors.txt");
        ProcessBuilder builder = new ProcessBuilder(binary.toString()).redirectError(errors.toFile());
        builder.environment().put("ASAN_OPTIONS", "detect_leaks=0");
        return new KernelsOnCpu(builder.start(), errors);
    }

    private static String compile(Path binary, List<String> flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "g++",
                "-std=c++17",
                "-O2",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-Wno-unknown-pragmas",
                "-fno-strict-aliasing",
                "-Isrc/main/resources/io/derm/trt",
                "-o",
                binary.toString(),
                "src/test/cpp/kernels_on_cpu.cpp"));
        command.addAll(flags);
        Process gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (InputStream out = gcc.getInputStream()) {
            String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            return gcc.waitFor() == 0 ? "" : said + "exit status " + gcc.exitValue();
        }
    }

    /** The tensor that {@code derm_image} leaves for a batch, with the regions in its first elements. */
    ByteBuffer image(ImageInput input, int batch, Frame frame, List<Box> regions) throws IOException {
        ByteBuffer job = memory(ImageJob.bytes(regions.size()));
        ImageJob.write(job, input, frame, 0, regions);
        ByteBuffer argument = memory(ImageJob.INPUT_BYTES);
        ImageJob.writeInput(argument, input);
        boolean bgr = frame.format() == PixelFormat.BGR24;
        int rows = bgr ? frame.height() : frame.height() * 3 / 2;
        // Less than the frame's memory: what follows the last row's last pixel is nobody's business.
        byte[] pixels = new byte[(rows - 1) * frame.stride() + (bgr ? 3 : 1) * frame.width()];
        frame.pixels().duplicate().clear().get(pixels);
        int bytes = batch * 3 * input.width() * input.height() * input.type().bytes();
        begin(IMAGE, ImageJob.launch(input, batch), job.capacity(), pixels.length, bytes);
        send(argument);
        send(job);
        to.write(pixels);
        return receive(bytes);
    }

    /** What {@code derm_rows} leaves. */
    record Kept(int counter, ByteBuffer records) {}

    /** Runs {@code derm_rows}; the job's addresses are replaced. */
    Kept rows(RowJob job, ByteBuffer scores, ByteBuffer companion) throws IOException {
        int bytes = job.capacity() * job.recordBytes();
        begin(ROWS, job.launch(), scores.capacity(), companion.capacity(), bytes);
        ByteBuffer argument = memory(RowJob.BYTES);
        job.write(argument);
        send(argument);
        send(scores);
        send(companion);
        int counter = receive(4).getInt(0);
        return new Kept(counter, receive(bytes));
    }

    /** The floats that {@code derm_widen} makes of halves. */
    ByteBuffer widen(ByteBuffer halves) throws IOException {
        int n = halves.capacity() / 2;
        begin(WIDEN, Launch.row(n), n);
        send(halves);
        return receive(4 * n);
    }

    static ByteBuffer memory(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
    }

    private void begin(int kernel, Launch launch, int... sizes) throws IOException {
        ByteBuffer words = memory(4 * (7 + sizes.length));
        words.putInt(kernel)
                .putInt(launch.gridX())
                .putInt(launch.gridY())
                .putInt(launch.gridZ())
                .putInt(launch.blockX())
                .putInt(launch.blockY())
                .putInt(1);
        for (int size : sizes) {
            words.putInt(size);
        }
        send(words);
    }

    private void send(ByteBuffer bytes) throws IOException {
        to.write(bytes.array());
    }

    private ByteBuffer receive(int bytes) throws IOException {
        ByteBuffer received = memory(bytes);
        try {
            to.flush();
            from.readFully(received.array());
        } catch (IOException e) {
            throw new IOException("The kernels broke off: " + Files.readString(errors), e);
        }
        return received;
    }

    @Override
    public void close() throws IOException {
        to.close();
        try {
            if (process.waitFor() != 0) {
                throw new IOException(
                        "The kernels ended with " + process.exitValue() + ": " + Files.readString(errors));
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
