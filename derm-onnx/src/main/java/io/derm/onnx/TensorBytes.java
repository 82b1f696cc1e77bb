package io.derm.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;

/** The elements of a tensor, whether the file keeps them raw, in typed fields or outside. */
final class TensorBytes {
    private TensorBytes() {}

    static ByteBuffer of(String model, Optional<Path> folder, TensorProto t) {
        DataType type = DataType.of(t.getDataType());
        if (type.bits() == 0) {
            throw Problems.tensor(model, t.getName(), "is of type " + t.getDataType(), "numbers");
        }
        long expected = type.bytes(elements(model, t));
        ByteBuffer bytes;
        if (ExternalData.isExternal(t)) {
            ExternalData data = ExternalData.locate(model, folder, t);
            if (data.length() != expected) {
                throw length(model, t, data.length(), expected);
            }
            checkFits(model, t, expected);
            bytes = data.map(model);
        } else if (t.hasRawData()) {
            bytes = t.getRawData().asReadOnlyByteBuffer();
        } else {
            bytes = typed(model, t, type, expected);
        }
        if (bytes.remaining() != expected) {
            throw length(model, t, bytes.remaining(), expected);
        }
        return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    static long elements(String model, TensorProto t) {
        long n = 1;
        for (long d : t.getDimsList()) {
            if (d < 0 || (d > 0 && n > (1L << 48) / d)) {
                throw Problems.tensor(model, t.getName(), "has shape " + t.getDimsList(), "sizes");
            }
            n *= d;
        }
        return n;
    }

    private static RuntimeException length(String model, TensorProto t, long found, long expected) {
        return Problems.tensor(
                model,
                t.getName(),
                "of type " + DataType.of(t.getDataType()).label() + " and shape " + t.getDimsList() + " has " + found
                        + " bytes",
                String.valueOf(expected));
    }

    private static void checkFits(String model, TensorProto t, long bytes) {
        if (bytes > Integer.MAX_VALUE) {
            throw Problems.tensor(model, t.getName(), "has " + bytes + " bytes", "at most " + Integer.MAX_VALUE);
        }
    }

    private static ByteBuffer typed(String model, TensorProto t, DataType type, long expected) {
        int width = Math.max(1, type.bits() / 8);
        int count =
                switch (type) {
                    case FLOAT, COMPLEX64 -> t.getFloatDataCount();
                    case DOUBLE, COMPLEX128 -> t.getDoubleDataCount();
                    case INT64 -> t.getInt64DataCount();
                    case UINT32, UINT64 -> t.getUint64DataCount();
                    default -> t.getInt32DataCount();
                };
        int step = type == DataType.COMPLEX64 || type == DataType.COMPLEX128 ? width / 2 : width;
        long found = (long) count * step;
        if (found != expected) {
            throw length(model, t, found, expected);
        }
        checkFits(model, t, found);
        ByteBuffer out = ByteBuffer.allocate((int) found).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            switch (type) {
                case FLOAT, COMPLEX64 -> out.putFloat(t.getFloatData(i));
                case DOUBLE, COMPLEX128 -> out.putDouble(t.getDoubleData(i));
                case INT64 -> out.putLong(t.getInt64Data(i));
                case UINT64 -> out.putLong(t.getUint64Data(i));
                case UINT32 -> out.putInt((int) t.getUint64Data(i));
                case INT32 -> out.putInt(t.getInt32Data(i));
                case INT16, UINT16, FLOAT16, BFLOAT16 -> out.putShort((short) t.getInt32Data(i));
                default -> out.put((byte) t.getInt32Data(i));
            }
        }
        return out.flip();
    }

    static float[] floats(String model, TensorProto t, ByteBuffer bytes) {
        DataType type = DataType.of(t.getDataType());
        // Before the array: elements of less than a byte may be more than it can have.
        switch (type) {
            case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> {}
            default -> throw Problems.tensor(model, t.getName(), "is of type " + type.label(), "a floating type");
        }
        float[] out = new float[(int) elements(model, t)];
        for (int i = 0; i < out.length; i++) {
            out[i] = switch (type) {
                case FLOAT -> bytes.getFloat(4 * i);
                case DOUBLE -> (float) bytes.getDouble(8 * i);
                case FLOAT16 -> halfToFloat(bytes.getShort(2 * i));
                default -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
            };
        }
        return out;
    }

    static long[] longs(String model, TensorProto t, ByteBuffer bytes) {
        DataType type = DataType.of(t.getDataType());
        if (type != DataType.INT64 && type != DataType.INT32) {
            throw Problems.tensor(model, t.getName(), "is of type " + type.label(), "int64 or int32");
        }
        long[] out = new long[(int) elements(model, t)];
        for (int i = 0; i < out.length; i++) {
            out[i] = type == DataType.INT64 ? bytes.getLong(8 * i) : bytes.getInt(4 * i);
        }
        return out;
    }

    static float halfToFloat(short half) {
        int exponent = half >> 10 & 0x1f;
        int fraction = half & 0x3ff;
        float magnitude = exponent == 0
                ? fraction * 0x1p-24f
                : Float.intBitsToFloat((exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13);
        return half < 0 ? -magnitude : magnitude;
    }

    static TensorProto floatTensor(String name, float[] values, long... dims) {
        byte[] raw = new byte[4 * values.length];
        ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
        return tensor(name, DataType.FLOAT, UnsafeByteOperations.unsafeWrap(raw), dims);
    }

    static TensorProto longTensor(String name, long... values) {
        byte[] raw = new byte[8 * values.length];
        ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(values);
        return tensor(name, DataType.INT64, UnsafeByteOperations.unsafeWrap(raw), values.length);
    }

    static TensorProto byteTensor(String name, DataType type, byte[] values, long... dims) {
        return tensor(name, type, ByteString.copyFrom(values), dims);
    }

    static TensorProto intTensor(String name, int[] values, long... dims) {
        byte[] raw = new byte[4 * values.length];
        ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(values);
        return tensor(name, DataType.INT32, UnsafeByteOperations.unsafeWrap(raw), dims);
    }

    static TensorProto longScalar(String name, long value) {
        return longTensor(name, value).toBuilder().clearDims().build();
    }

    static TensorProto tensor(String name, DataType type, ByteString raw, long... dims) {
        TensorProto.Builder t = TensorProto.newBuilder()
                .setName(name)
                .setDataType(type.number())
                .setRawData(raw);
        for (long d : dims) {
            t.addDims(d);
        }
        return t.build();
    }
}
