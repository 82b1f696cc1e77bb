package io.derm.pipeline;

import io.derm.api.RuntimeUse;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Micrometer meters of an exam. They are read when they are scraped and cost a frame nothing; applications that use them have
 * {@code io.micrometer:micrometer-core} on the class path, which this module does not bring.
 *
 * <table>
 * <caption>Meters, each with the tag {@code source} and those given</caption>
 * <tr><td>{@code derm.exam.frames.captured}, {@code .delivered}</td><td>frames</td></tr>
 * <tr><td>{@code derm.exam.frames.dropped}</td><td>frames by {@code cause}, as {@link DropCause}</td></tr>
 * <tr><td>{@code derm.exam.frames.underway}</td><td>frames in a stage or waiting for one</td></tr>
 * <tr><td>{@code derm.exam.frame.age}</td><td>of the frame delivered last</td></tr>
 * <tr><td>{@code derm.exam.stage}</td><td>count and sum of times by {@code stage}, as {@link Stage}</td></tr>
 * <tr><td>{@code derm.exam.stage.quantile}</td><td>by {@code stage} and {@code quantile}, since the exam began</td></tr>
 * <tr><td>{@code derm.exam.state}</td><td>1 for the {@code state} it is in, as {@link ExamState}</td></tr>
 * <tr><td>{@code derm.exam.fallback}</td><td>by {@code task}: 1 while a runtime stands in for one that failed</td></tr>
 * </table>
 */
public final class ExamMetrics implements MeterBinder {
    private static final Map<String, ToLongFunction<LatencySummary>> QUANTILES = Map.of(
            "0.5", LatencySummary::p50,
            "0.9", LatencySummary::p90,
            "0.99", LatencySummary::p99,
            "0.999", LatencySummary::p999,
            "1", LatencySummary::max);

    private final Exam exam;
    private final Tags tags;

    /**
     * Meters of one exam.
     *
     * @param source its tag {@code source}: what tells it from other exams, without credentials
     */
    public ExamMetrics(Exam exam, String source, Iterable<Tag> more) {
        this.exam = exam;
        this.tags = Tags.of("source", source).and(more);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        count(registry, "derm.exam.frames.captured", "Frames that the source gave", tags, e -> e.status()
                .captured());
        count(registry, "derm.exam.frames.delivered", "Frames whose findings were delivered", tags, e -> e.status()
                .delivered());
        for (DropCause cause : DropCause.values()) {
            count(
                    registry,
                    "derm.exam.frames.dropped",
                    "Frames captured and not delivered",
                    tags.and("cause", name(cause)),
                    e -> e.status().dropped().getOrDefault(cause, 0L));
        }
        Gauge.builder("derm.exam.frames.underway", exam, e -> e.status().underway())
                .description("Frames in a stage or waiting for one")
                .tags(tags)
                .register(registry);
        TimeGauge.builder("derm.exam.frame.age", exam, TimeUnit.NANOSECONDS, e -> e.status()
                        .lastAgeNanos())
                .description("Age of the frame delivered last, when it was")
                .tags(tags)
                .register(registry);
        for (Stage stage : Stage.values()) {
            stage(registry, stage);
        }
        for (ExamState state : ExamState.values()) {
            Gauge.builder("derm.exam.state", exam, e -> e.status().state() == state ? 1 : 0)
                    .description("Where the exam stands")
                    .tags(tags.and("state", name(state)))
                    .register(registry);
        }
        fallback(registry, "detect", e -> e.status().detector());
        fallback(registry, "classify", e -> e.status().classifier());
    }

    private void count(MeterRegistry registry, String name, String description, Tags with, ToDoubleFunction<Exam> of) {
        FunctionCounter.builder(name, exam, of)
                .description(description)
                .tags(with)
                .register(registry);
    }

    private void stage(MeterRegistry registry, Stage stage) {
        Tags with = tags.and("stage", name(stage));
        FunctionTimer.builder(
                        "derm.exam.stage",
                        exam,
                        e -> e.times(stage).count(),
                        e -> e.times(stage).mean() * e.times(stage).count(),
                        TimeUnit.NANOSECONDS)
                .description("Times of a stage")
                .tags(with)
                .register(registry);
        QUANTILES.forEach((quantile, of) -> TimeGauge.builder(
                        "derm.exam.stage.quantile", exam, TimeUnit.NANOSECONDS, e -> of.applyAsLong(e.times(stage)))
                .description("Quantiles of the times of a stage since the exam began")
                .tags(with.and("quantile", quantile))
                .register(registry));
    }

    private void fallback(MeterRegistry registry, String task, Function<Exam, RuntimeUse> runtime) {
        Gauge.builder("derm.exam.fallback", exam, e -> runtime.apply(e).fellBack() ? 1 : 0)
                .description("Whether a runtime stands in for one that failed")
                .tags(tags.and("task", task))
                .register(registry);
    }

    /**
     * A counter of how often a source had to connect again, for sources that know.
     *
     * @param reconnects read when scraped; may come from any thread
     */
    public void reconnects(MeterRegistry registry, LongSupplier reconnects) {
        FunctionCounter.builder("derm.exam.reconnects", exam, e -> reconnects.getAsLong())
                .description("How often the source had to connect again")
                .tags(tags)
                .register(registry);
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
