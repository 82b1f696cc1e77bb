package io.derm.capture;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.PixelFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The committed media of src/test/resources/media (made by make_media.py there) and frames drawn here. */
final class TestMedia {
    private TestMedia() {}

    static Path file(String name) {
        try {
            return Path.of(TestMedia.class.getResource("/media/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static List<String[]> rows(String csv) {
        try {
            return Files.readAllLines(file(csv)).stream()
                    .map(line -> line.split(",", -1))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Red, green and blue at a pixel of a BGR24 frame. */
    static int[] rgb(Frame frame, int x, int y) {
        ByteBuffer p = frame.pixels();
        int at = y * frame.stride() + 3 * x;
        return new int[] {p.get(at + 2) & 0xff, p.get(at + 1) & 0xff, p.get(at) & 0xff};
    }

    /**
     * A frame of smooth colours whose middle third is a grey bar of the given level, so that frames can be told apart
     * after lossy coding.
     */
    static Frame drawn(int width, int height, int level) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(width * height * 3);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                boolean bar = 3 * y >= height && 3 * y < 2 * height;
                pixels.put((byte) (bar ? level : 60 + 120 * x / width));
                pixels.put((byte) (bar ? level : 200 - 100 * y / height));
                pixels.put((byte) (bar ? level : 220 - 90 * x / width));
            }
        }
        return Frame.wrap(pixels, width, height, width * 3, PixelFormat.BGR24);
    }

    /** Records {@code count} frames at 25 a second whose bars brighten from 20 in steps of 2. */
    static Path record(Path file, int width, int height, int count, RecorderOptions options) {
        try (VideoRecorder recorder = VideoRecorder.open(file, options)) {
            for (int i = 0; i < count; i++) {
                try (Frame frame = drawn(width, height, 20 + 2 * (i % 100))) {
                    recorder.record(frame, i * 40_000L);
                }
            }
        }
        return file;
    }

    /** Reads to the end and counts. */
    static int count(FrameSource source) throws InterruptedException {
        int n = 0;
        for (Optional<Frame> frame = source.next(); frame.isPresent(); frame = source.next()) {
            frame.get().close();
            n++;
        }
        return n;
    }
}
