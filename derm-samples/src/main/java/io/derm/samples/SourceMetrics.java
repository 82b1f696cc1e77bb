package io.derm.samples;

import io.derm.capture.LiveSource;
import io.derm.capture.LiveState;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Micrometer meters of a live source, read when they are scraped; see docs/metrics.md. */
final class SourceMetrics implements MeterBinder {
    private final LiveSource source;
    private final Tags tags;

    /** @param name its tag {@code source}, without credentials */
    SourceMetrics(LiveSource source, String name) {
        this.source = source;
        this.tags = Tags.of("source", name);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        count(registry, "derm.source.frames", "frames", "Frames that came", s -> s.status()
                .frames());
        count(
                registry,
                "derm.source.frames.dropped",
                "frames",
                "Frames that came and were replaced before the exam took them",
                s -> s.status().dropped());
        count(
                registry,
                "derm.source.outage",
                "seconds",
                "Time without a picture between connections",
                s -> s.status().outageMillis() / 1e3);
        Gauge.builder("derm.source.abandoned", source, s -> s.status().abandoned())
                .description("Connections given up whose threads have not come back")
                .tags(tags)
                .register(registry);
        for (LiveState state : LiveState.values()) {
            Gauge.builder("derm.source.state", source, s -> s.status().state() == state ? 1 : 0)
                    .description("Where the source stands")
                    .tags(tags.and("state", state.name().toLowerCase(Locale.ROOT)))
                    .register(registry);
        }
    }

    private void count(
            MeterRegistry registry, String name, String unit, String description, ToDoubleFunction<LiveSource> of) {
        FunctionCounter.builder(name, source, of)
                .description(description)
                .baseUnit(unit)
                .tags(tags)
                .register(registry);
    }
}
