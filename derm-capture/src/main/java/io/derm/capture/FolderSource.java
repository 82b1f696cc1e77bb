package io.derm.capture;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images of one folder in natural order of their names ({@code img2} before {@code img10}), each decoded when it is
 * asked for. Other files, hidden files and sub-folders are passed over; a file with an image's extension counts as an
 * image even where its content is none, so that a ruined one is not missed. An image that cannot be decoded fails the
 * call that reads it, naming the file, and the call after that goes on with the next; or it is left out with a warning,
 * by {@link CaptureOptions#skipUnreadable()}. Frame number i is shown at i seconds.
 *
 * <p>Confined but for {@link #close()}, which any thread may call.
 */
public final class FolderSource implements FrameSource {
    private static final Logger LOG = LoggerFactory.getLogger(FolderSource.class);

    private final SourceInfo info;
    private final List<Path> files;
    private final boolean skipUnreadable;
    private final StillReader reader;
    private int at;

    private FolderSource(Path folder, List<Path> files, CaptureOptions options) {
        this.files = files;
        this.info = new SourceInfo(folder.toString(), 0, 0, 0, options.skipUnreadable() ? -1 : files.size(), false);
        this.skipUnreadable = options.skipUnreadable();
        this.reader = new StillReader(folder.toString(), options);
    }

    /**
     * Opens a folder.
     *
     * @throws CaptureException if there is no such folder or it has no image in it
     */
    public static FolderSource open(Path folder, CaptureOptions options) {
        if (!Files.isDirectory(folder)) {
            throw new CaptureException(201, "There is no folder " + folder, "check the spelling");
        }
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> files = entries.filter(FolderSource::isImage)
                    .sorted((a, b) -> NaturalOrder.compare(name(a), name(b)))
                    .toList();
            if (files.isEmpty()) {
                throw new CaptureException(
                        208,
                        folder + " has no images in it",
                        "give a folder that holds JPEG, PNG, BMP, GIF, WebP or TIFF files itself, not in sub-folders");
            }
            return new FolderSource(folder, files, options);
        } catch (IOException e) {
            throw MediaType.unreadable(folder, e);
        }
    }

    private static boolean isImage(Path file) {
        return Files.isRegularFile(file)
                && !name(file).startsWith(".")
                && (MediaType.claimsImage(file) || MediaType.of(file).isImage());
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    /** The images in the order of their frames. */
    public List<Path> files() {
        return files;
    }

    @Override
    public SourceInfo info() {
        return info;
    }

    @Override
    public Optional<Frame> next() throws InterruptedException {
        while (true) {
            if (at == files.size()) {
                reader.requireOpen();
                return Optional.empty();
            }
            try {
                Optional<Frame> frame = reader.read(files.get(at));
                at++;
                return frame;
            } catch (CaptureException e) {
                at++;
                if (!skipUnreadable) {
                    throw e;
                }
                LOG.warn("Left out: {}", e.getMessage());
            }
        }
    }

    /** The leases of this source; for tests. */
    FramePool pool() {
        return reader.pool();
    }

    @Override
    public void close() {
        reader.close();
    }
}
