package io.derm.samples;

import io.derm.api.CaptureException;
import io.derm.api.DermException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Folders and files that commands write. */
final class Outputs {
    private Outputs() {}

    /** Makes the folder and proves that it can be written to. */
    static Path folder(Path dir) {
        try {
            Files.createDirectories(dir);
            Path probe = Files.createTempFile(dir, ".derm", ".tmp");
            Files.delete(probe);
            return dir;
        } catch (IOException e) {
            throw new CaptureException(
                    250,
                    "Output folder " + dir + " cannot be written to: " + reason(e),
                    "Choose another folder with --out, or mend its permissions.",
                    e);
        }
    }

    /** Writes a whole file or none of it. */
    static void write(Path file, String text) {
        Path temp = file.resolveSibling("." + file.getFileName() + ".tmp");
        try {
            Files.write(temp, text.getBytes(StandardCharsets.UTF_8));
            Files.move(temp, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            DermException failure = failed(file, e);
            try {
                Files.deleteIfExists(temp);
            } catch (IOException again) {
                failure.addSuppressed(again);
            }
            throw failure;
        }
    }

    static DermException failed(Path file, IOException e) {
        return new CaptureException(
                251, file + " cannot be written: " + reason(e), "Make room on the disk or choose another --out.", e);
    }

    /** What an I/O failure says, in words where the exception only names a file. */
    static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file or folder: " + e.getMessage();
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied: " + e.getMessage();
        }
        if (e instanceof FileAlreadyExistsException) {
            return "a file is in the way: " + e.getMessage();
        }
        return String.valueOf(e.getMessage());
    }
}
