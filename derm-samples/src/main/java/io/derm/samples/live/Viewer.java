package io.derm.samples.live;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;

/**
 * One page that looks on. A picture and a state wait for it at most, the newest of each; it is sent the next once it said that it has
 * drawn those before, so what is slow, its network or itself, costs it pictures and nobody else anything. Thread-safe; nothing waits.
 */
final class Viewer {
    /** Sent and not yet drawn: one on its way while another is drawn. */
    private static final int MOST_UNDRAWN = 2;

    /** What a page says: that it has drawn a picture, and what its clock shows. */
    private static final Pattern DRAWN = Pattern.compile("drawn ((?:0|[1-9]\\d{0,11})(?:\\.\\d{1,9})?)");

    private final Session session;
    private final Runnable free;
    // All guarded by this.
    private @Nullable Picture picture;
    private @Nullable String state;
    private boolean sending;
    private int undrawn;
    private long waitingNanos = System.nanoTime();
    private String heard = "";
    private long heardNanos = System.nanoTime();

    /** @param free told when it can take a picture again */
    Viewer(Session session, Runnable free) {
        this.session = session;
        this.free = free;
    }

    /** Whether a picture would be sent at once. */
    synchronized boolean wants() {
        return picture == null && undrawn < MOST_UNDRAWN;
    }

    void offer(Picture next) {
        synchronized (this) {
            picture = next;
        }
        pump();
    }

    void offer(String next) {
        synchronized (this) {
            state = next;
        }
        pump();
    }

    /** The page has drawn a picture, and says so in these words. */
    void drawn(String words) {
        Matcher drawn = DRAWN.matcher(words);
        synchronized (this) {
            undrawn = Math.max(0, undrawn - 1);
            waitingNanos = System.nanoTime();
            if (drawn.matches()) {
                heard = drawn.group(1);
                heardNanos = waitingNanos;
            }
        }
        pump();
        free.run();
    }

    /** Whether it is gone, or has had something for so long without taking it in that nobody can be there. */
    synchronized boolean vanished(long seconds) {
        boolean busy = undrawn > 0 || sending;
        return !session.isOpen() || (busy && System.nanoTime() - waitingNanos > TimeUnit.SECONDS.toNanos(seconds));
    }

    void disconnect() {
        session.disconnect();
    }

    private void pump() {
        Picture sent = null;
        String text;
        synchronized (this) {
            if (sending) {
                return;
            }
            long now = System.nanoTime();
            text = state;
            if (text != null) {
                state = null;
            } else if (picture != null && undrawn < MOST_UNDRAWN) {
                sent = picture;
                picture = null;
                text = sent.json(now, heard, heardNanos);
            } else {
                return;
            }
            waitingNanos = undrawn == 0 ? now : waitingNanos;
            undrawn += sent == null ? 0 : 1;
            sending = true;
        }
        String told = text;
        Picture followed = sent;
        send(callback -> session.sendText(told, callback), followed == null ? this::sent : () -> pixels(followed));
    }

    private void pixels(Picture of) {
        send(callback -> session.sendBinary(ByteBuffer.wrap(of.jpeg()).asReadOnlyBuffer(), callback), this::sent);
    }

    /** One who has gone meanwhile is nothing to tell of; whether Jetty says it by the callback or throws is a matter of time. */
    private void send(Consumer<Callback> message, Runnable then) {
        try {
            message.accept(Callback.from(then, failure -> disconnect()));
        } catch (RuntimeException e) {
            disconnect();
        }
    }

    private void sent() {
        synchronized (this) {
            sending = false;
        }
        pump();
    }
}
