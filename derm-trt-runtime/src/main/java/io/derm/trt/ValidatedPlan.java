package io.derm.trt;

import io.derm.api.RuntimeUnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Exactly the plan that was validated, by its SHA-256, and never another: nothing is built. For devices in the field, since a
 * rebuild is not bit-identical even from the same timing cache (TensorRT #4798).
 */
final class ValidatedPlan {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");
    private static final int CHUNK = 1 << 20;

    private ValidatedPlan() {}

    /**
     * Reads a plan.
     *
     * @param sha256 64 hexadecimal digits
     * @return direct, from 0 to its capacity; these very bytes have the digest
     * @throws RuntimeUnavailableException DERM-362 to DERM-366
     */
    static ByteBuffer read(Path plan, String sha256) {
        if (!SHA256.matcher(sha256).matches()) {
            throw new RuntimeUnavailableException(
                    366,
                    "The digest given for plan " + plan + " is '" + sha256 + "', expected 64 hexadecimal digits",
                    "Give the SHA-256 of the plan that was validated, as 'sha256sum' prints it.");
        }
        if (!Files.isRegularFile(plan)) {
            String what =
                    Files.isDirectory(plan) ? " is a folder" : Files.exists(plan) ? " is no file" : " does not exist";
            throw new RuntimeUnavailableException(
                    362,
                    "Plan " + plan + what + ", expected the validated plan; none is built in its place",
                    "Give the path of the plan that was validated.");
        }
        MessageDigest digest = Sha256.digest();
        ByteBuffer bytes;
        try (FileChannel channel = FileChannel.open(plan)) {
            bytes = read(channel, digest);
        } catch (IOException e) {
            throw unreadable(plan, SealedStore.reason(e), e);
        } catch (OutOfMemoryError e) {
            throw unreadable(plan, "it does not fit into direct memory (-XX:MaxDirectMemorySize)", e);
        }
        if (bytes.capacity() == 0) {
            throw new RuntimeUnavailableException(
                    364, "Plan " + plan + " is empty, expected the validated plan", "Copy the plan again.");
        }
        String found = Sha256.hex(digest);
        if (!found.equals(sha256.toLowerCase(Locale.ROOT))) {
            throw new RuntimeUnavailableException(
                    365,
                    "Plan " + plan + " has SHA-256 " + found + ", expected " + sha256.toLowerCase(Locale.ROOT),
                    "Install the plan that was validated; one that was built again must be validated again.");
        }
        return bytes;
    }

    /**
     * Reads a plan, and holds its notes, where they are there, to what is at hand: TensorRT refuses a plan of another machine
     * without saying much.
     *
     * @param expected values that must stand in the notes, by the names of {@link EngineKey}, e.g. the digest of the model and
     *     the version of TensorRT
     * @throws RuntimeUnavailableException DERM-362 to DERM-370
     */
    static ByteBuffer read(Path plan, String sha256, Map<String, String> expected) {
        ByteBuffer bytes = read(plan, sha256);
        Optional<Map<String, String>> notes;
        try {
            notes = PlanFile.readNotes(plan);
        } catch (IOException e) {
            throw new RuntimeUnavailableException(
                    367,
                    "Notes " + PlanFile.notes(plan) + " cannot be read: " + SealedStore.reason(e),
                    "Copy them again, or delete them to go without.",
                    e);
        }
        if (notes.isPresent()) {
            check(plan, sha256.toLowerCase(Locale.ROOT), notes.get(), expected);
        }
        return bytes;
    }

    private static void check(Path plan, String sha256, Map<String, String> notes, Map<String, String> expected) {
        String noted = notes.getOrDefault(PlanFile.SHA256, "none");
        if (!noted.equals(sha256)) {
            throw new RuntimeUnavailableException(
                    370,
                    "Notes " + PlanFile.notes(plan) + " are of a plan with SHA-256 " + noted + ", expected " + sha256,
                    "Copy the notes that were written with the plan, or delete them to go without.");
        }
        Map<String, String> found = new TreeMap<>(notes);
        found.keySet().retainAll(expected.keySet());
        String differences = EngineKey.differences(found, expected);
        if (!differences.isEmpty()) {
            throw new RuntimeUnavailableException(
                    368,
                    "Plan " + plan + " was built for something else than is at hand: " + differences,
                    "Install the plan that was validated for this model, TensorRT and GPU.");
        }
    }

    private static RuntimeUnavailableException unreadable(Path plan, String why, Throwable e) {
        return new RuntimeUnavailableException(
                363, "Plan " + plan + " cannot be read: " + why, "Check the file, its permissions and the disk.", e);
    }

    private static ByteBuffer read(FileChannel channel, MessageDigest digest) throws IOException {
        long size = channel.size();
        if (size > Integer.MAX_VALUE) {
            throw new IOException("it has " + size + " bytes, more than 2 GiB");
        }
        ByteBuffer bytes = ByteBuffer.allocateDirect((int) size);
        for (int from = 0; from < size; from = bytes.limit()) {
            bytes.limit(from + Math.min(CHUNK, bytes.capacity() - from));
            while (bytes.hasRemaining()) {
                if (channel.read(bytes) < 0) {
                    throw new IOException("it was cut short while it was read");
                }
            }
            // Of the bytes that will be used, not of the file, which somebody may write to meanwhile.
            digest.update(bytes.position(from));
        }
        return bytes.clear();
    }
}
