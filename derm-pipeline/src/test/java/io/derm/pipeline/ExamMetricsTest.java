package io.derm.pipeline;

import static io.derm.pipeline.StandIns.classifier;
import static io.derm.pipeline.StandIns.detector;
import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.FramePool;
import io.derm.api.RuntimeUse;
import io.derm.pipeline.StandIns.Feed;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ExamMetricsTest {
    @Test
    void meters_ofAnExam_readWhatItCounts() throws Exception {
        try (FramePool pool = new FramePool(10);
                Feed feed = new Feed(pool, false)) {
            Exam exam = new Exam(feed, detector(f -> {}), classifier(f -> {}), ExamOptions.defaults());
            MeterRegistry registry = new SimpleMeterRegistry();
            ExamMetrics metrics = new ExamMetrics(exam, "left", Tags.of("room", "3"));
            metrics.bindTo(registry);
            metrics.reconnects(registry, () -> 7);
            assertThat(registry.get("derm.exam.state")
                            .tag("state", "ready")
                            .gauge()
                            .value())
                    .isEqualTo(1);
            for (int i = 0; i < 5; i++) {
                feed.frame();
            }
            feed.end();
            exam.run(f -> {
                if (f.frame().sequence() == 2) {
                    exam.stop();
                }
            });
            double delivered = counter(registry, "derm.exam.frames.delivered");
            double stopped = registry.get("derm.exam.frames.dropped")
                    .tags("source", "left", "room", "3", "cause", "stopped")
                    .functionCounter()
                    .count();
            assertThat(delivered).isEqualTo(3);
            assertThat(counter(registry, "derm.exam.frames.captured")).isEqualTo(delivered + stopped);
            assertThat(registry.get("derm.exam.frames.underway").gauge().value())
                    .isZero();
            assertThat(registry.get("derm.exam.state")
                            .tag("state", "ended")
                            .gauge()
                            .value())
                    .isEqualTo(1);
            var detect = registry.get("derm.exam.stage").tag("stage", "detect").functionTimer();
            assertThat(detect.count()).isBetween(3.0, 5.0);
            // The registry keeps seconds: the same to the nanosecond, not to the last bit.
            assertThat(Math.round(detect.totalTime(TimeUnit.NANOSECONDS)))
                    .isEqualTo(Math.round(exam.times(Stage.DETECT).mean() * detect.count()));
            assertThat(Math.round(registry.get("derm.exam.stage.quantile")
                            .tags("stage", "latency", "quantile", "0.999")
                            .timeGauge()
                            .value(TimeUnit.NANOSECONDS)))
                    .isEqualTo(exam.summary().times().get(Stage.LATENCY).p999());
            assertThat(counter(registry, "derm.exam.reconnects")).isEqualTo(7);
            assertThat(registry.get("derm.exam.fallback").gauges()).hasSize(2);
        }
    }

    private static double counter(MeterRegistry registry, String name) {
        return registry.get(name).functionCounter().count();
    }

    @Test
    void findings_afterTheDetectorsRuntimeFellBack_saySoFromThatFrameOn() throws Exception {
        List<RuntimeUse> by = new ArrayList<>();
        try (FramePool pool = new FramePool(10);
                Feed feed = new Feed(pool, false)) {
            long[] last = {-1};
            Exam exam = new Exam(
                    feed,
                    detector(
                            f -> last[0] = f.sequence(),
                            () -> last[0] < 2 ? RuntimeUse.of("gpu") : new RuntimeUse("cpu", Optional.of("gpu"))),
                    classifier(f -> {}),
                    ExamOptions.defaults());
            MeterRegistry registry = new SimpleMeterRegistry();
            new ExamMetrics(exam, "left", List.of()).bindTo(registry);
            for (int i = 0; i < 4; i++) {
                feed.frame();
            }
            feed.end();
            ExamSummary summary = exam.run(f -> by.add(f.detectedBy()));
            assertThat(by).extracting(RuntimeUse::fellBack).containsExactly(false, false, true, true);
            assertThat(summary.detector()).hasToString("cpu instead of gpu");
            assertThat(summary.classifier()).isEqualTo(RuntimeUse.UNKNOWN);
            assertThat(registry.get("derm.exam.fallback")
                            .tag("task", "detect")
                            .gauge()
                            .value())
                    .isEqualTo(1);
            assertThat(registry.get("derm.exam.fallback")
                            .tag("task", "classify")
                            .gauge()
                            .value())
                    .isZero();
        }
    }
}
