package io.derm.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The floating types of 16 bits: IEEE 754 binary16, and the upper half of binary32. */
enum SixteenBits {
    FLOAT16(DataType.FLOAT16, 65504, 0x1p-14f, 0x1p-24f),
    BFLOAT16(DataType.BFLOAT16, 0x1.fep127f, 0x1p-126f, 0x1p-133f);

    private final DataType type;
    private final float max;
    private final float leastNormal;
    private final float least;

    SixteenBits(DataType type, float max, float leastNormal, float least) {
        this.type = type;
        this.max = max;
        this.leastNormal = leastNormal;
        this.least = least;
    }

    /**
     * That type.
     *
     * @throws IllegalArgumentException if it is neither float16 nor bfloat16
     */
    static SixteenBits of(DataType type) {
        for (SixteenBits s : values()) {
            if (s.type == type) {
                return s;
            }
        }
        throw new IllegalArgumentException("Type is " + type.label() + ", expected float16 or bfloat16");
    }

    DataType type() {
        return type;
    }

    /** The largest finite number. */
    float max() {
        return max;
    }

    /** The smallest number above 0 that has all digits. */
    float leastNormal() {
        return leastNormal;
    }

    /** The smallest number above 0. */
    float least() {
        return least;
    }

    /** The nearest number, ties to even; infinity from half a step over the largest one on. */
    short bits(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = (bits >>> 16) & 0x8000;
        int magnitude = bits & 0x7fff_ffff;
        boolean nan = magnitude > 0x7f80_0000;
        if (this == BFLOAT16) {
            return (short) (sign | (nan ? 0x7fc0 : (magnitude + 0x7fff + ((magnitude >>> 16) & 1)) >>> 16));
        }
        if (magnitude >= 0x4780_0000) {
            return (short) (sign | (nan ? 0x7e00 : 0x7c00));
        }
        if (magnitude < 0x3880_0000) {
            // A step of float32 at 0.5 is the smallest float16, so that the addition rounds as the conversion must.
            int shifted = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + 0.5f);
            return (short) (sign | (shifted - 0x3f00_0000));
        }
        int rounded = magnitude - 0x3800_0000 + 0xfff + ((magnitude >>> 13) & 1);
        return (short) (sign | (rounded >>> 13));
    }

    /** The number that those bits stand for. */
    float value(short bits) {
        return this == BFLOAT16 ? Float.intBitsToFloat(bits << 16) : TensorBytes.halfToFloat(bits);
    }

    /** Bits of a constant: clamped to the largest number, and the smallest one where 0 would stand for another number. */
    short constant(float value) {
        short bits = bits(Math.max(-max, Math.min(max, value)));
        return (bits & 0x7fff) == 0 && value != 0 ? (short) (bits | 1) : bits;
    }

    /** A tensor of constants in this type. */
    TensorProto tensor(String name, float[] values, long... dims) {
        byte[] raw = new byte[2 * values.length];
        ByteBuffer out = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        for (float v : values) {
            out.putShort(constant(v));
        }
        return TensorBytes.tensor(name, type, UnsafeByteOperations.unsafeWrap(raw), dims);
    }

    /** The same constants as float32 numbers that this type has. */
    TensorProto rounded(String name, float[] values, long... dims) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = value(constant(values[i]));
        }
        return TensorBytes.floatTensor(name, out, dims);
    }
}
