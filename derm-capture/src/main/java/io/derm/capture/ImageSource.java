package io.derm.capture;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One image as a source of one frame: JPEG, PNG, BMP, GIF (its first picture), WebP or TIFF, in the orientation that its
 * EXIF data asks for. Transparent parts are laid over white, deeper samples are reduced to 8 bits, colour profiles are
 * not applied.
 *
 * <p>Confined but for {@link #close()}, which any thread may call.
 */
public final class ImageSource implements FrameSource {
    private final SourceInfo info;
    private final StillReader reader;
    private boolean ended;

    private ImageSource(SourceInfo info, StillReader reader) {
        this.info = info;
        this.reader = reader;
    }

    /**
     * Opens and decodes an image.
     *
     * @throws CaptureException if it is missing, empty, damaged, of more than 200 megapixels or of a kind that is not
     *     supported
     */
    public static ImageSource open(Path file, CaptureOptions options) {
        StillReader reader = new StillReader(file.toString(), options);
        try {
            ImageDecoder.Still still = reader.decode(file);
            return new ImageSource(new SourceInfo(file.toString(), still.width(), still.height(), 0, 1, false), reader);
        } catch (RuntimeException | Error e) {
            reader.close();
            throw e;
        }
    }

    @Override
    public SourceInfo info() {
        return info;
    }

    @Override
    public Optional<Frame> next() throws InterruptedException {
        if (ended) {
            reader.requireOpen();
            return Optional.empty();
        }
        Optional<Frame> frame = reader.read(Path.of(info.name()));
        ended = true;
        return frame;
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
