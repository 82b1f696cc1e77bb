package io.derm.api;

/** Type of a tensor's elements. */
public enum ElementType {
    FLOAT32(4),
    FLOAT16(2),
    UINT8(1),
    INT8(1),
    INT32(4),
    INT64(8),
    BOOL(1);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Size of an element in bytes. */
    public int bytes() {
        return bytes;
    }
}
