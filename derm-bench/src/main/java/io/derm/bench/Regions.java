package io.derm.bench;

import io.derm.api.Box;
import java.util.ArrayList;
import java.util.List;

/** Boxes of the size of lesions. */
final class Regions {
    private Regions() {}

    /** Boxes spread over a frame, none like another. */
    static List<Box> spread(int width, int height, int n) {
        List<Box> boxes = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            float side = height / 12f + 3.25f * (i % 8);
            int left = i * 7919 % (int) (width - side);
            int top = i * 104_729 % (int) (height - side);
            boxes.add(Box.ofSize(left, top, side, 0.9f * side));
        }
        return boxes;
    }
}
