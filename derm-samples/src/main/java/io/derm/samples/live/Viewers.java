package io.derm.samples.live;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The pages that look on. Thread-safe. */
final class Viewers {
    private static final int MOST = 32;
    private static final int VANISHED_SECONDS = 20;

    private final Set<Viewer> viewers = ConcurrentHashMap.newKeySet();

    /** Takes one in; false where there are too many. */
    synchronized boolean add(Viewer viewer) {
        return viewers.size() < MOST && viewers.add(viewer);
    }

    void remove(Viewer viewer) {
        viewers.remove(viewer);
    }

    int size() {
        return viewers.size();
    }

    /** Whether any of them would be sent a picture at once. */
    boolean want() {
        for (Viewer viewer : viewers) {
            if (viewer.wants()) {
                return true;
            }
        }
        return false;
    }

    void offer(Picture picture) {
        viewers.forEach(v -> v.offer(picture));
    }

    void offer(String state) {
        viewers.forEach(v -> v.offer(state));
    }

    /** Hangs up on those who have vanished without a word. */
    void sweep() {
        for (Viewer viewer : viewers) {
            if (viewer.vanished(VANISHED_SECONDS)) {
                viewers.remove(viewer);
                viewer.disconnect();
            }
        }
    }
}
