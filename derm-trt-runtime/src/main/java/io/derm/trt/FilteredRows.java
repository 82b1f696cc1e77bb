package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToHost;
import static org.bytedeco.cuda.global.cudart.cudaMemsetAsync;

import io.derm.api.ElementType;
import io.derm.api.RowFilter;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.jspecify.annotations.Nullable;

/**
 * Brings the rows that a filter keeps back from the GPU and puts them where they belong in the output's memory, whose other rows hold no score
 * over the threshold. Confined to its session.
 */
final class FilteredRows implements AutoCloseable {
    /** The counter has the room of a few numbers, so that the records begin aligned. */
    private static final int HEADER = 16;
    /** What is brought back at once, a matter of microseconds. */
    private static final int WANTED_BYTES = 96 << 10;

    private static final int FEWEST = 64;
    private static final int MOST = 1024;

    private final RowFilter filter;
    private final Output scores;
    private final @Nullable Output companion;
    private final RowJob job;
    private final DeviceMemory device;
    private final PinnedMemory host;
    private final KernelCall call;
    private final IntBuffer ints;
    private final FloatBuffer floats;
    private final FloatBuffer values;
    private final @Nullable FloatBuffer companionValues;
    private final int[] kept;
    private int keptCount;

    FilteredRows(RowFilter filter, Output scores, @Nullable Output companion, Kernels kernels) {
        this.filter = filter;
        this.scores = scores;
        this.companion = companion;
        int recordBytes = Float.BYTES * (1 + filter.length() + filter.companionLength());
        int capacity = Math.min(filter.rows(), Math.max(FEWEST, Math.min(MOST, WANTED_BYTES / recordBytes)));
        this.kept = new int[capacity];
        Closer closer = new Closer();
        try {
            this.device = closer.own(DeviceMemory.allocate(HEADER + (long) capacity * recordBytes));
            this.host = closer.own(PinnedMemory.allocate(HEADER + (long) capacity * recordBytes));
            this.job = new RowJob(
                    scores.device().address(),
                    companion == null ? 0 : companion.device().address(),
                    device.address(),
                    device.address() + HEADER,
                    filter.rows(),
                    filter.length(),
                    filter.plane(),
                    filter.first(),
                    filter.count(),
                    filter.companionLength(),
                    capacity,
                    scores.type() == ElementType.FLOAT16,
                    companion != null && companion.type() == ElementType.FLOAT16,
                    filter.over());
            this.call = kernels.rows(job);
        } catch (RuntimeException e) {
            closer.closeAfter(e);
            throw e;
        }
        this.ints = host.bytes().asIntBuffer();
        this.floats = host.bytes().asFloatBuffer();
        this.values = scores.host().bytes().asFloatBuffer();
        this.companionValues =
                companion == null ? null : companion.host().bytes().asFloatBuffer();
    }

    boolean concerns(Output output) {
        return output == scores || output == companion;
    }

    /** Finds the rows on the GPU and brings them back. */
    void enqueue(CUstream_st stream) {
        Cuda.check(cudaMemsetAsync(device.pointer(), 0, HEADER, stream), "clear a counter");
        call.launch(stream);
        Cuda.check(
                cudaMemcpyAsync(
                        host.pointer(), device.pointer(), host.bytes().capacity(), cudaMemcpyDeviceToHost, stream),
                "copy rows from the GPU");
    }

    /**
     * Puts the rows in their places once the stream has come to its end.
     *
     * @return whether there was room for all of them; if not, the output must be read whole
     */
    boolean collect() {
        int count = ints.get(0);
        if (count > kept.length) {
            return false;
        }
        if (scores.isWhole()) {
            for (int row = 0; row < filter.rows(); row++) {
                clear(row);
            }
            scores.whole(false);
        } else {
            for (int i = 0; i < keptCount; i++) {
                clear(kept[i]);
            }
        }
        int record = 1 + filter.length() + filter.companionLength();
        for (int i = 0; i < count; i++) {
            int at = HEADER / Float.BYTES + i * record;
            int row = ints.get(at);
            kept[i] = row;
            for (int e = 0; e < filter.length(); e++) {
                values.put(filter.index(row, e), floats.get(at + 1 + e));
            }
            if (companionValues != null) {
                int n = filter.companionLength();
                companionValues.put(row * n, floats, at + 1 + filter.length(), n);
            }
        }
        keptCount = count;
        return true;
    }

    private void clear(int row) {
        for (int e = filter.first(); e < filter.first() + filter.count(); e++) {
            values.put(filter.index(row, e), filter.absent());
        }
    }

    @Override
    public void close() {
        Closer closer = new Closer();
        closer.own(device);
        closer.own(host);
        closer.own(call);
        closer.close();
    }
}
