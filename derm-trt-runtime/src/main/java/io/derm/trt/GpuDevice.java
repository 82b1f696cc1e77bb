package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaSetDevice;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * What all sessions on one GPU share: its kernels and the frames on it. Made when the first session opens and freed when the last one closes.
 * Thread-safe.
 */
final class GpuDevice {
    private static final Map<Integer, GpuDevice> OPEN = new HashMap<>();

    private final Gpu gpu;
    private final Kernels kernels;
    private final DeviceFrames frames = new DeviceFrames();
    /**
     * Shared by those who make and destroy what works on this GPU, held alone by a capture. To wait for the whole GPU, as first launches of kernels
     * and TensorRT may, breaks off the captures of other threads and fails itself, whatever the mode of the capture.
     */
    private final ReadWriteLock captures = new ReentrantReadWriteLock();

    private int leases = 1;

    private GpuDevice(Gpu gpu, Kernels kernels) {
        this.gpu = gpu;
        this.kernels = kernels;
    }

    /**
     * Takes a lease on a GPU, which is made current on this thread.
     *
     * @param cache folder that keeps compiled kernels
     */
    static GpuDevice lease(int ordinal, Path cache) {
        synchronized (OPEN) {
            GpuDevice device = OPEN.get(ordinal);
            if (device != null) {
                device.makeCurrent();
                device.leases++;
                return device;
            }
            Gpu gpu = Gpu.of(ordinal);
            device = new GpuDevice(gpu, Kernels.load(gpu, cache));
            OPEN.put(ordinal, device);
            return device;
        }
    }

    /** Makes it current on this thread, as each thread that calls CUDA must. */
    void makeCurrent() {
        Cuda.check(cudaSetDevice(gpu.ordinal()), "choose device " + gpu.ordinal());
    }

    Gpu gpu() {
        return gpu;
    }

    /** To be held while models are opened and closed. */
    Lock changing() {
        return captures.readLock();
    }

    /** To be held while a stream is captured; never waited for, as building a model takes minutes. */
    Lock capturing() {
        return captures.writeLock();
    }

    Kernels kernels() {
        return kernels;
    }

    DeviceFrames frames() {
        return frames;
    }

    /** Ends a lease. */
    void release() {
        synchronized (OPEN) {
            if (--leases > 0) {
                return;
            }
            OPEN.remove(gpu.ordinal());
            makeCurrent();
            Closer closer = new Closer();
            closer.own(kernels);
            closer.own(frames);
            closer.close();
        }
    }
}
