package io.derm.api;

/**
 * Opens sources of one URI scheme that derm-capture does not know itself: a generator, or a camera by its maker's library. Found by
 * {@link java.util.ServiceLoader}. Thread-safe.
 */
public interface SourceProvider {
    /** The scheme without its colon, in lower case and at least two characters long, e.g. {@code phantom}. */
    String scheme();

    /** What it opens and whether that works here. Never throws. */
    SourceKind kind();

    /**
     * Opens a source.
     *
     * @param uri begins with the scheme and a colon, in any case
     * @return a source that the caller closes
     * @throws CaptureException if the URI cannot be understood or there is no such source; it shows no password
     */
    FrameSource open(String uri);
}
