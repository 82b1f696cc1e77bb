package io.derm.capture;

import io.derm.api.CaptureException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** What a file is by its first bytes, whatever its name claims. */
enum MediaType {
    JPEG("mjpeg"),
    PNG("png"),
    GIF("gif"),
    BMP("bmp"),
    WEBP("webp"),
    TIFF("tiff"),
    /** ISO media of a still picture. FFmpeg would show one tile of it as if it were the whole. */
    HEIF(""),
    /** Any other ISO media: MP4, MOV, M4V, 3GP. */
    MP4(""),
    TEXT(""),
    /** For FFmpeg to find out. */
    OTHER(""),
    EMPTY("");

    private static final int HEAD = 64;
    private static final Set<String> STILL_BRANDS =
            Set.of("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis");
    private static final Set<String> IMAGE_EXTENSIONS =
            Set.of("jpg", "jpeg", "jpe", "png", "gif", "bmp", "webp", "tif", "tiff", "heic", "heif", "avif");

    private final String decoder;

    MediaType(String decoder) {
        this.decoder = decoder;
    }

    /** FFmpeg's decoder of this kind of image. */
    String decoder() {
        return decoder;
    }

    boolean isImage() {
        return !decoder.isEmpty();
    }

    /** Whether a file name ends like an image's. */
    static boolean claimsImage(Path file) {
        String name = String.valueOf(file.getFileName());
        return IMAGE_EXTENSIONS.contains(
                name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }

    static MediaType of(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer head = ByteBuffer.allocate(HEAD);
            while (head.hasRemaining() && channel.read(head) >= 0) {
                // up to 64 bytes, fewer in a short file
            }
            return of(head.array(), head.position());
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    static CaptureException unreadable(Path file, IOException e) {
        return new CaptureException(
                212, file + " cannot be read: " + reason(e), "check the file's permissions and its disk", e);
    }

    /** Turns a read that an interrupt broke off, which closes its channel, into what it is. */
    static void requireNotInterrupted(CaptureException e) throws InterruptedException {
        if (e.getCause() instanceof ClosedByInterruptException && Thread.interrupted()) {
            InterruptedException interrupted = new InterruptedException("interrupted while it read a file");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    /** Java says of some failures only the file's name. */
    static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        } else if (e instanceof NoSuchFileException) {
            return "no such file or folder";
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static MediaType of(byte[] b, int n) {
        String s = new String(b, 0, n, StandardCharsets.ISO_8859_1);
        if (n == 0) {
            return EMPTY;
        } else if (s.startsWith("\u00ff\u00d8\u00ff")) {
            return JPEG;
        } else if (s.startsWith("\u0089PNG\r\n\u001a\n")) {
            return PNG;
        } else if (s.startsWith("GIF87a") || s.startsWith("GIF89a")) {
            return GIF;
        } else if (s.startsWith("BM") && n >= 26 && b[6] == 0 && b[7] == 0 && b[8] == 0 && b[9] == 0) {
            return BMP;
        } else if (s.startsWith("RIFF") && s.startsWith("WEBP", 8)) {
            return WEBP;
        } else if (s.startsWith("II*\0") || s.startsWith("MM\0*")) {
            return TIFF;
        } else if (s.startsWith("ftyp", 4)) {
            return n >= 12 && STILL_BRANDS.contains(s.substring(8, 12)) ? HEIF : MP4;
        } else if (s.startsWith("moov", 4) || s.startsWith("mdat", 4) || s.startsWith("wide", 4)) {
            return MP4;
        }
        return s.chars().allMatch(c -> (c >= ' ' && c < 127) || c >= 160 || c == '\n' || c == '\r' || c == '\t')
                ? TEXT
                : OTHER;
    }
}
