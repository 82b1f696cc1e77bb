package io.derm.bench.peers;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import io.derm.ort.OrtRuntime;
import io.derm.pipeline.DetectorPool;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamOptions;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * derm's {@link Exam} of a video as {@code derm exam} runs it: the threads shared out between its two models, two frames in detection at
 * once. A frame's time is the mean of its turn, from the findings of the frame before the turn to those of its last: the rate at which
 * findings come, not their latency, which is longer as several frames are under way.
 */
final class DermLoop implements Peer {
    /** Frames before those that count, so that all threads are at work. */
    private static final int LEAD = 4;
    /** Frames after them: the last that counts is classified while others are being detected, as all before it. */
    private static final int TRAIL = 4;

    private final DermPeer derm;
    private final DetectorPool detectors;

    DermLoop(byte[] detector, byte[] classifier, Setting setting) {
        int each = Math.max(1, setting.threads() / 2);
        Setting shared = new Setting(each, setting.spin(), setting.shared(), setting.batched());
        derm = new DermPeer(detector, classifier, shared);
        detectors = new DetectorPool(List.of(derm.detector(), DermPeer.detector(new OrtRuntime(), detector, shared)));
    }

    @Override
    public String about() {
        return derm.about() + ", both models and two frames at once";
    }

    @Override
    public List<Finding> exam(Picture picture, StageClock clock) {
        return derm.exam(picture, clock);
    }

    @Override
    public List<List<Finding>> video(List<Picture> pictures, LongConsumer nanos) throws Exception {
        List<List<Finding>> answers = new ArrayList<>();
        int[] frame = {-LEAD};
        long[] begun = {0};
        ExamOptions options = ExamOptions.defaults().withClassifyEvery(1);
        new Exam(new Film(pictures), detectors, derm.classifier(), options).run(found -> {
            int i = frame[0]++;
            if (i == -1) {
                begun[0] = System.nanoTime();
            } else if (i == pictures.size() - 1) {
                long each = (System.nanoTime() - begun[0]) / pictures.size();
                pictures.forEach(p -> nanos.accept(each));
            }
            if (i >= 0 && i < pictures.size()) {
                answers.add(found.sightings().stream()
                        .map(s -> DermPeer.finding(s.detection(), s.assessment()))
                        .toList());
            }
        });
        return answers;
    }

    /** The pictures as a source, led in and out by others of them. */
    private static final class Film implements FrameSource {
        private final List<Picture> pictures;
        private int next = -LEAD;

        Film(List<Picture> pictures) {
            this.pictures = pictures;
        }

        @Override
        public SourceInfo info() {
            Picture first = pictures.get(0);
            return new SourceInfo("clip", first.width(), first.height(), 0, LEAD + pictures.size() + TRAIL, false);
        }

        @Override
        public Optional<Frame> next() {
            if (next == pictures.size() + TRAIL) {
                return Optional.empty();
            }
            return Optional.of(DermPeer.frame(pictures.get(Math.floorMod(next++, pictures.size()))));
        }

        @Override
        public void close() {}
    }

    @Override
    public FloatBuffer detectorInput() {
        return derm.detectorInput();
    }

    @Override
    public void stages(Picture picture, StageClock clock) {
        derm.stages(picture, clock);
    }

    @Override
    public void close() {
        detectors.close();
        derm.close();
    }
}
