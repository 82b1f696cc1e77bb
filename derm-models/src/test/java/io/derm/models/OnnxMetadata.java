package io.derm.models;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads {@code metadata_props} (field 14 of ONNX's ModelProto) out of the protobuf bytes, with no ONNX library. */
final class OnnxMetadata {
    private static final int METADATA_PROPS = 14;
    private static final int LENGTH_DELIMITED = 2;

    private OnnxMetadata() {}

    static Map<String, String> of(byte[] onnx) {
        Map<String, String> entries = new LinkedHashMap<>();
        ByteBuffer model = ByteBuffer.wrap(onnx);
        while (model.hasRemaining()) {
            long tag = varint(model);
            if ((tag & 7) != LENGTH_DELIMITED) {
                varint(model);
                continue;
            }
            ByteBuffer field = slice(model);
            if (tag >>> 3 == METADATA_PROPS) {
                String[] pair = {"", ""};
                while (field.hasRemaining()) {
                    int which = (int) (varint(field) >>> 3) - 1;
                    pair[which] = StandardCharsets.UTF_8.decode(slice(field)).toString();
                }
                entries.put(pair[0], pair[1]);
            }
        }
        return entries;
    }

    private static ByteBuffer slice(ByteBuffer in) {
        int length = (int) varint(in);
        ByteBuffer part = in.slice(in.position(), length);
        in.position(in.position() + length);
        return part;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = in.get();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }
}
