package io.derm.capture;

import io.derm.api.Availability;
import io.derm.api.CaptureException;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.SourceKind;
import io.derm.api.SourceProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Opens whatever a person names: a video, an image, a folder of images, a stream, a webcam or a generator. */
public final class Sources {
    /** What to do about a file that is none of the kinds read here. */
    static final String KINDS = "give a video (MP4, MOV, MKV, AVI, ...), an image (JPEG, PNG, BMP, GIF, WebP, TIFF), "
            + "a folder of images or a stream's URL";

    private static final Pattern SCHEME = Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]+):.*", Pattern.DOTALL);

    private static final List<String> NETWORK =
            List.of("rtsp", "rtsps", "rtmp", "rtmps", "srt", "udp", "tcp", "rtp", "http", "https");
    // The second form is for a password that holds a slash, which should have been written %2F.
    private static final Pattern CREDENTIALS =
            Pattern.compile("(?<=://)(?:[^/?#]*@|[^/?#:]*:[^/?#]*[^/?#0-9][^/?#]*[/?#].*@)");
    private static final Pattern SECRETS =
            Pattern.compile("(?i)((?:password|passwd|passphrase|pass|pwd|token|secret|key|auth|signature)=)[^&_/]*");

    private Sources() {}

    /** {@link #open(String, CaptureOptions)} with {@link CaptureOptions#defaults()}. */
    public static FrameSource open(String source) {
        return open(source, CaptureOptions.defaults());
    }

    /**
     * Opens a source. A file is recognised by its content, not by its name.
     *
     * @param source a path; a URL that FFmpeg opens ({@code rtsp://}, {@code https://}, {@code file://}, ...), with derm's options
     *     behind a {@code #}; {@code webcam:0?size=1280x720&rate=30&format=mjpeg}; {@code lavfi:} and a filter graph of FFmpeg for a
     *     virtual camera, e.g. {@code lavfi:testsrc=size=640x480:rate=30}; or a URI of a {@link SourceProvider} on the class path,
     *     e.g. {@code phantom:seed=7}
     * @return a source that the caller closes
     * @throws CaptureException if there is no such source, or it is none that can be read
     */
    public static FrameSource open(String source, CaptureOptions options) {
        return open(source, options, null);
    }

    /** @param shared where a stream or a webcam leases its frames from, see {@link VideoSource}; null for a pool of its own */
    static FrameSource open(String source, CaptureOptions options, @Nullable FramePool shared) {
        String scheme = scheme(source);
        if (scheme.equals("lavfi")) {
            return VideoSource.virtual(source.substring("lavfi:".length()), options);
        }
        if (scheme.equals("webcam")) {
            return VideoSource.webcam(source, options, shared);
        }
        Optional<SourceProvider> provider = provider(scheme);
        if (provider.isPresent()) {
            return provider.get().open(source);
        }
        boolean url = source.startsWith("://", scheme.length());
        if (url && !scheme.equals("file")) {
            return VideoSource.url(source, options, shared);
        }
        if (!url && NETWORK.contains(scheme)) {
            throw UriOptions.refused(
                    "A source begins with " + scheme + ": alone", "write it as " + scheme + "://HOST/PATH");
        }
        return open(path(source), options);
    }

    /** What stands before the first colon, in lower case; empty where nothing does that could be a scheme. */
    private static String scheme(String source) {
        Matcher matcher = SCHEME.matcher(source);
        return matcher.matches() ? matcher.group(1).toLowerCase(Locale.ROOT) : "";
    }

    private static Optional<SourceProvider> provider(String scheme) {
        return scheme.isEmpty()
                ? Optional.empty()
                : providers().stream().filter(p -> p.scheme().equals(scheme)).findFirst();
    }

    /** Whether {@link #open(String, CaptureOptions)} takes it for a path, in which there may be a colon too. */
    static boolean isPath(String source) {
        String scheme = scheme(source);
        return source.startsWith("://", scheme.length())
                ? scheme.equals("file")
                : !scheme.equals("webcam")
                        && !scheme.equals("lavfi")
                        && provider(scheme).isEmpty();
    }

    private static List<SourceProvider> providers() {
        List<SourceProvider> found = new ArrayList<>();
        try {
            ServiceLoader.load(SourceProvider.class).forEach(found::add);
        } catch (ServiceConfigurationError e) {
            throw new CaptureException(
                    220,
                    "A provider of sources on the class path cannot be loaded: " + e.getMessage(),
                    "mend or remove its jar",
                    e);
        }
        return found;
    }

    /**
     * Opens a video, an image or a folder of images.
     *
     * @return a source that the caller closes
     * @throws CaptureException if there is no such file, or it is none that can be read
     */
    public static FrameSource open(Path path, CaptureOptions options) {
        if (Files.isDirectory(path)) {
            return FolderSource.open(path, options);
        }
        requireFile(path);
        MediaType type = Files.isRegularFile(path) ? MediaType.of(path) : MediaType.OTHER;
        return type.isImage() || type == MediaType.HEIF
                ? ImageSource.open(path, options)
                : VideoSource.open(path, options);
    }

    /**
     * Which kinds of sources work on this machine, with the devices found, and what to do where one does not. Loads the
     * native libraries; never throws for what they lack.
     *
     * @throws CaptureException if a {@link SourceProvider} on the class path cannot be loaded
     */
    public static List<SourceKind> kinds() {
        List<SourceKind> kinds = new ArrayList<>();
        Availability libraries = works(Ffmpeg::load, () -> "FFmpeg " + Ffmpeg.version());
        kinds.add(new SourceKind("files, folders", "PATH or file://...", libraries, List.of()));
        kinds.add(new SourceKind(
                "network streams",
                StreamUrl.FORM,
                libraries.available() ? Availability.yes(String.join(", ", Ffmpeg.networkProtocols())) : libraries,
                List.of()));
        kinds.add(Webcams.kind());
        kinds.add(new SourceKind(
                "virtual (lavfi:)", "lavfi:GRAPH", works(Devices::load, () -> "filter graphs of FFmpeg"), List.of()));
        providers().forEach(provider -> kinds.add(provider.kind()));
        return kinds;
    }

    private static Availability works(Runnable load, Supplier<String> detail) {
        try {
            load.run();
            return Availability.yes(detail.get());
        } catch (CaptureException e) {
            return Availability.no(e.problem(), e.remedy());
        }
    }

    /** A URL without the user, password or token in it. */
    static String redact(String source) {
        return SECRETS.matcher(CREDENTIALS.matcher(source).replaceAll("***@")).replaceAll("$1***");
    }

    static void requireFile(Path path) {
        if (!Files.exists(path)) {
            throw new CaptureException(201, "There is no file or folder " + path, "check the spelling and the folder");
        }
        try {
            if (Files.isRegularFile(path) && Files.size(path) == 0) {
                throw new CaptureException(
                        202, path + " is empty, expected a video or an image", "copy or record the file again");
            }
        } catch (IOException e) {
            throw MediaType.unreadable(path, e);
        }
    }

    private static Path path(String source) {
        try {
            return source.regionMatches(true, 0, "file://", 0, 7)
                    ? Path.of(java.net.URI.create(source))
                    : Path.of(source);
        } catch (IllegalArgumentException | java.nio.file.FileSystemNotFoundException e) {
            throw new CaptureException(201, "'" + redact(source) + "' is not a path or URL", KINDS);
        }
    }
}
