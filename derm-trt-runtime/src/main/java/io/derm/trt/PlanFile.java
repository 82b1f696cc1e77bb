package io.derm.trt;

import io.derm.api.RuntimeUnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A plan as a file of its own, to be validated and shipped, with notes beside it: {@code PLAN.properties}, in the format of
 * {@link java.util.Properties}, with the entries of its {@link EngineKey}, the plan's digest and when and how fast it was built.
 * The notes are not sealed; what a plan is, its digest says.
 */
final class PlanFile {
    /** SHA-256 of the plan. */
    static final String SHA256 = "plan.sha256";

    private PlanFile() {}

    /** Where the notes of a plan are. */
    static Path notes(Path plan) {
        return plan.resolveSibling(plan.getFileName() + ".properties");
    }

    /**
     * Writes a plan and its notes, over those that may be there.
     *
     * @param bytes what remains in it is the plan
     * @return SHA-256 of the plan, by which {@link ValidatedPlan} takes it
     * @throws RuntimeUnavailableException DERM-369
     */
    static String write(Path plan, ByteBuffer bytes, EngineKey key, Instant built, Duration took) {
        return write(plan, bytes, key, built, took, AtomicFile.Steps.NONE);
    }

    static String write(
            Path plan, ByteBuffer bytes, EngineKey key, Instant built, Duration took, AtomicFile.Steps steps) {
        String sha256 = Sha256.of(bytes);
        Map<String, String> notes = new LinkedHashMap<>(key.entries());
        notes.put(SHA256, sha256);
        notes.put("plan.bytes", Integer.toString(bytes.remaining()));
        notes.put("built.at", built.toString());
        notes.put("built.seconds", Long.toString(took.toSeconds()));
        ByteBuffer text = ByteBuffer.wrap(EngineKey.text(notes).getBytes(StandardCharsets.UTF_8));
        try {
            if (Files.isDirectory(plan)) {
                throw new IOException("it is a folder");
            }
            if (!Files.isDirectory(AtomicFile.folder(plan))) {
                throw new NoSuchFileException(AtomicFile.folder(plan).toString());
            }
            // Never a plan beside the notes of another: a kill in between leaves one without notes.
            Files.deleteIfExists(notes(plan));
            AtomicFile.write(plan, output -> output.write(bytes), steps);
            AtomicFile.write(notes(plan), output -> output.write(text), steps);
        } catch (IOException e) {
            throw new RuntimeUnavailableException(
                    369,
                    "Plan " + plan + " cannot be written: " + SealedStore.reason(e),
                    "Give a file in a folder that can be written to, with " + bytes.remaining() + " bytes free.",
                    e);
        }
        return sha256;
    }

    /** The notes of a plan; empty if it has none. */
    static Optional<Map<String, String>> readNotes(Path plan) throws IOException {
        Path file = notes(plan);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        String text = Files.readString(file);
        return Optional.of(
                EngineKey.entries(text).orElseThrow(() -> new IOException("it is not in the format of properties")));
    }
}
