package io.derm.trt;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who may change or read a file, on systems with POSIX permissions; elsewhere nothing is checked. */
final class Ownership {
    /** Bits of a mode: group and others may write. */
    static final int OTHERS_WRITE = 022;
    /** Bits of a mode: group and others may do anything at all. */
    static final int OTHERS = 077;

    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().containsAll(Set.of("posix", "unix"));
    private static final Path STATUS = Path.of("/proc/self/status");

    private Ownership() {}

    /** What a file is created with so that its owner alone may read and write it. */
    static FileAttribute<?>[] ownerOnlyFile() {
        return attributes("rw-------");
    }

    /** What a folder is created with so that its owner alone may use it. */
    static FileAttribute<?>[] ownerOnlyFolder() {
        return attributes("rwx------");
    }

    private static FileAttribute<?>[] attributes(String permissions) {
        return POSIX
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /** Why a file cannot be trusted: it is another user's, or permissions give others one of {@code forbidden}. */
    static Optional<String> problem(Path path, int forbidden, LinkOption... options) throws IOException {
        if (!POSIX) {
            return Optional.empty();
        }
        Map<String, Object> attributes = Files.readAttributes(path, "unix:uid,mode", options);
        Optional<Integer> user = user();
        if (user.isPresent() && !user.get().equals(attributes.get("uid"))) {
            return Optional.of(path + " belongs to user " + attributes.get("uid") + ", not to " + user.get());
        }
        int mode = attributes.get("mode") instanceof Integer bits ? bits & 07777 : OTHERS;
        if ((mode & forbidden) != 0) {
            return Optional.of(path + " has permissions " + Integer.toOctalString(mode) + ", so that others can "
                    + ((mode & forbidden & OTHERS_WRITE) != 0 ? "write" : "use") + " it (chmod go= mends that)");
        }
        return Optional.empty();
    }

    /** The user as whom this process makes files: the fourth number of {@code Uid} in proc(5), empty where there is no such file. */
    private static Optional<Integer> user() throws IOException {
        if (!Files.isReadable(STATUS)) {
            return Optional.empty();
        }
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith("Uid:"))
                .map(line -> Integer.parseUnsignedInt(line.split("\\s+", -1)[4]))
                .findFirst();
    }
}
