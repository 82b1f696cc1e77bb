package io.derm.samples.live;

/**
 * A frame as viewers get it. Not copied: many share it.
 *
 * @param json what was found in it
 * @param jpeg its pixels
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, and shared by intent.
record Picture(String json, byte[] jpeg) {}
