package io.derm.samples.live;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
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

    private final Session session;
    private final Runnable free;
    // All guarded by this.
    private @Nullable Picture picture;
    private @Nullable String state;
    private boolean sending;
    private int undrawn;
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

    /** The page has drawn a picture. */
    void drawn() {
        synchronized (this) {
            undrawn = Math.max(0, undrawn - 1);
            heardNanos = System.nanoTime();
        }
        pump();
        free.run();
    }

    /** Whether it has had pictures for so long without drawing them that nobody can be there. */
    synchronized boolean vanished(long seconds) {
        return undrawn > 0 && System.nanoTime() - heardNanos > TimeUnit.SECONDS.toNanos(seconds);
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
            text = state;
            if (text != null) {
                state = null;
            } else if (picture != null && undrawn < MOST_UNDRAWN) {
                sent = picture;
                picture = null;
                heardNanos = undrawn == 0 ? System.nanoTime() : heardNanos;
                undrawn++;
                text = sent.json();
            } else {
                return;
            }
            sending = true;
        }
        Picture followed = sent;
        session.sendText(
                text, Callback.from(followed == null ? this::sent : () -> pixels(followed), failure -> disconnect()));
    }

    private void pixels(Picture of) {
        session.sendBinary(
                ByteBuffer.wrap(of.jpeg()).asReadOnlyBuffer(), Callback.from(this::sent, failure -> disconnect()));
    }

    private void sent() {
        synchronized (this) {
            sending = false;
        }
        pump();
    }
}
