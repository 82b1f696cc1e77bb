package io.derm.trt;

import io.derm.api.RowFilter;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.jspecify.annotations.Nullable;

/** The row filters that a session's reader has declared. Confined to its session. */
final class RowFilters implements AutoCloseable {
    private final List<FilteredRows> all = new ArrayList<>();
    private final List<FilteredRows> overflowed = new ArrayList<>();

    /**
     * Sets the filters of outputs that a run of one region gives exactly so; those of others have no effect. The ones before are closed.
     *
     * @throws IllegalArgumentException if an output is named twice
     */
    void set(List<RowFilter> wanted, Lanes lanes, Kernels kernels) {
        close();
        Set<String> named = new HashSet<>();
        for (RowFilter filter : wanted) {
            boolean again = !named.add(filter.output().name());
            again |= filter.companion().isPresent()
                    && !named.add(filter.companion().get().name());
            if (again) {
                throw new IllegalArgumentException("Row filters " + wanted + " name an output twice");
            }
        }
        Tensors one = lanes.view(1);
        for (RowFilter filter : wanted) {
            Output scores = output(filter.output(), one, lanes);
            Output companion =
                    filter.companion().map(c -> output(c, one, lanes)).orElse(null);
            if (scores != null && (companion != null || filter.companion().isEmpty())) {
                all.add(new FilteredRows(filter, scores, companion, kernels));
            }
        }
    }

    private static @Nullable Output output(TensorInfo info, Tensors one, Lanes lanes) {
        for (int i = 0; i < one.size(); i++) {
            if (one.get(i).info().equals(info)) {
                return lanes.outputs().get(i);
            }
        }
        return null;
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    /** Finds the rows on the GPU and brings them back. */
    void enqueue(CUstream_st stream) {
        for (int i = 0; i < all.size(); i++) {
            all.get(i).enqueue(stream);
        }
    }

    /** Whether an output, or its companion, is filtered. */
    boolean concern(Output output) {
        return any(all, output);
    }

    /**
     * Puts the rows in their places once the stream has come to its end.
     *
     * @return whether there was room for all of them; {@link #overflowed} tells which outputs must be read whole
     */
    boolean collect() {
        overflowed.clear();
        for (int i = 0; i < all.size(); i++) {
            if (!all.get(i).collect()) {
                overflowed.add(all.get(i));
            }
        }
        return overflowed.isEmpty();
    }

    /** Whether an output had more rows in the last run than were brought back. */
    boolean overflowed(Output output) {
        return any(overflowed, output);
    }

    private static boolean any(List<FilteredRows> some, Output output) {
        for (int i = 0; i < some.size(); i++) {
            if (some.get(i).concerns(output)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        Closer closer = new Closer();
        all.forEach(closer::own);
        all.clear();
        overflowed.clear();
        closer.close();
    }
}
