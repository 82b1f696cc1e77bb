package io.derm.bench.peers;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamOptions;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * derm's {@link Exam} of a video, with the threads shared out between its two models. A frame's time is that from the findings of the one before to
 * its own: the rate at which findings come, not their latency, which is longer as two frames are under way.
 */
final class DermLoop implements Peer {
    /** Frames before those that count, so that both stages are at work. */
    private static final int LEAD = 2;
    /** Frames after them: the last that counts is classified while another is being detected, as all before it. */
    private static final int TRAIL = 1;

    private final DermPeer derm;

    DermLoop(byte[] detector, byte[] classifier, Setting setting) {
        int each = Math.max(1, setting.threads() / 2);
        derm = new DermPeer(
                detector, classifier, new Setting(each, setting.spin(), setting.shared(), setting.batched()));
    }

    @Override
    public String about() {
        return derm.about() + ", both models at once";
    }

    @Override
    public List<Finding> exam(Picture picture, StageClock clock) {
        return derm.exam(picture, clock);
    }

    @Override
    public List<List<Finding>> video(List<Picture> pictures, LongConsumer nanos) throws Exception {
        List<List<Finding>> answers = new ArrayList<>();
        Tempo tempo = new Tempo();
        ExamOptions options = ExamOptions.defaults().withClassifyEvery(1);
        new Exam(new Film(pictures), derm.detector(), derm.classifier(), options).run(found -> {
            long took = tempo.tick();
            if (tempo.frame >= LEAD && tempo.frame < LEAD + pictures.size()) {
                nanos.accept(took);
                answers.add(found.sightings().stream()
                        .map(s -> DermPeer.finding(s.detection(), s.assessment()))
                        .toList());
            }
        });
        return answers;
    }

    /** Which frame's findings are there, and how long after those of the frame before. */
    private static final class Tempo {
        int frame = -1;
        private long last = System.nanoTime();

        long tick() {
            long now = System.nanoTime();
            long took = now - last;
            last = now;
            frame++;
            return took;
        }
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
        derm.close();
    }
}
