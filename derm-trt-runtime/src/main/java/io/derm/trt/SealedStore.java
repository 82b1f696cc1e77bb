package io.derm.trt;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A folder of files that only who can read its key file could have written: each is sealed by HMAC-SHA-256 (RFC 2104). Plans and cubins are
 * native code, so nothing of a file is used before the seal over those very bytes was checked. Thread-safe, and safe between processes.
 *
 * <p>A file is, in big-endian order: {@code DERMSEAL}, int32 format, int32 length of the head, int64 length of the payload; the
 * head: int32 length and UTF-8 of the name, the same of the header, int64 milliseconds since 1970 of its making, int64
 * milliseconds that took; the payload; 32 bytes of HMAC over all before.
 */
final class SealedStore {
    static final String KEY_FILE = "key";

    private static final byte[] MAGIC = "DERMSEAL".getBytes(StandardCharsets.US_ASCII);
    private static final int FORMAT = 1;
    private static final int START_BYTES = MAGIC.length + 4 + 4 + 8;
    private static final int SEAL_BYTES = 32;
    private static final int KEY_BYTES = 32;
    private static final int MAX_HEAD_BYTES = 1 << 16;
    private static final int CHUNK = 1 << 20;
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]*");
    private static final String LOCK_FILE = "store.lock";

    private final Path folder;
    private final Clock clock;
    private final AtomicFile.Steps steps;

    /** What reading gave. */
    sealed interface Found permits Sealed, Nothing, Refused {}

    /**
     * A file as it was written.
     *
     * @param header what it was written for
     * @param created when, by the clock of then
     * @param took how long the payload had taken to make
     * @param payload direct, from 0 to its capacity
     */
    record Sealed(String header, Instant created, Duration took, ByteBuffer payload) implements Found {}

    /** There is no such file. */
    record Nothing() implements Found {}

    /**
     * There is a file that must not be used.
     *
     * @param why what is wrong, naming the file
     */
    record Refused(String why) implements Found {}

    /** A store in a folder, which need not be there yet. */
    SealedStore(Path folder, Clock clock, AtomicFile.Steps steps) {
        this.folder = folder.toAbsolutePath().normalize();
        this.clock = clock;
        this.steps = steps;
    }

    Path folder() {
        return folder;
    }

    /** Reads a file that was written for {@code header}; any other is refused. */
    Found read(String name, String header) {
        Found found = read(name);
        return found instanceof Sealed sealed && !sealed.header.equals(header)
                ? new Refused(folder.resolve(name) + " was made for something else ("
                        + EngineKey.differences(
                                EngineKey.entries(sealed.header).orElseGet(TreeMap::new),
                                EngineKey.entries(header).orElseGet(TreeMap::new))
                        + ")")
                : found;
    }

    /** Reads a file. Never throws for what is on the disk. */
    Found read(String name) {
        Path file = file(name);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return new Nothing();
        }
        try {
            Optional<String> problem = problem(file);
            if (problem.isPresent()) {
                return new Refused(problem.get());
            }
            byte[] key = key();
            try (FileChannel channel =
                    FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
                return unseal(name, channel, key);
            }
        } catch (IOException e) {
            return new Refused(file + " cannot be read: " + reason(e));
        } catch (OutOfMemoryError e) {
            return new Refused(file + " does not fit into direct memory (-XX:MaxDirectMemorySize)");
        }
    }

    private Optional<String> problem(Path file) throws IOException {
        Optional<String> problem = folderProblem();
        if (problem.isPresent()) {
            return problem;
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of(file + " is a link, a folder or something else that is no file");
        }
        problem = Ownership.problem(file, Ownership.OTHERS_WRITE, LinkOption.NOFOLLOW_LINKS);
        return problem.isPresent() ? problem : keyProblem();
    }

    private Optional<String> folderProblem() throws IOException {
        return Ownership.problem(folder, Ownership.OTHERS_WRITE);
    }

    private Optional<String> keyProblem() throws IOException {
        Path key = keyFile();
        if (!Files.exists(key, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of(key + ", which the seals are made with, is missing");
        }
        if (!Files.isRegularFile(key, LinkOption.NOFOLLOW_LINKS) || Files.size(key) != KEY_BYTES) {
            return Optional.of(key + " is no file of " + KEY_BYTES + " bytes");
        }
        return Ownership.problem(key, Ownership.OTHERS, LinkOption.NOFOLLOW_LINKS);
    }

    private Found unseal(String name, FileChannel channel, byte[] key) throws IOException {
        Path file = file(name);
        long size = channel.size();
        ByteBuffer start = ByteBuffer.allocate(START_BYTES);
        if (size < START_BYTES + SEAL_BYTES || !fill(channel, start)) {
            return new Refused(file + " is cut short to " + size + " bytes");
        }
        byte[] magic = new byte[MAGIC.length];
        start.flip().get(magic);
        int format = start.getInt();
        int headBytes = start.getInt();
        long payloadBytes = start.getLong();
        if (!Arrays.equals(magic, MAGIC) || format != FORMAT) {
            return new Refused(file + " is no sealed file of format " + FORMAT);
        }
        if (headBytes < 0
                || headBytes > MAX_HEAD_BYTES
                || payloadBytes != size - START_BYTES - headBytes - SEAL_BYTES
                || payloadBytes < 0
                || payloadBytes > Integer.MAX_VALUE) {
            return new Refused(file + " has " + size + " bytes, other than its head says");
        }
        Mac mac = mac(key);
        mac.update(start.rewind());
        ByteBuffer head = ByteBuffer.allocate(headBytes);
        ByteBuffer payload = ByteBuffer.allocateDirect((int) payloadBytes);
        ByteBuffer seal = ByteBuffer.allocate(SEAL_BYTES);
        if (!fill(channel, head)) {
            return new Refused(file + " is cut short");
        }
        mac.update(head.flip());
        for (int from = 0; from < payloadBytes; from = payload.limit()) {
            payload.limit(from + Math.min(CHUNK, payload.capacity() - from));
            if (!fill(channel, payload)) {
                return new Refused(file + " is cut short");
            }
            // Of the bytes that will be used, not of the file, which somebody may write to meanwhile.
            mac.update(payload.position(from));
        }
        if (!fill(channel, seal)) {
            return new Refused(file + " is cut short");
        }
        if (!MessageDigest.isEqual(mac.doFinal(), seal.array())) {
            return new Refused(file + " has a seal that does not fit: it was altered, or sealed with another "
                    + KEY_FILE + " file");
        }
        head.rewind();
        String sealedAs = text(head);
        String header = text(head);
        if (!sealedAs.equals(name)) {
            return new Refused(file + " was written as " + sealedAs);
        }
        Instant created = Instant.ofEpochMilli(head.getLong());
        return new Sealed(header, created, Duration.ofMillis(head.getLong()), payload.clear());
    }

    /** Whether the channel had as much as the buffer takes. */
    private static boolean fill(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Writes a file, over one that may be there. Makes the folder and the key where they are missing, replaces a key that cannot be
     * trusted, and removes what a killed writer has left.
     *
     * @param header what it is for: lines as {@link EngineKey#text} makes them
     * @param took how long the payload took to make
     * @param payload what remains in it is written, its position stays
     * @throws IOException if it could not be written, in words for a message; an older file is then as it was
     */
    void write(String name, String header, Duration took, ByteBuffer payload) throws IOException {
        Path file = file(name);
        prepare();
        // One writer at a time: whatever temporary file there is now was left by one that died.
        try (FileMutex mutex = FileMutex.acquire(folder.resolve(LOCK_FILE), () -> {})) {
            if (mutex.problem().isPresent()) {
                throw mutex.problem().get();
            }
            AtomicFile.removeLeftovers(folder);
            Mac mac = mac(keyForWriting());
            ByteBuffer head = head(name, header, took);
            ByteBuffer start = ByteBuffer.allocate(START_BYTES)
                    .put(MAGIC)
                    .putInt(FORMAT)
                    .putInt(head.remaining())
                    .putLong(payload.remaining())
                    .flip();
            AtomicFile.write(
                    file,
                    output -> {
                        for (ByteBuffer part : List.of(start, head, payload)) {
                            mac.update(part.duplicate());
                            output.write(part);
                        }
                        output.write(ByteBuffer.wrap(mac.doFinal()));
                    },
                    steps,
                    Ownership.ownerOnlyFile());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted").initCause(e);
        } catch (FileSystemException e) {
            throw new IOException(reason(e), e);
        }
    }

    private ByteBuffer head(String name, String header, Duration took) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        byte[] headerBytes = header.getBytes(StandardCharsets.UTF_8);
        int bytes = 4 + nameBytes.length + 4 + headerBytes.length + 8 + 8;
        if (bytes > MAX_HEAD_BYTES) {
            throw new IllegalArgumentException("A header of " + headerBytes.length + " bytes");
        }
        return ByteBuffer.allocate(bytes)
                .putInt(nameBytes.length)
                .put(nameBytes)
                .putInt(headerBytes.length)
                .put(headerBytes)
                .putLong(clock.millis())
                .putLong(took.toMillis())
                .flip();
    }

    /** Only after the seal was checked, so that the lengths are those that were written. */
    private static String text(ByteBuffer head) {
        byte[] bytes = new byte[head.getInt()];
        head.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /**
     * Makes the folder if it is missing.
     *
     * @throws IOException if it cannot be made or must not be used, in words for a message
     */
    void prepare() throws IOException {
        try {
            Files.createDirectories(folder, Ownership.ownerOnlyFolder());
            Optional<String> problem = folderProblem();
            if (problem.isPresent()) {
                throw new IOException(problem.get());
            }
        } catch (FileSystemException e) {
            throw new IOException(reason(e), e);
        }
    }

    private byte[] keyForWriting() throws IOException {
        if (keyProblem().isPresent()) {
            // What was sealed with the old one is refused from now on, and made anew by whoever wants it.
            byte[] key = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(key);
            AtomicFile.write(keyFile(), output -> output.write(ByteBuffer.wrap(key)), steps, Ownership.ownerOnlyFile());
        }
        return key();
    }

    private byte[] key() throws IOException {
        byte[] key = Files.readAllBytes(keyFile());
        if (key.length != KEY_BYTES) {
            throw new IOException(keyFile() + " is being written to");
        }
        return key;
    }

    /** Names of the files that end so, whether they can be used or not. */
    List<String> names(String end) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(end) && NAME.matcher(name).matches())
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    private Path keyFile() {
        return folder.resolve(KEY_FILE);
    }

    private Path file(String name) {
        if (!NAME.matcher(name).matches() || name.equals(KEY_FILE) || name.equals(LOCK_FILE)) {
            throw new IllegalArgumentException("No name for a sealed file: " + name);
        }
        return folder.resolve(name);
    }

    private static Mac mac(byte[] key) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has HmacSHA256", e);
        }
    }

    /** What the file system says, in words: some exceptions carry a path alone. */
    static String reason(IOException e) {
        if (e instanceof NoSuchFileException missing) {
            return missing.getFile() + " does not exist";
        }
        if (e instanceof FileAlreadyExistsException exists) {
            return exists.getFile() + " is there and is no folder";
        }
        if (e instanceof AccessDeniedException denied) {
            return "no permission for " + denied.getFile();
        }
        return Optional.ofNullable(e.getMessage()).orElse(e.toString());
    }
}
