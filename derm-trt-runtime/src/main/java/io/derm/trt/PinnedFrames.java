package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaHostRegister;
import static org.bytedeco.cuda.global.cudart.cudaHostRegisterPortable;
import static org.bytedeco.cuda.global.cudart.cudaHostUnregister;
import static org.bytedeco.cuda.global.cudart.cudaSuccess;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Page-locks the buffers of frame pools where they lie, so that the GPU reads frames with no copy in between. A buffer is held until it is
 * given up, so that its memory cannot go back to the system while it is locked; the one not used for longest is given up for a new one
 * when there are too many. Confined to {@link DeviceFrames}.
 */
final class PinnedFrames implements AutoCloseable {
    private static final int MOST_BUFFERS = 64;
    private static final long MOST_BYTES = 512L << 20;

    private final Map<ByteBuffer, Pinned> known = new IdentityHashMap<>();
    private long bytes;
    private long clock;

    /** A buffer and where it lies; null where the system refuses to lock it. */
    private static final class Pinned {
        private final @Nullable Pointer pointer;
        private final long size;
        private long lastUse;
        private int copies;

        private Pinned(@Nullable Pointer pointer, long size) {
            this.pointer = pointer;
            this.size = size;
        }
    }

    /**
     * The address of a pool's buffer once it is locked; to be followed by {@link #copied} when the GPU has read it.
     *
     * @return null if it cannot be locked, e.g. as it shares a page with another or the system limits locked memory
     */
    @Nullable
    Pointer begin(ByteBuffer buffer) {
        Pinned pinned = known.get(buffer);
        if (pinned == null) {
            makeRoom(buffer.capacity());
            pinned = pin(buffer);
            known.put(buffer, pinned);
            bytes += pinned.size;
        }
        pinned.lastUse = ++clock;
        if (pinned.pointer != null) {
            pinned.copies++;
        }
        return pinned.pointer;
    }

    /** Says that a copy that began has ended. */
    void copied(ByteBuffer buffer) {
        Pinned pinned = known.get(buffer);
        if (pinned != null && pinned.copies > 0) {
            pinned.copies--;
        }
    }

    private static Pinned pin(ByteBuffer buffer) {
        Pointer pointer = new Pointer(buffer).position(0);
        int status = cudaHostRegister(pointer, buffer.capacity(), cudaHostRegisterPortable);
        if (status != cudaSuccess) {
            // Not an error of the run: the frame is copied instead.
            cudaGetLastError();
            return new Pinned(null, 0);
        }
        return new Pinned(pointer, buffer.capacity());
    }

    private void makeRoom(long size) {
        while (known.size() >= MOST_BUFFERS || bytes + size > MOST_BYTES) {
            ByteBuffer oldest = null;
            long lastUse = Long.MAX_VALUE;
            for (Map.Entry<ByteBuffer, Pinned> entry : known.entrySet()) {
                if (entry.getValue().copies == 0 && entry.getValue().lastUse < lastUse) {
                    oldest = entry.getKey();
                    lastUse = entry.getValue().lastUse;
                }
            }
            if (oldest == null) {
                return;
            }
            Pinned given = known.remove(oldest);
            if (given != null && given.pointer != null) {
                bytes -= given.size;
                Cuda.check(cudaHostUnregister(given.pointer), "unlock a frame buffer");
            }
        }
    }

    @Override
    public void close() {
        List<Pinned> all = new ArrayList<>(known.values());
        known.clear();
        bytes = 0;
        Closer closer = new Closer();
        for (Pinned pinned : all) {
            if (pinned.pointer != null) {
                closer.add(() -> Cuda.check(cudaHostUnregister(pinned.pointer), "unlock a frame buffer"));
            }
        }
        closer.close();
    }
}
