package io.derm.bench.peers;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A peer in a process of its own, seen from the one that directs. Confined. */
final class PeerProcess implements AutoCloseable {
    private final Kind kind;
    private final Material material;
    private final Process process;
    private final DataInputStream in;
    private final OutputStream orders;

    PeerProcess(Kind kind, Material material, Setting setting) throws IOException {
        this.kind = kind;
        this.material = material;
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms256m",
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-cp",
                classPath(kind.pinned()),
                Turns.class.getName(),
                kind.name(),
                material.folder().toString(),
                Integer.toString(material.width()),
                Integer.toString(material.height()),
                Integer.toString(material.frames()),
                Integer.toString(setting.threads()),
                Boolean.toString(setting.spin()),
                Boolean.toString(setting.shared()),
                Boolean.toString(setting.batched())));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        // DJL reports its use to its makers unless told not to.
        builder.environment().put("OPT_OUT_TRACKING", "true");
        process = builder.start();
        in = new DataInputStream(new BufferedInputStream(process.getInputStream()));
        orders = process.getOutputStream();
    }

    /** All libraries beside this jar. The other ONNX Runtime goes before it, as the jar names derm's in its manifest. */
    private static String classPath(boolean pinned) throws IOException {
        Path jar;
        try {
            jar = Path.of(PeerProcess.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (java.net.URISyntaxException e) {
            throw new IOException("This program's jar is at no path", e);
        }
        Path target = jar.resolveSibling(".").normalize();
        try (Stream<Path> libraries = Files.list(target.resolve("lib"));
                Stream<Path> other = Files.list(target.resolve("djl"))) {
            Stream<Path> shared =
                    libraries.filter(p -> !pinned || !p.getFileName().toString().startsWith("onnxruntime-1"));
            return Stream.concat(pinned ? other : Stream.empty(), Stream.concat(Stream.of(jar), shared))
                    .map(Path::toString)
                    .collect(Collectors.joining(File.pathSeparator));
        }
    }

    private void order(int what) throws IOException {
        orders.write(what);
        orders.flush();
    }

    String about() throws IOException {
        order(Turns.ABOUT);
        return in.readUTF();
    }

    /** Findings of each frame. */
    List<List<Finding>> answers() throws IOException {
        order(Turns.ANSWERS);
        List<List<Finding>> answers = new ArrayList<>();
        for (int i = 0; i < material.frames(); i++) {
            List<Finding> findings = new ArrayList<>();
            for (int n = in.readInt(); n > 0; n--) {
                findings.add(new Finding(
                        in.readFloat(),
                        in.readFloat(),
                        in.readFloat(),
                        in.readFloat(),
                        in.readFloat(),
                        in.readFloat(),
                        in.readFloat(),
                        in.readFloat()));
            }
            answers.add(findings);
        }
        return answers;
    }

    /** The detector's input for the first frame. */
    float[] input() throws IOException {
        order(Turns.INPUT);
        float[] input = new float[in.readInt()];
        for (int i = 0; i < input.length; i++) {
            input[i] = in.readFloat();
        }
        return input;
    }

    /** Nanoseconds of each frame's exam. */
    long[] exams() throws IOException {
        order(Turns.EXAMS);
        return longs(material.frames());
    }

    /** Nanoseconds of each frame's stages, one frame after the other. */
    long[] stages() throws IOException {
        order(Turns.STAGES);
        return longs(material.frames() * Stage.values().length);
    }

    private long[] longs(int count) throws IOException {
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = in.readLong();
        }
        return values;
    }

    @Override
    public void close() throws IOException {
        orders.close();
        try {
            if (process.waitFor() != 0) {
                throw new IOException("The process of " + kind.words() + " ended with " + process.exitValue());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
