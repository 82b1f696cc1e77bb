package io.derm.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the outermost layer of a video file tells of its completeness; FFmpeg takes a cut for an end in most. */
final class Containers {
    private static final int HEAD = 64;
    private static final int MOOV = 0x6d6f6f76;
    private static final int MDAT = 0x6d646174;
    private static final int RIFF = 0x52494646;
    private static final int EBML = 0x1a45dfa3;
    private static final int SEGMENT = 0x18538067;

    private Containers() {}

    /** Whether an MP4 has the box that tells where its pictures are. */
    static boolean hasMovieBox(Path file) {
        return walkBoxes(file).movie;
    }

    /** The first bytes of a file, for {@link #repair}. */
    static ByteBuffer head(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer head = ByteBuffer.allocate(HEAD);
            while (head.hasRemaining() && channel.read(head) >= 0) {
                // up to 64 bytes
            }
            return head.flip();
        }
    }

    /**
     * Makes a fragmented MP4 whose last write has failed end with its last whole fragment.
     *
     * @param head what it began with while it was fragmented, empty if that has not changed since
     */
    static void repair(Path file, ByteBuffer head) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(head, 0);
        }
        long playable = walkBoxes(file).playable;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(playable);
        }
    }

    /** Whether the file is shorter than its outermost parts say: MP4 and MOV, AVI, Matroska and WebM. */
    static boolean cutShort(Path file) {
        try {
            ByteBuffer head = head(file);
            if (head.limit() < 24) {
                return false;
            }
            int magic = head.getInt(0);
            if (magic == RIFF) {
                return (head.order(ByteOrder.LITTLE_ENDIAN).getInt(4) & 0xffffffffL) + 8 > Files.size(file);
            } else if (magic == EBML) {
                return matroskaCut(head, Files.size(file));
            }
        } catch (IOException e) {
            throw MediaType.unreadable(file, e);
        }
        return MediaType.of(file) == MediaType.MP4 && walkBoxes(file).cut;
    }

    private static boolean matroskaCut(ByteBuffer head, long fileSize) {
        long headerSize = size(head.position(4));
        long segment = head.position() + headerSize;
        if (headerSize < 0 || segment + 12 > head.limit() || head.getInt((int) segment) != SEGMENT) {
            return false;
        }
        long length = size(head.position((int) segment + 4));
        return length >= 0 && head.position() + length > fileSize;
    }

    /** An EBML variable-length size (RFC 8794, section 4); -1 for "not known". */
    private static long size(ByteBuffer at) {
        int first = at.get() & 0xff;
        int more = Integer.numberOfLeadingZeros(first) - 24;
        long value = first & (0xff >> (more + 1));
        boolean ones = value == 0xff >> (more + 1);
        for (int i = 0; i < more; i++) {
            int next = at.get() & 0xff;
            ones &= next == 0xff;
            value = value << 8 | next;
        }
        return ones ? -1 : value;
    }

    /**
     * @param movie whether there is a whole moov box
     * @param cut whether the last box reaches over the end of the file
     * @param playable bytes up to the end of the last whole moov or mdat box
     */
    private record Boxes(boolean movie, boolean cut, long playable) {}

    private static Boxes walkBoxes(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer head = ByteBuffer.allocate(16);
            long end = channel.size();
            long at = 0;
            boolean movie = false;
            long playable = 0;
            while (at < end) {
                int got = channel.read(head.clear(), at);
                if (got < 8) {
                    return new Boxes(movie, true, playable);
                }
                long size = head.getInt(0) & 0xffffffffL;
                if (size == 1 && got == 16) {
                    size = head.getLong(8);
                }
                boolean toTheEnd = size == 0;
                boolean whole = toTheEnd || (size >= 8 && size <= end - at);
                movie |= whole && head.getInt(4) == MOOV;
                if (!whole) {
                    return new Boxes(movie, true, playable);
                }
                at = toTheEnd ? end : at + size;
                if (head.getInt(4) == MOOV || head.getInt(4) == MDAT) {
                    playable = at;
                }
            }
            return new Boxes(movie, false, playable);
        } catch (IOException e) {
            throw MediaType.unreadable(file, e);
        }
    }
}
