package io.derm.samples;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A file by its content. Immutable.
 *
 * @param name what a person calls it
 * @param sha256 in lower-case hexadecimal, or why there is none
 */
record FileDigest(String name, long bytes, String sha256) {
    /** Reads the file; one that cannot be read is named with the reason, so that the rest of the report is not lost with it. */
    static FileDigest of(String name, Path file) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
        try (InputStream in = Files.newInputStream(file);
                DigestInputStream stream = new DigestInputStream(in, digest)) {
            long bytes = stream.transferTo(OutputStream.nullOutputStream());
            return new FileDigest(name, bytes, HexFormat.of().formatHex(digest.digest()));
        } catch (IOException e) {
            return new FileDigest(name, 0, "cannot be read: " + Outputs.reason(e));
        }
    }
}
