package io.derm.samples;

import io.derm.api.CaptureException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The bundled phantom clip as a file for as long as it is open. */
public record DemoClip(Path path) implements AutoCloseable {
    /** Unpacks the clip.
     *
     * @throws CaptureException if there is no room for it
     */
    public static DemoClip extract() {
        try (InputStream in = DemoClip.class.getResourceAsStream("phantom-clip.mp4")) {
            if (in == null) {
                throw new CaptureException(
                        252, "The bundled clip is not in the jar", "Name a SOURCE, or build derm anew.");
            }
            Path file = Files.createTempFile("derm-phantom-clip", ".mp4");
            // Ctrl-C ends the process before it is closed.
            file.toFile().deleteOnExit();
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
            return new DemoClip(file);
        } catch (IOException e) {
            throw new CaptureException(
                    253,
                    "The bundled clip cannot be unpacked: " + Outputs.reason(e),
                    "Make room in the folder for temporary files.",
                    e);
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // At exit it is tried again.
        }
    }
}
