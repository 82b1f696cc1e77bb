package io.derm.onnx;

import io.derm.api.ModelException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A darknet {@code .weights} file: version (three int32), images seen (int64; int32 before version 0.2), then for each convolution
 * biases, with batch norm also scales, means and variances, and weights, all float32 little-endian ({@code load_weights_upto} of
 * parser.c, AlexeyAB/darknet). Confined to one thread.
 */
final class DarknetWeights {
    /** Floats read at once. */
    private static final int CHUNK = 1 << 18;

    private static final String RIGHT_FILE =
            "Give the .weights that were trained with this cfg, complete and as they were written.";

    /** What a convolution takes from the file. */
    record Need(String where, int filters, boolean batchNorm, long weights) {
        long floats() {
            return (batchNorm ? 4L : 1L) * filters + weights;
        }
    }

    private final String name;
    private final Path file;
    private final long size;
    private final int header;
    private long position;

    private DarknetWeights(String name, Path file, long size, int header) {
        this.name = name;
        this.file = file;
        this.size = size;
        this.header = header;
        this.position = header;
    }

    /**
     * Opens a file and holds it against what the cfg needs.
     *
     * @throws ModelException if it cannot be read, is not a weights file, or has another length than the cfg needs
     */
    static DarknetWeights open(Path file, String cfg, List<Need> needs) {
        String name = String.valueOf(file.getFileName());
        if (!Files.isRegularFile(file)) {
            throw new ModelException(87, "Darknet weights " + file + " do not exist, expected a file", RIGHT_FILE);
        }
        try {
            long size = Files.size(file);
            byte[] head;
            try (var in = Files.newInputStream(file)) {
                head = in.readNBytes(1 << 16);
            }
            long floats = needs.stream().mapToLong(Need::floats).sum();
            checkIsBinary(name, size, head, expected(cfg, floats, 20));
            ByteBuffer h = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
            if (head.length < 16) {
                throw tooShort(name, size, expected(cfg, floats, 20), "the header");
            }
            int major = h.getInt(0);
            int minor = h.getInt(4);
            if (major < 0 || major > 1000 || minor < 0 || minor > 1000) {
                throw new ModelException(
                        92,
                        "Darknet weights " + name + " of " + size + " bytes start with version " + major + "." + minor
                                + ", expected a version such as 0.2, and " + expected(cfg, floats, 20),
                        RIGHT_FILE);
            }
            int header = major * 10 + minor >= 2 ? 20 : 16;
            DarknetWeights weights = new DarknetWeights(name, file, size, header);
            weights.checkLength(cfg, needs, floats);
            return weights;
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private static String expected(String cfg, long floats, int header) {
        return (4 * floats + header) + " bytes for " + cfg;
    }

    private void checkLength(String cfg, List<Need> needs, long floats) {
        long at = header;
        for (Need need : needs) {
            long end = at + 4 * need.floats();
            if (end > size) {
                // Weights of another cfg go wrong before the file ends: numbers that cannot be there tell where.
                checkPlausible(cfg, needs, floats);
                throw tooShort(
                        name, size, expected(cfg, floats, header), need.where() + ", bytes " + at + " to " + end + ",");
            }
            at = end;
        }
        if (at < size) {
            checkPlausible(cfg, needs, floats);
            throw new ModelException(
                    91,
                    "Darknet weights " + name + " have " + size + " bytes, expected " + expected(cfg, floats, header)
                            + ": "
                            + (size - at) + " bytes are left after "
                            + needs.get(needs.size() - 1).where() + ", the last that takes any",
                    RIGHT_FILE);
        }
    }

    private static ModelException tooShort(String name, long size, String expected, String first) {
        return new ModelException(
                90,
                "Darknet weights " + name + " have " + size + " bytes, expected " + expected + ": " + first
                        + " is the first that does not fit",
                RIGHT_FILE);
    }

    /**
     * Looks for the first layer whose numbers cannot be biases and batch norm statistics.
     *
     * @throws ModelException if there is one
     */
    void checkPlausible(String cfg, List<Need> needs, long floats) {
        long at = header;
        for (Need need : needs) {
            long end = at + 4 * need.floats();
            if (end > size) {
                return;
            }
            int perFilter = (need.batchNorm() ? 4 : 1) * need.filters();
            ByteBuffer b = read(at, perFilter);
            for (int i = 0; i < perFilter; i++) {
                float v = b.getFloat(4 * i);
                String what = need.batchNorm() && i >= 3 * need.filters() && v < 0
                        ? "variance"
                        : !(Math.abs(v) < 1e12) ? "value" : "";
                if (!what.isEmpty()) {
                    throw new ModelException(
                            92,
                            "Darknet weights " + name + " of " + size + " bytes are not of this cfg, expected "
                                    + expected(cfg, floats, header) + ": " + need.where() + ", bytes " + at + " to "
                                    + end
                                    + ", is the first that does not fit, with a " + what + " of " + v + " at byte "
                                    + (at + 4L * i),
                            RIGHT_FILE);
                }
            }
            at = end;
        }
    }

    private static void checkIsBinary(String name, long size, byte[] head, String expected) {
        String start = new String(head, 0, Math.min(head.length, 64), StandardCharsets.ISO_8859_1);
        if (start.startsWith("version https://git-lfs")) {
            throw new ModelException(
                    88,
                    "Darknet weights " + name + " are a Git LFS pointer of " + size + " bytes, expected " + expected,
                    "Run 'git lfs pull' where the file comes from.");
        }
        String how = textual(head);
        if (!how.isEmpty()) {
            throw new ModelException(
                    89,
                    "Darknet weights " + name + " are " + size + " bytes of text (" + how + "), expected " + expected,
                    "Fetch them again as a binary file.");
        }
    }

    /** How the bytes show that something took them for text; empty if they do not. */
    private static String textual(byte[] head) {
        int printable = 0;
        int feeds = 0;
        int bareFeeds = 0;
        for (int i = 0; i < head.length; i++) {
            byte b = head[i];
            if ((b >= 32 && b < 127) || b == '\n' || b == '\r' || b == '\t') {
                printable++;
            }
            if (b == '\n') {
                feeds++;
                if (i == 0 || head[i - 1] != '\r') {
                    bareFeeds++;
                }
            }
        }
        if (head.length > 0 && printable == head.length) {
            return "nothing but printable characters";
        }
        if (feeds >= 16 && bareFeeds == 0) {
            return "every line feed follows a carriage return";
        }
        // 64 KiB of floats are never valid UTF-8 with characters beyond ASCII in it.
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CharBuffer chars = CharBuffer.allocate(head.length + 1);
        CoderResult result = decoder.decode(ByteBuffer.wrap(head), chars, false);
        int beyond = 0;
        for (int i = 0; i < chars.position(); i++) {
            if (chars.get(i) >= 128) {
                beyond++;
            }
        }
        return !result.isError() && beyond >= 16 ? "valid UTF-8" : "";
    }

    /** The next floats of the file. */
    float[] next(int count) {
        float[] out = new float[count];
        int done = 0;
        while (done < count) {
            int part = Math.min(count - done, CHUNK);
            read(position + 4L * done, part).asFloatBuffer().get(out, done, part);
            done += part;
        }
        position += 4L * count;
        return out;
    }

    // Not mapped: a mapping lasts until it is collected, a process may have only so many, and thousands of layers have
    // several each.
    private ByteBuffer read(long at, int floats) {
        ByteBuffer out = ByteBuffer.allocate(4 * floats).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (out.hasRemaining()) {
                if (channel.read(out, at + out.position()) < 0) {
                    throw new EOFException("it became shorter than " + size + " bytes");
                }
            }
            return out.flip();
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private static ModelException unreadable(String name, IOException e) {
        return new ModelException(
                87,
                "Darknet weights " + name + " cannot be read: " + e.getMessage(),
                "Check the file and its permissions.",
                e);
    }
}
