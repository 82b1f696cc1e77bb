package io.derm.phantom;

/** How near the camera is. */
public enum Framing {
    /** One lesion, sometimes three, of 100 to 250 pixels at 416. */
    CLOSE_UP,
    /** Three to eight lesions of 14 to 90 pixels at 416. */
    MIDDLE,
    /** A back or a limb with 8 to 40 lesions, most of 6 to 16 pixels at 416. */
    WIDE,
    /** Any of the three, wide shots most often. */
    MIXED
}
