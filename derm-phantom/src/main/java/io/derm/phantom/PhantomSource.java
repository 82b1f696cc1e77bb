package io.derm.phantom;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.PixelFormat;
import io.derm.api.SourceInfo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@link PhantomClip} as a camera or as a recording: BGR24 frames of procedural skin, named by a URI.
 *
 * <p>A recording has an end and yields every frame, as fast as they are taken. A camera yields a frame when it is due: the number of a
 * frame is that of its instant, so that frames which nobody took in time are gaps in {@link Frame#sequence()}. Without an end the camera
 * goes along its path and back again, for ever; the same seed gives the same pixels.
 *
 * <p>Confined but for {@link #close()} and {@link #truth}, which any thread may call.
 */
public final class PhantomSource implements FrameSource {
    private static final int PATH_SECONDS = 60;
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,5})x([0-9]{1,5})");

    private final SourceInfo info;
    private final PhantomClip clip;
    private final int pathFrames;
    private final FramePool pool = new FramePool(8);
    private final CountDownLatch closed = new CountDownLatch(1);
    private long startNanos;
    private long next;

    private PhantomSource(String name, PhantomClip.Options options, long frames, boolean live) {
        this.clip = new PhantomClip(options);
        this.pathFrames = options.frames();
        this.info = new SourceInfo(name, options.width(), options.height(), options.framesPerSecond(), frames, live);
    }

    /**
     * Opens {@value PhantomSourceProvider#FORM}: without {@code frames} an endless camera, with it a recording, which {@code live}
     * overrides; 1280x720 at 30 frames a second unless said otherwise; lesions, more things and passers as
     * {@link PhantomClip.Options} has them.
     *
     * @throws CaptureException if the URI cannot be understood
     */
    public static PhantomSource open(String uri) {
        long seed = 1;
        long frames = -1;
        int width = 1280;
        int height = 720;
        double rate = 30;
        int lesions = PhantomClip.MOST_LESIONS;
        int things = 0;
        int passers = 0;
        Boolean live = null;
        String options = uri.substring(uri.indexOf(':') + 1).replace('?', '&');
        for (String option : options.split("&", -1)) {
            int equals = option.indexOf('=');
            String key = equals < 0 ? option : option.substring(0, equals);
            String value = option.substring(equals + 1);
            try {
                switch (key) {
                    case "" -> {}
                    case "seed" -> seed = Long.parseLong(value);
                    case "frames" -> frames = Integer.parseInt(value);
                    case "rate" -> rate = Double.parseDouble(value);
                    case "lesions" -> lesions = Integer.parseInt(value);
                    case "more-things" -> things = Integer.parseInt(value);
                    case "passers" -> passers = Integer.parseInt(value);
                    case "live" -> live = truth(value);
                    case "size" -> {
                        Matcher size = SIZE.matcher(value);
                        if (!size.matches()) {
                            throw new IllegalArgumentException("a size is WIDTHxHEIGHT");
                        }
                        width = Integer.parseInt(size.group(1));
                        height = Integer.parseInt(size.group(2));
                    }
                    default -> throw new IllegalArgumentException("there is no such option");
                }
            } catch (IllegalArgumentException e) {
                throw refused(uri, "'" + option + "'", e);
            }
        }
        if (frames == 0 || frames < -1) {
            throw refused(uri, "'frames=" + frames + "'", new IllegalArgumentException("at least 1"));
        }
        boolean camera = live == null ? frames < 0 : live;
        try {
            long path = frames > 0 ? frames : Math.max(2, Math.round(PATH_SECONDS * rate));
            PhantomClip.Options clip =
                    new PhantomClip.Options(width, height, rate, Math.toIntExact(path), seed, lesions, things, passers);
            return new PhantomSource(uri, clip, frames, camera);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw refused(uri, "a clip that cannot be", e);
        }
    }

    private static boolean truth(String value) {
        if (!value.equals("true") && !value.equals("false")) {
            throw new IllegalArgumentException("true or false");
        }
        return value.equals("true");
    }

    private static CaptureException refused(String uri, String what, RuntimeException reason) {
        return new CaptureException(
                226,
                "Source " + uri + " asks for " + what + ": " + reason.getMessage(),
                "write it as " + PhantomSourceProvider.FORM,
                reason);
    }

    @Override
    public SourceInfo info() {
        return info;
    }

    @Override
    public Optional<Frame> next() throws InterruptedException {
        if (isClosed()) {
            throw new IllegalStateException("Source " + info.name() + " is closed");
        }
        if (next == 0) {
            startNanos = System.nanoTime();
        }
        if (info.live() && !awaitNext()) {
            return Optional.empty();
        }
        long sequence = next;
        if (info.frames() >= 0 && sequence >= info.frames()) {
            return Optional.empty();
        }
        byte[] picture = clip.picture(pathFrame(sequence));
        long micros = Math.round(sequence * 1e6 / info.framesPerSecond());
        try {
            long taken = info.live() ? startNanos + micros * 1000 : System.nanoTime();
            Frame frame = pool.lease(info.width(), info.height(), PixelFormat.BGR24, sequence, micros, taken);
            frame.pixels().put(0, picture);
            next = sequence + 1;
            return Optional.of(frame);
        } catch (IllegalStateException e) {
            if (isClosed()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Waits until the next frame is due, or passes to the newest that is; false once closed. */
    private boolean awaitNext() throws InterruptedException {
        double nanosPerFrame = 1e9 / info.framesPerSecond();
        long newest = (long) Math.floor((System.nanoTime() - startNanos) / nanosPerFrame);
        next = Math.max(next, newest);
        long due = startNanos + (long) Math.ceil(next * nanosPerFrame);
        return !closed.await(due - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    /** There and back again: the last frame of the path follows itself once, as the first does. */
    private long pathFrame(long sequence) {
        long at = sequence % (2L * pathFrames);
        return at < pathFrames ? at : 2L * pathFrames - 1 - at;
    }

    /**
     * What is true of the lesions in a frame, see {@link PhantomClip#truth}.
     *
     * @param sequence number of the frame
     * @throws IllegalArgumentException if there is no such frame
     */
    public List<LesionTruth> truth(long sequence) {
        if (sequence < 0 || (info.frames() >= 0 && sequence >= info.frames())) {
            throw new IllegalArgumentException(
                    "Frame is " + sequence + ", expected 0 to " + (info.frames() < 0 ? "any" : info.frames() - 1));
        }
        return clip.truth(pathFrame(sequence));
    }

    @Override
    public void close() {
        closed.countDown();
        pool.close();
        clip.close();
    }
}
