package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.RuntimeUnavailableException;
import java.io.IOException;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidatedPlanTest {
    private static final Instant BUILT = Instant.parse("2030-01-02T03:04:05Z");
    // FIPS 180-2, appendix B.1.
    private static final String SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir
    Path temp;

    private Path plan;

    @BeforeEach
    void place() {
        plan = temp.resolve("model.plan");
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private String write(String bytes) {
        return PlanFile.write(plan, bytes(bytes), Keys.key(), BUILT, Duration.ofMillis(75_900));
    }

    private static void assertError(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(RuntimeUnavailableException.class)
                .hasMessage(message);
    }

    @Test
    void write_givesThePlanAndNotesThatSayWhatItIs() throws Exception {
        assertThat(write("abc")).isEqualTo(SHA256_OF_ABC);
        assertThat(plan).hasContent("abc");
        Properties notes = new Properties();
        try (Reader reader = Files.newBufferedReader(temp.resolve("model.plan.properties"))) {
            notes.load(reader);
        }
        assertThat(notes)
                .containsAllEntriesOf(Keys.key().entries())
                .containsEntry("plan.sha256", SHA256_OF_ABC)
                .containsEntry("plan.bytes", "3")
                .containsEntry("built.at", "2030-01-02T03:04:05Z")
                .containsEntry("built.seconds", "75")
                .hasSize(Keys.key().entries().size() + 4);
        try (Stream<Path> files = Files.list(temp)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void read_ofTheValidatedPlan_givesItsBytes() throws Exception {
        byte[] large = new byte[(2 << 20) + 77];
        new Random(1).nextBytes(large);
        Files.write(plan, large);
        String sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(large));
        ByteBuffer read = ValidatedPlan.read(plan, sha256.toUpperCase(Locale.ROOT));
        assertThat(read.isDirect()).isTrue();
        assertThat(read.capacity()).isEqualTo(large.length);
        assertThat(read).isEqualTo(ByteBuffer.wrap(large));
    }

    @Test
    void read_ofAnotherPlan_saysWhatWasFoundAndExpected() throws Exception {
        Files.writeString(plan, "abc");
        String expected = "0".repeat(64);
        assertError(
                () -> ValidatedPlan.read(plan, expected),
                "[DERM-365] Plan " + plan + " has SHA-256 " + SHA256_OF_ABC + ", expected " + expected
                        + ". Remedy: Install the plan that was validated; one that was built again must be validated again.");
    }

    @Test
    void read_ofWhatIsNoPlan_saysSo() throws Exception {
        String tail =
                ", expected the validated plan; none is built in its place. Remedy: Give the path of the plan that was validated.";
        assertError(
                () -> ValidatedPlan.read(plan, SHA256_OF_ABC), "[DERM-362] Plan " + plan + " does not exist" + tail);
        assertError(() -> ValidatedPlan.read(temp, SHA256_OF_ABC), "[DERM-362] Plan " + temp + " is a folder" + tail);
        Files.createFile(plan);
        assertError(
                () -> ValidatedPlan.read(plan, SHA256_OF_ABC),
                "[DERM-364] Plan " + plan + " is empty, expected the validated plan. Remedy: Copy the plan again.");
    }

    @Test
    void read_withADigestThatIsNone_saysSo() {
        for (String digest : new String[] {"", "abc", "g".repeat(64), SHA256_OF_ABC + "0"}) {
            assertError(
                    () -> ValidatedPlan.read(plan, digest),
                    "[DERM-366] The digest given for plan " + plan + " is '" + digest
                            + "', expected 64 hexadecimal digits. Remedy: Give the SHA-256 of the plan that was validated, as"
                            + " 'sha256sum' prints it.");
        }
    }

    @Test
    void read_ofAPlanOver2GiB_saysSo() throws Exception {
        try (var channel = Files.newByteChannel(plan, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            // A hole, which takes no room on the disk.
            channel.position(1L << 31).write(bytes("x"));
        }
        assertError(
                () -> ValidatedPlan.read(plan, SHA256_OF_ABC),
                "[DERM-363] Plan " + plan
                        + " cannot be read: it has 2147483649 bytes, more than 2 GiB. Remedy: Check the file, its"
                        + " permissions and the disk.");
    }

    @Test
    void read_heldToWhatIsAtHand_takesItOrSaysWhatDiffers() {
        write("abc");
        Map<String, String> atHand = Map.of("onnx", "aa".repeat(32), "tensorrt", "10.15.1.29", "gpu", "NVIDIA H200");
        assertThat(ValidatedPlan.read(plan, SHA256_OF_ABC, atHand)).isEqualTo(bytes("abc"));
        Map<String, String> other = Map.of("onnx", "aa".repeat(32), "tensorrt", "10.16.0.1", "gpu", "NVIDIA L4");
        assertError(
                () -> ValidatedPlan.read(plan, SHA256_OF_ABC, other),
                "[DERM-368] Plan " + plan
                        + " was built for something else than is at hand: gpu: NVIDIA H200 -> NVIDIA L4, tensorrt:"
                        + " 10.15.1.29 -> 10.16.0.1. Remedy: Install the plan that was validated for this model, TensorRT and GPU.");
    }

    @Test
    void read_withoutNotes_isHeldToTheDigestAlone() throws Exception {
        Files.writeString(plan, "abc");
        assertThat(ValidatedPlan.read(plan, SHA256_OF_ABC, Map.of("gpu", "any")))
                .isEqualTo(bytes("abc"));
    }

    @Test
    void read_withNotesOfAnotherPlanOrDamaged_saysSo() throws Exception {
        write("another");
        String another = Sha256.of("another");
        Files.writeString(plan, "abc");
        assertError(
                () -> ValidatedPlan.read(plan, SHA256_OF_ABC, Map.of()),
                "[DERM-370] Notes " + plan + ".properties are of a plan with SHA-256 " + another + ", expected "
                        + SHA256_OF_ABC
                        + ". Remedy: Copy the notes that were written with the plan, or delete them to go without.");
        Files.writeString(PlanFile.notes(plan), "gpu=\\u00zz");
        assertError(
                () -> ValidatedPlan.read(plan, SHA256_OF_ABC, Map.of()),
                "[DERM-367] Notes " + plan
                        + ".properties cannot be read: it is not in the format of properties. Remedy: Copy them"
                        + " again, or delete them to go without.");
    }

    @Test
    void write_onADiskThatIsFullAnywhere_leavesNoPlanWithNotesOfAnother() throws Exception {
        AtomicInteger reached = new AtomicInteger();
        AtomicInteger full = new AtomicInteger(-1);
        AtomicFile.Steps steps = (file, step, bytes) -> {
            if (step != AtomicFile.Step.RENAMED && reached.getAndIncrement() == full.get()) {
                throw new IOException("No space left on device");
            }
        };
        PlanFile.write(plan, bytes("abc"), Keys.key(), BUILT, Duration.ZERO, steps);
        int count = reached.get();
        // Created, one chunk, written, forced; twice.
        assertThat(count).isEqualTo(8);
        for (int step = 0; step < count; step++) {
            write("older");
            reached.set(0);
            full.set(step);
            assertError(
                    () -> PlanFile.write(plan, bytes("abc"), Keys.key(), BUILT, Duration.ZERO, steps),
                    "[DERM-369] Plan " + plan
                            + " cannot be written: No space left on device. Remedy: Give a file in a folder that can"
                            + " be written to, with 3 bytes free.");
            assertThat(plan).hasContent(step < 4 ? "older" : "abc");
            try (Stream<Path> files = Files.list(temp)) {
                assertThat(files).containsExactly(plan);
            }
        }
    }

    @Test
    void write_whereNothingCanBe_saysSo() throws Exception {
        plan = temp.resolve("missing/model.plan");
        assertError(
                () -> write("abc"),
                "[DERM-369] Plan " + plan + " cannot be written: " + temp.resolve("missing")
                        + " does not exist. Remedy: Give a file in a folder that can be written to, with 3 bytes free.");
        plan = Files.createDirectory(temp.resolve("folder"));
        assertError(
                () -> write("abc"),
                "[DERM-369] Plan " + plan
                        + " cannot be written: it is a folder. Remedy: Give a file in a folder that can be written"
                        + " to, with 3 bytes free.");
    }
}
