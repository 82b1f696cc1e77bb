package io.derm.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Changes darknet weights: header, length, single numbers, and what tools for text make of them. Immutable, thread-safe. */
final class WeightsMutator {
    private static final float[] VALUES = {
        0,
        -0f,
        1,
        -1,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.MAX_VALUE,
        Float.MIN_VALUE,
        1e12f,
        -1e12f,
        1e-40f
    };

    private final List<byte[]> others;

    WeightsMutator(List<byte[]> others) {
        this.others = List.copyOf(others);
    }

    byte[] mutate(byte[] good, Choices c) {
        byte[] b = good.clone();
        for (int n = 1 + c.below(3); n > 0; n--) {
            b = change(b, c);
        }
        return b;
    }

    private byte[] change(byte[] b, Choices c) {
        ByteBuffer numbers = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
        switch (c.below(16)) {
            case 0, 1 -> {
                if (b.length >= 20) {
                    numbers.putInt(4 * c.below(5), (int) c.number());
                }
                return b;
            }
            case 2, 3, 4 -> {
                for (int n = c.many(8); n > 0 && b.length >= 24; n--) {
                    numbers.putFloat(20 + 4 * c.below((b.length - 20) / 4), VALUES[c.below(VALUES.length)]);
                }
                return b;
            }
            case 5, 6 -> {
                for (int n = c.many(10); n > 0 && b.length > 0; n--) {
                    b[c.below(b.length)] ^= (byte) (1 << c.below(8));
                }
                return b;
            }
            case 7 -> {
                return Arrays.copyOf(b, c.below(b.length + 1));
            }
            case 8 -> {
                return Arrays.copyOf(b, b.length + c.many(16));
            }
            case 9 -> {
                return Arrays.copyOf(b, Math.max(0, b.length + 4 * (c.below(9) - 4)));
            }
            case 10 -> {
                int from = c.below(b.length + 1);
                int to = Math.min(b.length, from + c.many(8));
                byte[] out = new byte[b.length - (to - from)];
                System.arraycopy(b, 0, out, 0, from);
                System.arraycopy(b, to, out, from, b.length - to);
                return out;
            }
            case 11 -> {
                return c.pick(others).clone();
            }
            case 12 -> {
                return switch (c.below(5)) {
                    case 0 -> Base64.getMimeEncoder().encode(b);
                    case 1 -> new String(b, StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.UTF_8);
                    case 2 -> new String(b, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
                    case 3 ->
                        new String(b, StandardCharsets.ISO_8859_1)
                                .replace("\n", "\r\n")
                                .getBytes(StandardCharsets.ISO_8859_1);
                    default ->
                        "version https://git-lfs.github.com/spec/v1\nsize 1\n".getBytes(StandardCharsets.US_ASCII);
                };
            }
            case 13 -> {
                int from = c.below(b.length + 1);
                Arrays.fill(b, from, Math.min(b.length, from + c.many(12)), (byte) c.below(256));
                return b;
            }
            case 14 -> {
                byte[] other = c.pick(others);
                int from = c.below(Math.min(b.length, other.length) + 1);
                System.arraycopy(other, from, b, from, Math.min(b.length, other.length) - from);
                return b;
            }
            default -> {
                return c.scramble(b);
            }
        }
    }
}
