package io.derm.onnx;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;

/** The decisions of a mutator, out of a seed or out of the bytes that a coverage-guided fuzzer turns over. Confined to one thread. */
interface Choices {
    /** Where a parser of lengths, shapes or sides may go wrong. */
    List<Long> NUMBERS = List.of(
            0L,
            1L,
            -1L,
            2L,
            3L,
            -2L,
            4L,
            5L,
            7L,
            8L,
            16L,
            31L,
            32L,
            63L,
            64L,
            65L,
            127L,
            128L,
            255L,
            256L,
            1000L,
            1024L,
            4096L,
            16_384L,
            16_385L,
            32_767L,
            32_768L,
            65_535L,
            65_536L,
            100_000L,
            999_999L,
            1L << 20,
            1L << 28,
            1L << 29,
            1L << 30,
            (long) Integer.MAX_VALUE,
            (long) Integer.MIN_VALUE,
            1L << 31,
            1L << 32,
            (1L << 32) + 1,
            1L << 40,
            (1L << 40) + 1,
            1L << 48,
            1L << 61,
            1L << 62,
            Long.MAX_VALUE,
            Long.MAX_VALUE - 1,
            Long.MIN_VALUE,
            Long.MIN_VALUE + 1);

    List<String> TEXTS = List.of(
            "",
            " ",
            "-",
            "a",
            "0x10",
            "1e400",
            "1e-400",
            "NaN",
            "Infinity",
            "-0",
            ".5",
            "1.0000",
            "1.",
            "٣",
            "\0",
            "a\0b",
            "a\nb",
            "a\r\nb",
            "\u2028",
            "\u0085",
            "é",
            "病変",
            "\uD83D\uDE00",
            "\uFEFF",
            "\u001b[31m",
            "\"\\",
            "%s%n",
            "${x}",
            "..",
            "/",
            "\\");

    /** A number from 0 to under {@code bound}. */
    int below(int bound);

    static Choices seeded(long seed, long index) {
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + index);
        return random::nextInt;
    }

    /** Zeros once the bytes are used up. */
    static Choices of(byte[] bytes) {
        return new Choices() {
            private int at;

            @Override
            public int below(int bound) {
                long v = 0;
                for (long reach = 1; reach < bound; reach <<= 8) {
                    v = v << 8 | (at < bytes.length ? bytes[at++] & 0xff : 0);
                }
                return (int) (v % bound);
            }
        };
    }

    /** True once in {@code n} times. */
    default boolean oneIn(int n) {
        return below(n) == n - 1;
    }

    default <T> T pick(List<T> from) {
        return from.get(below(from.size()));
    }

    default String pick(String... from) {
        return from[below(from.length)];
    }

    /** Mostly small, sometimes up to {@code 1 << bits}: what takes quadratic time shows only in numbers. */
    default int many(int bits) {
        int reach = oneIn(64) ? bits : Math.min(4, bits);
        return 1 + below(1 << below(reach + 1));
    }

    default long number() {
        return switch (below(8)) {
            case 0 -> below(1 << 30);
            case 1 -> ((long) below(1 << 30) << 34) ^ below(1 << 30);
            case 2, 3 -> below(20) - 4;
            default -> pick(NUMBERS);
        };
    }

    default String text() {
        return oneIn(16)
                ? pick(TEXTS)
                        .concat(pick("a", ".", ",", "0", "#", "=", " ", "\u2028")
                                .repeat(many(16)))
                : pick(TEXTS);
    }

    /** Bytes with some of them changed, left out, repeated or put in. */
    default byte[] scramble(byte[] original) {
        byte[] b = original;
        for (int n = 1 + below(4); n > 0; n--) {
            int at = below(b.length + 1);
            int length = Math.min(b.length - at, 1 + below(oneIn(4) ? 64 : 4));
            byte[] put =
                    switch (below(6)) {
                        case 0 -> new byte[] {(byte) below(256)};
                        case 1 -> at < b.length ? new byte[] {(byte) (b[at] ^ 1 << below(8))} : new byte[0];
                        case 2 -> new byte[length];
                        case 3 -> Long.toString(number()).getBytes(StandardCharsets.US_ASCII);
                        case 4 -> {
                            int from = below(b.length + 1);
                            yield java.util.Arrays.copyOfRange(b, from, Math.min(b.length, from + 1 + below(64)));
                        }
                        default -> text().getBytes(StandardCharsets.UTF_8);
                    };
            int gone = oneIn(2) ? Math.min(put.length, b.length - at) : oneIn(2) ? length : 0;
            byte[] out = new byte[b.length - gone + put.length];
            System.arraycopy(b, 0, out, 0, at);
            System.arraycopy(put, 0, out, at, put.length);
            System.arraycopy(b, at + gone, out, at + put.length, b.length - at - gone);
            b = oneIn(32) ? java.util.Arrays.copyOf(out, below(out.length + 1)) : out;
        }
        return b;
    }
}
