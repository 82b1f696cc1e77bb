package io.derm.onnx;

import io.derm.onnx.DarknetPlan.Layer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * Darknet weights and a picture out of a seed, with batch norm statistics as trained networks have them. The references beside the cfgs
 * were made from the very same files by darknet itself: run {@link #main} with a folder, then src/test/c/heads.c on what it wrote.
 */
final class SeededNetwork {
    static final List<String> NAMES = List.of("residual", "scaled", "mobile", "attention");

    private SeededNetwork() {}

    public static void main(String[] args) throws IOException {
        for (String name : NAMES) {
            write(name, Files.createDirectories(Path.of(args[0])));
        }
    }

    /** Writes NAME.cfg, NAME.weights and NAME.rgb. */
    static void write(String name, Path folder) throws IOException {
        String text = resource(name + ".cfg");
        Files.writeString(folder.resolve(name + ".cfg"), text);
        DarknetPlan plan = DarknetPlan.of(DarknetCfg.parse(name + ".cfg", text));
        Files.write(folder.resolve(name + ".weights"), weights(plan));
        Files.write(folder.resolve(name + ".rgb"), picture(plan.width(), plan.height()));
    }

    static String resource(String file) throws IOException {
        try (InputStream in = Objects.requireNonNull(SeededNetwork.class.getResourceAsStream(file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static byte[] weights(DarknetPlan plan) {
        Random random = new Random(44);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(20)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0)
                .putInt(2)
                .putInt(5)
                .putLong(64_000)
                .array());
        for (Layer l : plan.layers()) {
            if (!l.kind().equals("convolutional")) {
                continue;
            }
            int n = l.out().channels();
            int fan = l.in().channels()
                    / l.section().integer("groups", 1, 1, 1000)
                    * l.window().size()
                    * l.window().size();
            boolean batchNorm = DarknetPlan.batchNorm(l);
            floats(out, n, () -> (batchNorm ? 0.1 : 1.5) * random.nextGaussian());
            if (batchNorm) {
                floats(out, n, () -> 0.8 + 0.4 * random.nextDouble());
                floats(out, n, () -> 0.1 * random.nextGaussian());
                floats(out, n, () -> 0.7 + 0.6 * random.nextDouble());
            }
            double spread = Math.sqrt(1.5 / fan);
            floats(out, n * fan, () -> spread * random.nextGaussian());
        }
        return out.toByteArray();
    }

    private static void floats(ByteArrayOutputStream out, int n, java.util.function.DoubleSupplier next) {
        ByteBuffer b = ByteBuffer.allocate(4 * n).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < n; i++) {
            b.putFloat((float) next.getAsDouble());
        }
        out.writeBytes(b.array());
    }

    /** RGB, rows from the top: soft waves with a little noise. */
    static byte[] picture(int width, int height) {
        Random random = new Random(7);
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < rgb.length; i++) {
            int x = i / 3 % width;
            int y = i / 3 / width;
            int wave = (x * (3 + i % 3) + y * 5) % 160;
            rgb[i] = (byte) (40 + Math.abs(wave - 80) * 2 + random.nextInt(30));
        }
        return rgb;
    }
}
