package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avdevice.avdevice_register_all;

import io.derm.api.CaptureException;
import org.bytedeco.javacpp.Loader;

/** FFmpeg's device library, which unlike the others wants libraries of the system. */
final class Devices {
    private Devices() {}

    /** @throws CaptureException if the library cannot be loaded */
    static void load() {
        Ffmpeg.load();
        try {
            Loader.load(org.bytedeco.ffmpeg.global.avdevice.class);
            avdevice_register_all();
        } catch (LinkageError e) {
            throw new CaptureException(
                    214,
                    "FFmpeg's device library cannot be loaded: " + e.getMessage(),
                    "install the system library that it names (on Debian: apt install libpulse0)",
                    e);
        }
    }
}
