package io.derm.onnx;

/**
 * The values of a tensor that int8 is to represent; 0 is always among them, as padding and ReLU need it exactly.
 *
 * @param low at most 0
 * @param high at least 0
 */
public record Range(float low, float high) {
    /** Under it a tensor counts as constantly 0. */
    private static final float LEAST = 1e-8f;

    public Range {
        if (!Float.isFinite(low) || !Float.isFinite(high) || low > high) {
            throw new IllegalArgumentException(
                    "Range is " + low + " to " + high + ", expected finite numbers in order");
        }
        low = Math.min(low, 0);
        high = Math.max(high, 0);
    }

    /** The smallest range around both. */
    public Range union(Range other) {
        return new Range(Math.min(low, other.low), Math.max(high, other.high));
    }

    /** Step of unsigned 8 bits over the range. */
    float scaleUint8() {
        // In float32 the difference of two large numbers may be infinite.
        return (float) (Math.max((double) high - low, LEAST) / 255);
    }

    /** The level of unsigned 8 bits that stands for 0. */
    int zeroPointUint8() {
        return Math.round(-low / scaleUint8());
    }

    /** Step of symmetric signed 8 bits, -127 to 127. */
    float scaleInt8() {
        return Math.max(Math.max(-low, high), LEAST) / 127;
    }
}
