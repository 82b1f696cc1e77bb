package io.derm.api.contract;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.RowFilter;
import io.derm.api.Session;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A session that takes {@link RowFilter} at its word, for tests of those who declare filters: of rows that are not kept it gives the
 * scores as absent and everything else as garbage, NaN and infinities among it. Owns the session that it wraps. Confined.
 */
public final class FilteringSession implements Session {
    private static final float[] ODD = {
        Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MAX_VALUE, -Float.MAX_VALUE, 0, -1, 0.5f, 1
    };

    private final Session session;
    private final SplittableRandom random;
    private List<RowFilter> filters = List.of();
    private long keptRows;
    private long droppedRows;

    /** Wraps a session; garbage is drawn from that seed. */
    public FilteringSession(Session session, long seed) {
        this.session = session;
        this.random = new SplittableRandom(seed);
    }

    /** Rows kept in all runs so far. */
    public long keptRows() {
        return keptRows;
    }

    /** Rows replaced in all runs so far. */
    public long droppedRows() {
        return droppedRows;
    }

    @Override
    public void filter(List<RowFilter> filters) {
        this.filters = List.copyOf(filters);
    }

    @Override
    public Tensors run(ImageInput input, Frame frame, List<Box> regions) {
        Tensors whole = session.run(input, frame, regions);
        if (regions.size() != 1) {
            return whole;
        }
        Tensors copy = new Tensors(whole.list().stream()
                .map(t -> {
                    Tensor c = Tensor.allocate(
                            t.name(),
                            t.info().type(),
                            t.shape().stream().mapToInt(Integer::intValue).toArray());
                    c.bytes().put(0, t.bytes(), 0, t.bytes().limit());
                    return c;
                })
                .toList());
        for (RowFilter filter : filters) {
            if (has(copy, filter.output())
                    && filter.companion().map(c -> has(copy, c)).orElse(true)) {
                apply(filter, copy);
            }
        }
        return copy;
    }

    private static boolean has(Tensors outputs, TensorInfo info) {
        return outputs.list().stream().anyMatch(t -> t.info().equals(info));
    }

    private void apply(RowFilter filter, Tensors outputs) {
        Tensor output = outputs.get(filter.output().name());
        for (int row = 0; row < filter.rows(); row++) {
            boolean kept = false;
            for (int i = 0; i < filter.count(); i++) {
                kept |= filter.keeps(output.floats().get(filter.index(row, filter.first() + i)));
            }
            if (kept) {
                keptRows++;
                continue;
            }
            droppedRows++;
            for (int e = 0; e < filter.length(); e++) {
                boolean score = e >= filter.first() && e < filter.first() + filter.count();
                output.floats().put(filter.index(row, e), score ? filter.absent() : garbage());
            }
            if (filter.companion().isPresent()) {
                Tensor companion = outputs.get(filter.companion().get().name());
                for (int e = 0; e < filter.companionLength(); e++) {
                    companion.floats().put(row * filter.companionLength() + e, garbage());
                }
            }
        }
    }

    private float garbage() {
        int pick = random.nextInt(2 * ODD.length);
        return pick < ODD.length ? ODD[pick] : Float.intBitsToFloat(random.nextInt());
    }

    @Override
    public Tensors run(Tensors inputs) {
        return session.run(inputs);
    }

    @Override
    public Signature signature() {
        return session.signature();
    }

    @Override
    public int maxBatch() {
        return session.maxBatch();
    }

    @Override
    public void close() {
        session.close();
    }
}
