package io.derm.onnx;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A protobuf message as its fields, for changes that no message class would let through. Confined. */
final class WireMessage {
    private static final int MAX_DEPTH = 8;

    /** A field. A length or a varint that is forged stands in the output instead of the right one. */
    private static final class Field {
        long tag;
        byte[] bytes = new byte[0];

        @Nullable
        WireMessage message;

        @Nullable
        Long forged;
    }

    private final List<Field> fields = new ArrayList<>();

    /** The fields of what are the bytes of a message; null for what is none. */
    static @Nullable WireMessage parse(byte[] b, int depth) {
        WireMessage out = new WireMessage();
        int[] at = {0};
        while (at[0] < b.length) {
            Field f = new Field();
            f.tag = varint(b, at);
            int type = (int) (f.tag & 7);
            if (f.tag >>> 3 < 1 || f.tag >>> 3 > 1000) {
                return null;
            }
            int from = at[0];
            if (type == 0) {
                varint(b, at);
            } else if (type == 1) {
                at[0] += 8;
            } else if (type == 5) {
                at[0] += 4;
            } else if (type == 2) {
                long length = varint(b, at);
                from = at[0];
                if (length < 0 || length > b.length - from) {
                    return null;
                }
                at[0] += (int) length;
            } else {
                return null;
            }
            if (at[0] > b.length) {
                return null;
            }
            f.bytes = Arrays.copyOfRange(b, from, at[0]);
            if (type == 2 && depth < MAX_DEPTH && f.bytes.length > 1) {
                f.message = parse(f.bytes, depth + 1);
            }
            out.fields.add(f);
        }
        return out;
    }

    private static long varint(byte[] b, int[] at) {
        long v = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (at[0] >= b.length) {
                at[0] = b.length + 1;
                return 0;
            }
            byte one = b[at[0]++];
            v |= (long) (one & 0x7f) << shift;
            if (one >= 0) {
                return v;
            }
        }
        at[0] = b.length + 1;
        return 0;
    }

    /** Changes a field here or somewhere below. */
    void mutate(Choices c) {
        if (fields.isEmpty()) {
            return;
        }
        Field f = c.pick(fields);
        if (f.message != null && !c.oneIn(4)) {
            f.message.mutate(c);
            return;
        }
        int at = fields.indexOf(f);
        switch (c.below(8)) {
            case 0, 1 -> f.forged = c.oneIn(2) ? c.number() : f.bytes.length + c.below(5) - 2L;
            case 2 -> fields.remove(at);
            case 3 -> {
                int size = f.message != null ? f.message.bytes().length : f.bytes.length;
                fields.addAll(at, Collections.nCopies(Math.min(c.many(12), 1 + (1 << 20) / (1 + size)), f));
            }
            case 4 -> fields.add(c.below(fields.size() + 1), f);
            case 5 -> f.tag = c.oneIn(2) ? (long) c.below(64) << 3 | (f.tag & 7) : (f.tag & ~7L) | c.below(8);
            case 6 -> {
                if ((f.tag & 7) == 2) {
                    f.bytes = c.scramble(f.bytes);
                    f.message = null;
                } else {
                    f.forged = c.number();
                }
            }
            default -> {
                // what belongs elsewhere
                Field other = any(c);
                fields.add(at, other);
            }
        }
    }

    private Field any(Choices c) {
        Field f = c.pick(fields);
        while (f.message != null && !f.message.fields.isEmpty() && !c.oneIn(3)) {
            f = c.pick(f.message.fields);
        }
        return f;
    }

    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Field f : fields) {
            write(out, f.tag);
            byte[] payload = f.message != null ? f.message.bytes() : f.bytes;
            Long forged = f.forged;
            if ((f.tag & 7) == 0 && forged != null) {
                write(out, forged);
                continue;
            }
            if ((f.tag & 7) == 2) {
                write(out, forged != null ? forged : payload.length);
            }
            out.writeBytes(payload);
        }
        return out.toByteArray();
    }

    private static void write(ByteArrayOutputStream out, long v) {
        long rest = v;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
