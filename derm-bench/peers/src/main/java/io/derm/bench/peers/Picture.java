package io.derm.bench.peers;

import java.nio.ByteBuffer;

/**
 * A decoded frame.
 *
 * @param pixels direct, BGR, rows from the top without gaps
 */
record Picture(ByteBuffer pixels, int width, int height) {
    static int bytes(int width, int height) {
        return 3 * width * height;
    }
}
