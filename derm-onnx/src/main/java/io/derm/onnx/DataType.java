package io.derm.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Locale;

/** Element type of an ONNX tensor, numbered as in {@code TensorProto.DataType} of onnx.proto. */
public enum DataType {
    UNDEFINED(TensorProto.DataType.UNDEFINED_VALUE, 0),
    FLOAT(TensorProto.DataType.FLOAT_VALUE, 32),
    UINT8(TensorProto.DataType.UINT8_VALUE, 8),
    INT8(TensorProto.DataType.INT8_VALUE, 8),
    UINT16(TensorProto.DataType.UINT16_VALUE, 16),
    INT16(TensorProto.DataType.INT16_VALUE, 16),
    INT32(TensorProto.DataType.INT32_VALUE, 32),
    INT64(TensorProto.DataType.INT64_VALUE, 64),
    /** Not of a fixed size. */
    STRING(TensorProto.DataType.STRING_VALUE, 0),
    BOOL(TensorProto.DataType.BOOL_VALUE, 8),
    FLOAT16(TensorProto.DataType.FLOAT16_VALUE, 16),
    DOUBLE(TensorProto.DataType.DOUBLE_VALUE, 64),
    UINT32(TensorProto.DataType.UINT32_VALUE, 32),
    UINT64(TensorProto.DataType.UINT64_VALUE, 64),
    COMPLEX64(TensorProto.DataType.COMPLEX64_VALUE, 64),
    COMPLEX128(TensorProto.DataType.COMPLEX128_VALUE, 128),
    BFLOAT16(TensorProto.DataType.BFLOAT16_VALUE, 16),
    FLOAT8E4M3FN(TensorProto.DataType.FLOAT8E4M3FN_VALUE, 8),
    FLOAT8E4M3FNUZ(TensorProto.DataType.FLOAT8E4M3FNUZ_VALUE, 8),
    FLOAT8E5M2(TensorProto.DataType.FLOAT8E5M2_VALUE, 8),
    FLOAT8E5M2FNUZ(TensorProto.DataType.FLOAT8E5M2FNUZ_VALUE, 8),
    UINT4(TensorProto.DataType.UINT4_VALUE, 4),
    INT4(TensorProto.DataType.INT4_VALUE, 4);

    private static final DataType[] BY_NUMBER = new DataType[values().length];

    static {
        for (DataType t : values()) {
            BY_NUMBER[t.number] = t;
        }
    }

    private final int number;
    private final int bits;

    DataType(int number, int bits) {
        this.number = number;
        this.bits = bits;
    }

    /** The type with that number in onnx.proto; {@link #UNDEFINED} for one that is newer than this class. */
    public static DataType of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNDEFINED;
    }

    /** Its number in onnx.proto. */
    public int number() {
        return number;
    }

    /** Bits of an element; 0 where they are not fixed. Types of four bits are packed two to a byte. */
    public int bits() {
        return bits;
    }

    /** Bytes of that many elements. */
    public long bytes(long elements) {
        return Math.addExact(Math.multiplyExact(elements, bits), 7) / 8;
    }

    /** Whether its values are fractions, e.g. float16. */
    public boolean isFloating() {
        return switch (this) {
            case FLOAT, FLOAT16, BFLOAT16, DOUBLE, FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ -> true;
            default -> false;
        };
    }

    /** Its name in reports, e.g. {@code float16}; float32 for {@link #FLOAT}. */
    public String label() {
        return this == FLOAT ? "float32" : name().toLowerCase(Locale.ROOT);
    }
}
