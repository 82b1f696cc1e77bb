package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaEventCreateWithFlags;
import static org.bytedeco.cuda.global.cudart.cudaEventDestroy;
import static org.bytedeco.cuda.global.cudart.cudaEventDisableTiming;
import static org.bytedeco.cuda.global.cudart.cudaEventRecord;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;
import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;
import static org.bytedeco.cuda.global.cudart.cudaStreamWaitEvent;

import io.derm.api.Frame;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Frames on the GPU, each uploaded once for all sessions that look at it: the detector's run brings it, the classifier's finds it there. A
 * frame is known by {@link Frame#contentId()}. Thread-safe.
 *
 * <p>Frames stay after their last use until their memory is wanted for another; memory is allocated for up to {@value #KEPT} frames and
 * then used again.
 */
final class DeviceFrames implements AutoCloseable {
    private static final int KEPT = 16;
    private static final long KEPT_BYTES = 512L << 20;
    private static final long NONE = -1;
    /** Kernels read frames in words. */
    private static final int READ_OVER = 8;

    private final List<Held> slots = new ArrayList<>();
    private final PinnedFrames pinned = new PinnedFrames();
    private long clock;
    private long uploads;

    /** A frame on the GPU while it is held. */
    final class Held {
        private DeviceMemory memory;
        private @Nullable PinnedMemory staging;
        private final CUevent_st ready;
        private long contentId = NONE;
        private int holders;
        private long lastUse;
        /** The buffer that the upload reads, until it is known to have ended. */
        private @Nullable ByteBuffer reading;

        private Held(DeviceMemory memory, CUevent_st ready) {
            this.memory = memory;
            this.ready = ready;
        }

        /** Address of its pixels on the GPU. */
        long address() {
            return memory.address();
        }

        private void free() {
            Closer closer = new Closer();
            closer.own(memory);
            if (staging != null) {
                closer.own(staging);
            }
            closer.add(() -> Cuda.check(cudaEventDestroy(ready), "destroy an event"));
            closer.close();
        }
    }

    /**
     * Has the frame on the GPU for work that is put on the stream after this; the caller releases it once that work is done.
     *
     * @param stream on which the frame is uploaded, or waited for where another stream uploads it
     */
    synchronized Held acquire(Frame frame, CUstream_st stream) {
        Held held = find(frame.contentId());
        if (held == null) {
            int size = frame.format().bytes(frame.stride(), frame.height());
            held = room(size);
            upload(frame, size, held, stream);
        } else {
            Cuda.check(cudaStreamWaitEvent(stream, held.ready, 0), "wait for a frame");
        }
        held.holders++;
        held.lastUse = ++clock;
        return held;
    }

    /** Gives a frame back when all work on it that was put on the stream is done. */
    synchronized void release(Held held) {
        held.holders--;
        endReading(held);
    }

    /** Frames uploaded so far. */
    synchronized long uploads() {
        return uploads;
    }

    private @Nullable Held find(long contentId) {
        for (int i = 0; i < slots.size(); i++) {
            if (slots.get(i).contentId == contentId) {
                return slots.get(i);
            }
        }
        return null;
    }

    /** Memory for a frame: new as long as few are kept, then that of the frame which nobody has used for longest. */
    private Held room(int size) {
        Held oldest = null;
        long kept = 0;
        for (int i = 0; i < slots.size(); i++) {
            Held slot = slots.get(i);
            kept += slot.memory.bytes();
            if (slot.holders == 0 && (oldest == null || slot.lastUse < oldest.lastUse)) {
                oldest = slot;
            }
        }
        if (oldest == null || (slots.size() < KEPT && kept + size <= KEPT_BYTES)) {
            Held slot = make(size);
            slots.add(slot);
            return slot;
        }
        oldest.contentId = NONE;
        if (oldest.memory.bytes() < size) {
            slots.remove(oldest);
            oldest.free();
            Held slot = make(size);
            slots.add(slot);
            return slot;
        }
        return oldest;
    }

    private Held make(int size) {
        DeviceMemory memory = DeviceMemory.allocate(size + (long) READ_OVER);
        CUevent_st ready = new CUevent_st();
        try {
            Cuda.check(cudaEventCreateWithFlags(ready, cudaEventDisableTiming), "create an event");
        } catch (RuntimeException e) {
            memory.close();
            throw e;
        }
        return new Held(memory, ready);
    }

    private void upload(Frame frame, int size, Held to, CUstream_st stream) {
        ByteBuffer pixels = frame.pixels();
        Pointer from = frame.pooled() ? pinned.begin(pixels) : null;
        if (from != null) {
            to.reading = pixels;
        } else {
            from = stage(pixels, size, to);
        }
        try {
            Cuda.check(
                    cudaMemcpyAsync(to.memory.pointer(), from, size, cudaMemcpyHostToDevice, stream),
                    "copy a frame to the GPU");
            Cuda.check(cudaEventRecord(to.ready, stream), "record an event");
        } catch (RuntimeException e) {
            // The copy may have begun, and the frame is the caller's again.
            cudaStreamSynchronize(stream);
            endReading(to);
            throw e;
        }
        to.contentId = frame.contentId();
        uploads++;
    }

    private void endReading(Held held) {
        if (held.reading != null) {
            pinned.copied(held.reading);
            held.reading = null;
        }
    }

    /** Copies a frame whose memory may go away into memory that the GPU can read by itself. */
    private static Pointer stage(ByteBuffer pixels, int size, Held to) {
        PinnedMemory staging = to.staging;
        if (staging == null || staging.bytes().capacity() < size) {
            if (staging != null) {
                to.staging = null;
                staging.close();
            }
            staging = PinnedMemory.allocate(size);
            to.staging = staging;
        }
        ByteBuffer whole = pixels.limit() == pixels.capacity()
                ? pixels
                : pixels.duplicate().clear();
        staging.bytes().put(0, whole, 0, size);
        return staging.pointer();
    }

    @Override
    public synchronized void close() {
        Closer closer = new Closer();
        closer.own(pinned);
        slots.forEach(slot -> closer.add(slot::free));
        slots.clear();
        closer.close();
    }
}
