package io.derm.bench.gate;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.SessionOptions;
import io.derm.models.DemoModels;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Detectors with a fault, as a careless change might bring it into the demo detector. Each is a factory for {@code --detector}. */
public final class Regressions {
    private static volatile Object sink;

    private Regressions() {}

    /** What a faulty detector does beside its work. */
    private interface Fault {
        List<Detection> detect(Detector demo, Frame frame);
    }

    public static Detector none(InferenceRuntime runtime, SessionOptions options) {
        return with(runtime, options, Detector::detect);
    }

    /** Copies the frame to the heap. */
    public static Detector copyToHeap(InferenceRuntime runtime, SessionOptions options) {
        return with(runtime, options, (demo, frame) -> {
            byte[] copy = new byte[frame.pixels().capacity()];
            frame.pixels().get(0, copy);
            sink = copy;
            return demo.detect(frame);
        });
    }

    /** Copies the frame to new memory outside the heap. */
    public static Detector copyToDirectMemory(InferenceRuntime runtime, SessionOptions options) {
        return with(runtime, options, (demo, frame) -> {
            int bytes = frame.format().bytes(frame.stride(), frame.height());
            ByteBuffer copy = ByteBuffer.allocateDirect(bytes).put(0, frame.pixels(), 0, bytes);
            return demo.detect(Frame.wrap(copy, frame.width(), frame.height(), frame.stride(), frame.format()));
        });
    }

    /** Makes a list of 2 KiB a frame. */
    public static Detector allocate(InferenceRuntime runtime, SessionOptions options) {
        return with(runtime, options, (demo, frame) -> {
            sink = new int[512];
            return demo.detect(frame);
        });
    }

    /** Waits 200 ms, several times what the demo detector takes on a machine that is not overloaded. */
    public static Detector sleep(InferenceRuntime runtime, SessionOptions options) {
        return with(runtime, options, (demo, frame) -> {
            try {
                Thread.sleep(200);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return demo.detect(frame);
        });
    }

    /** Waits 200 ms, but for the release whose class path has a file {@code old-release}. */
    public static Detector sleepSinceLastRelease(InferenceRuntime runtime, SessionOptions options) {
        return Regressions.class.getResource("/old-release") == null ? sleep(runtime, options) : none(runtime, options);
    }

    /** Shifts its boxes by three pixels. */
    public static Detector shift(InferenceRuntime runtime, SessionOptions options) {
        return with(runtime, options, (demo, frame) -> {
            List<Detection> shifted = new ArrayList<>();
            for (Detection d : demo.detect(frame)) {
                Box b = d.box();
                shifted.add(new Detection(
                        new Box(b.left() - 3, b.top(), b.right() - 3, b.bottom()),
                        d.score(),
                        d.classIndex(),
                        d.label()));
            }
            return shifted;
        });
    }

    private static Detector with(InferenceRuntime runtime, SessionOptions options, Fault fault) {
        Detector demo = YoloDetector.open(runtime, DemoModels.detector(), options, YoloOptions.defaults());
        return new Detector() {
            @Override
            public List<Detection> detect(Frame frame) {
                return fault.detect(demo, frame);
            }

            @Override
            public Model model() {
                return demo.model();
            }

            @Override
            public void close() {
                demo.close();
            }
        };
    }
}
