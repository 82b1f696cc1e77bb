package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avformat.av_find_input_format;
import static org.bytedeco.ffmpeg.global.avformat.avio_enum_protocols;
import static org.bytedeco.ffmpeg.global.avutil.AV_LOG_INFO;
import static org.bytedeco.ffmpeg.global.avutil.AV_LOG_QUIET;
import static org.bytedeco.ffmpeg.global.avutil.av_log_set_level;
import static org.bytedeco.ffmpeg.global.avutil.av_strerror;
import static org.bytedeco.ffmpeg.global.avutil.av_version_info;
import static org.bytedeco.ffmpeg.global.avutil.setLogCallback;

import io.derm.api.CaptureException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.ffmpeg.avformat.AVIOInterruptCB;
import org.bytedeco.ffmpeg.avutil.LogCallback;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/** FFmpeg's libraries, loaded once and silent, and what every use of them shares. */
final class Ffmpeg {
    private Ffmpeg() {}

    /**
     * Loads the native libraries on the first call.
     *
     * @throws CaptureException if they cannot be loaded
     */
    static void load() {
        try {
            Loaded.touch();
        } catch (LinkageError e) {
            throw new CaptureException(
                    215,
                    "FFmpeg's native libraries for " + Loader.getPlatform() + " cannot be loaded: " + e.getMessage(),
                    remedy(String.valueOf(e.getMessage())),
                    e);
        }
    }

    static String remedy(String why) {
        return why.contains("GLIBC")
                ? "use a system with the version of glibc that it names or a newer one, such as Debian 12 or Ubuntu 22.04"
                : "put org.bytedeco:ffmpeg and org.bytedeco:javacpp with that platform's classifier on the class path";
    }

    /** Version of the libraries, as FFmpeg numbers its releases. */
    static String version() {
        try (BytePointer text = av_version_info()) {
            return text.getString();
        }
    }

    /** Those of the protocols that cameras and servers speak which this build can read. */
    static List<String> networkProtocols() {
        List<String> known = List.of("rtsp", "rtmp", "srt", "udp", "http", "https");
        List<String> found = new ArrayList<>();
        try (Pointer state = new Pointer()) {
            for (BytePointer name = avio_enum_protocols(state, 0); name != null; name = avio_enum_protocols(state, 0)) {
                if (known.contains(name.getString())) {
                    found.add(name.getString());
                }
            }
        }
        // RTSP is a demuxer of FFmpeg and no protocol of its input layer.
        if (av_find_input_format("rtsp") != null) {
            found.add(0, "rtsp");
        }
        return found;
    }

    /** What FFmpeg says of an error code. */
    static String text(int error) {
        byte[] buffer = new byte[256];
        av_strerror(error, buffer, buffer.length);
        int n = 0;
        while (n < buffer.length && buffer[n] != 0) {
            n++;
        }
        return new String(buffer, 0, n, StandardCharsets.UTF_8);
    }

    /**
     * What FFmpeg logs while {@code work} runs, up to its level "info". Other threads' messages may be among them, and with them
     * passwords: for picking out what is looked for, never for showing.
     */
    static synchronized List<String> messages(Runnable work) {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        try (LogCallback listener = new LogCallback() {
            @Override
            public void call(int level, BytePointer message) {
                lines.add(message.getString());
            }
        }) {
            setLogCallback(listener);
            av_log_set_level(AV_LOG_INFO);
            try {
                work.run();
            } finally {
                av_log_set_level(AV_LOG_QUIET);
                setLogCallback(null);
            }
        }
        return lines;
    }

    /** Where a direct buffer begins, whatever its position. */
    static BytePointer address(ByteBuffer buffer) {
        return new BytePointer(buffer).position(0);
    }

    /** The callback that ends blocked reads and writes; one for all contexts, which differ by their {@link Deadline}. */
    static AVIOInterruptCB.Callback_Pointer interrupt() {
        return Loaded.INTERRUPT;
    }

    private static final class Loaded {
        // JavaCPP frees a callback whose object is collected, so this one is never let go.
        static final Interrupt INTERRUPT = load();

        private static Interrupt load() {
            Loader.load(org.bytedeco.ffmpeg.global.avutil.class);
            Loader.load(org.bytedeco.ffmpeg.global.avcodec.class);
            Loader.load(org.bytedeco.ffmpeg.global.avformat.class);
            Loader.load(org.bytedeco.ffmpeg.global.swscale.class);
            av_log_set_level(AV_LOG_QUIET);
            return new Interrupt();
        }

        static void touch() {
            if (INTERRUPT.isNull()) {
                throw new UnsatisfiedLinkError("no callback could be made");
            }
        }
    }

    private static final class Interrupt extends AVIOInterruptCB.Callback_Pointer {
        @Override
        public int call(Pointer opaque) {
            return Deadline.passed(new LongPointer(opaque)) ? 1 : 0;
        }
    }

    /** When blocked input or output has to give up: at a point in time, or at once. Safe to cancel from any thread. */
    static final class Deadline implements AutoCloseable {
        private final LongPointer cells = new LongPointer(2);
        private volatile boolean cancelled;

        Deadline() {
            cells.put(0, 0).put(1, 0);
        }

        Pointer opaque() {
            return cells;
        }

        /** Gives blocked calls {@code millis} from now, or for ever when 0. */
        void arm(int millis) {
            cells.put(1, millis == 0 ? 0 : (System.nanoTime() + millis * 1_000_000L) | 1);
        }

        /** Makes blocked calls, and all later ones, give up. The memory must not be freed yet. */
        void cancel() {
            cancelled = true;
            cells.put(0, 1);
        }

        boolean cancelled() {
            return cancelled;
        }

        /** Whether the time is up. */
        boolean expired() {
            return passed(cells);
        }

        static boolean passed(LongPointer cells) {
            long until = cells.get(1);
            return cells.get(0) != 0 || (until != 0 && System.nanoTime() - until > 0);
        }

        @Override
        public void close() {
            cells.close();
        }
    }
}
