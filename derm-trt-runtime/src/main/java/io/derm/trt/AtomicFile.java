package io.derm.trt;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.UUID;

/**
 * A file that is there as a whole or not at all, whatever happens in between: written beside its place, brought to the disk, then renamed.
 */
final class AtomicFile {
    private static final String TEMP_START = ".derm-";
    private static final String TEMP_END = ".tmp";
    // Bounds what the JDK copies when the buffer is on the heap.
    private static final int CHUNK = 1 << 20;

    private AtomicFile() {}

    /** A place where a kill or a full disk leaves something of its own behind. */
    enum Step {
        CREATED,
        WRITING,
        WRITTEN,
        FORCED,
        RENAMED
    }

    /** Hears of each step; where it throws, the disk is taken to have failed. For tests. */
    interface Steps {
        Steps NONE = (file, step, bytes) -> {};

        /**
         * Called after a step, or before each chunk for {@link Step#WRITING}.
         *
         * @param bytes how many were written so far
         */
        void reached(Path file, Step step, long bytes) throws IOException;
    }

    /** Takes the bytes of a file in their order. */
    interface Output {
        /** Writes what remains of a buffer, whose position stays. */
        void write(ByteBuffer bytes) throws IOException;
    }

    /** What is to be in a file. */
    interface Content {
        void writeTo(Output output) throws IOException;
    }

    /**
     * Writes a file, over one that may be there.
     *
     * @param attributes what it is created with
     * @throws IOException if it could not be written; then nothing is left of it and an older file is as it was
     */
    static void write(Path file, Content content, Steps steps, FileAttribute<?>... attributes) throws IOException {
        Path folder = folder(file);
        Path temp = folder.resolve(TEMP_START + UUID.randomUUID() + TEMP_END);
        try {
            try (FileChannel channel = FileChannel.open(
                    temp, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
                steps.reached(file, Step.CREATED, 0);
                content.writeTo(bytes -> write(channel, bytes, file, steps));
                steps.reached(file, Step.WRITTEN, channel.position());
                channel.force(true);
                steps.reached(file, Step.FORCED, channel.position());
            }
            Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException | RuntimeException | Error e) {
            delete(temp, e);
            throw e;
        }
        steps.reached(file, Step.RENAMED, 0);
        forceFolder(folder);
    }

    private static void write(FileChannel channel, ByteBuffer bytes, Path file, Steps steps) throws IOException {
        for (int from = bytes.position(); from < bytes.limit(); ) {
            ByteBuffer chunk = bytes.duplicate().position(from);
            chunk.limit(from + Math.min(CHUNK, chunk.remaining()));
            steps.reached(file, Step.WRITING, channel.position());
            while (chunk.hasRemaining()) {
                channel.write(chunk);
            }
            from = chunk.limit();
        }
    }

    private static void delete(Path temp, Throwable e) {
        try {
            Files.deleteIfExists(temp);
        } catch (IOException again) {
            e.addSuppressed(again);
        }
    }

    /** Without this the new name may be lost with the power, though not the file's bytes; systems that cannot do it go without. */
    static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // The file is complete and in its place; only how soon the folder reaches the disk is open.
        }
    }

    /** Deletes what kills have left in a folder, as far as that can be done; only where nobody can be writing. */
    static void removeLeftovers(Path folder) {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, TEMP_START + "*" + TEMP_END)) {
            for (Path leftover : leftovers) {
                Files.deleteIfExists(leftover);
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Waste is left, which is no reason not to write; if the folder is out of order, writing will say so.
        }
    }

    static Path folder(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IllegalArgumentException(file + " is no file");
        }
        return folder;
    }
}
