package io.derm.bench.peers;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.models.DemoModels;
import io.derm.samples.DemoClip;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What all peers work on, as files: both models and the decoded frames.
 *
 * @param folder of its own, gone after {@link #close()}
 */
record Material(Path folder, int width, int height, int frames) implements AutoCloseable {
    /** Frames of the bundled clip, evenly spread from its first on. */
    static Material write(int frames, int step) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("derm-peers");
        Files.write(folder.resolve("detector.onnx"), DemoModels.detector().bytes());
        Files.write(folder.resolve("classifier.onnx"), DemoModels.classifier().bytes());
        try (DemoClip clip = DemoClip.extract();
                FrameSource source = Sources.open(clip.path().toString(), CaptureOptions.defaults());
                FileChannel out = FileChannel.open(
                        folder.resolve("frames.bgr"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            int width = source.info().width();
            int height = source.info().height();
            int written = 0;
            Optional<Frame> next = source.next();
            for (int i = 0; next.isPresent(); i++, next = source.next()) {
                try (Frame frame = next.get()) {
                    if (i % step == 0 && written < frames) {
                        for (int y = 0; y < height; y++) {
                            ByteBuffer row = frame.pixels().slice(y * frame.stride(), 3 * width);
                            while (row.hasRemaining()) {
                                out.write(row);
                            }
                        }
                        written++;
                    }
                }
                if (written == frames) {
                    break;
                }
            }
            if (written < frames) {
                throw new IllegalArgumentException("The clip has " + written + " frames " + step + " apart, expected "
                        + frames + ": lower --frames or --step");
            }
            return new Material(folder, width, height, frames);
        }
    }

    Path detector() {
        return folder.resolve("detector.onnx");
    }

    Path classifier() {
        return folder.resolve("classifier.onnx");
    }

    List<Picture> pictures() throws IOException {
        int bytes = Picture.bytes(width, height);
        List<Picture> pictures = new ArrayList<>();
        try (FileChannel in = FileChannel.open(folder.resolve("frames.bgr"), StandardOpenOption.READ)) {
            for (int i = 0; i < frames; i++) {
                ByteBuffer pixels = ByteBuffer.allocateDirect(bytes);
                while (pixels.hasRemaining() && in.read(pixels, (long) i * bytes + pixels.position()) >= 0) {}
                pictures.add(new Picture(pixels.flip(), width, height));
            }
        }
        return pictures;
    }

    @Override
    public void close() throws IOException {
        for (String name : List.of("detector.onnx", "classifier.onnx", "frames.bgr")) {
            Files.deleteIfExists(folder.resolve(name));
        }
        Files.deleteIfExists(folder);
    }
}
