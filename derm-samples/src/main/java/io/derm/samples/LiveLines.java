package io.derm.samples;

import io.derm.capture.LiveState;
import io.derm.capture.LiveStatus;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Tells a person what becomes of a live source: a line with the time for each change of its state. Of an outage that lasts, tries that
 * end as the one before are told every half minute, and so is a source that comes and goes. Confined to the thread of the source.
 */
final class LiveLines implements Consumer<LiveStatus> {
    private static final Duration AGAIN = Duration.ofSeconds(30);
    /** A source that came back so often within a minute comes and goes. */
    private static final int OFTEN = 3;

    private final PrintStream out;
    private final boolean terminal;
    private final InstantSource clock;
    private final ZoneId zone;
    private final Map<LiveState, Instant> told = new EnumMap<>(LiveState.class);
    private final Deque<Instant> returns = new ArrayDeque<>();
    private Instant toldLive = Instant.MIN;
    private String trouble = "";
    private long outageMillis;

    LiveLines(PrintStream out, boolean terminal) {
        this(out, terminal, InstantSource.system(), ZoneId.systemDefault());
    }

    LiveLines(PrintStream out, boolean terminal, InstantSource clock, ZoneId zone) {
        this.out = out;
        this.terminal = terminal;
        this.clock = clock;
        this.zone = zone;
    }

    @Override
    public void accept(LiveStatus status) {
        Instant now = clock.instant();
        if (!news(status, now)) {
            return;
        }
        String time =
                LocalTime.ofInstant(now, zone).truncatedTo(ChronoUnit.SECONDS).toString();
        String line = (time.length() == 5 ? time + ":00" : time) + " source " + words(status);
        // A bar that is drawn over is wiped first; the next step draws it anew.
        out.print((terminal ? "\r\u001b[2K" : "") + line + System.lineSeparator());
        out.flush();
        outageMillis = status.state() == LiveState.LIVE ? status.outageMillis() : outageMillis;
    }

    private boolean news(LiveStatus status, Instant now) {
        while (!returns.isEmpty() && returns.peek().isBefore(now.minus(Duration.ofMinutes(1)))) {
            returns.remove();
        }
        switch (status.state()) {
            case ENDED, FAILED -> {
                return true;
            }
            case LIVE -> {
                told.clear();
                trouble = "";
                if (status.connections() > 1) {
                    returns.add(now);
                }
                if (returns.size() > OFTEN && now.isBefore(toldLive.plus(AGAIN))) {
                    return false;
                }
                toldLive = now;
                return true;
            }
            default -> {
                if (returns.size() >= OFTEN) {
                    return false;
                }
                Instant last = told.get(status.state());
                boolean other =
                        status.state() == LiveState.RETRYING && !status.reason().equals(trouble);
                if (last != null && !other && now.isBefore(last.plus(AGAIN))) {
                    return false;
                }
                told.put(status.state(), now);
                trouble = status.state() == LiveState.RETRYING ? status.reason() : trouble;
                return true;
            }
        }
    }

    private String words(LiveStatus status) {
        return switch (status.state()) {
            case CONNECTING -> "connecting" + (status.tries() == 0 ? "" : ", " + status.reason());
            case LIVE ->
                status.connections() == 1
                        ? "live"
                        : String.format(
                                Locale.ROOT,
                                "live again%s after %.1f s without a picture",
                                returns.size() > OFTEN ? ", " + returns.size() + " times within a minute," : "",
                                (status.outageMillis() - outageMillis) / 1e3);
            case STALLED -> "stalled: " + status.reason();
            case RETRYING -> "retrying: " + status.reason();
            case ENDED -> "ended: " + status.reason();
            case FAILED -> "failed: " + status.reason();
        };
    }
}
