package io.derm.samples;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.capture.RecorderOptions;
import io.derm.capture.Sources;
import io.derm.capture.VideoRecorder;
import java.nio.file.Path;

/** The beginning of the bundled clip. */
final class ShortClip {
    private ShortClip() {}

    static void write(Path file, int frames) throws Exception {
        try (DemoClip clip = DemoClip.extract();
                FrameSource source = Sources.open(clip.path().toString());
                VideoRecorder recorder = VideoRecorder.open(
                        file, RecorderOptions.of(source.info().framesPerSecond()))) {
            for (int i = 0; i < frames; i++) {
                try (Frame frame = source.next().orElseThrow()) {
                    recorder.record(frame);
                }
            }
        }
    }
}
