package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Box;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.PixelFormat;
import io.derm.api.RowFilter;
import io.derm.api.Session;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecordingSessionTest {
    @Test
    void filter_declaredThroughIt_doesNotReachTheSession() {
        List<List<RowFilter>> declared = new ArrayList<>();
        Tensor rows = Tensor.allocate("output", ElementType.FLOAT32, 1, 4, 6);
        Session device = new Session() {
            @Override
            public void filter(List<RowFilter> filters) {
                declared.add(filters);
            }

            @Override
            public Signature signature() {
                return new Signature(List.of(), List.of(rows.info()), Map.of());
            }

            @Override
            public int maxBatch() {
                return 1;
            }

            @Override
            public Tensors run(ImageInput input, Frame frame, List<Box> regions) {
                return Tensors.of(rows);
            }

            @Override
            public Tensors run(Tensors inputs) {
                return Tensors.of(rows);
            }

            @Override
            public void close() {}
        };
        try (RecordingSession session = new RecordingSession(device);
                Frame frame = Frame.wrap(ByteBuffer.allocateDirect(12), 2, 2, 6, PixelFormat.BGR24)) {
            session.filter(List.of(RowFilter.of(rows.info(), 6, 1, 4, 1, 0.5f, 0)));
            session.run(ImageInput.yolo(2, 2), frame, List.of(frame.bounds()));
            assertThat(declared).isEmpty();
            assertThat(session.last().orElseThrow().get(0)).isSameAs(rows);
        }
    }
}
