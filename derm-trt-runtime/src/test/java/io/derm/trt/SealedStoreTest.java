package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SealedStoreTest {
    private static final Instant NOW = Instant.parse("2030-01-02T03:04:05.678Z");
    private static final Duration TOOK = Duration.ofMillis(61_234);
    private static final String HEADER = "gpu=A\n";

    @TempDir
    Path temp;

    private Path folder;
    private SealedStore store;

    @BeforeEach
    void makeStore() {
        folder = temp.resolve("a/engines");
        store = store(AtomicFile.Steps.NONE);
    }

    private SealedStore store(AtomicFile.Steps steps) {
        return new SealedStore(folder, Clock.fixed(NOW, ZoneOffset.UTC), steps);
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    private void write(byte[] payload) throws IOException {
        store.write("x.plan", HEADER, TOOK, ByteBuffer.wrap(payload));
    }

    private SealedStore.Sealed sealed(SealedStore.Found found) {
        assertThat(found).isInstanceOf(SealedStore.Sealed.class);
        return (SealedStore.Sealed) found;
    }

    private static byte[] payload(SealedStore.Sealed sealed) {
        byte[] bytes = new byte[sealed.payload().remaining()];
        sealed.payload().duplicate().get(bytes);
        return bytes;
    }

    private static String refusal(SealedStore.Found found) {
        assertThat(found).isInstanceOf(SealedStore.Refused.class);
        return ((SealedStore.Refused) found).why();
    }

    private List<Path> temporary() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".tmp")).toList();
        }
    }

    /** RFC 2104, from its definition. */
    private static byte[] hmac(byte[] key, byte[] message) throws Exception {
        byte[] inner = new byte[64];
        byte[] outer = new byte[64];
        Arrays.fill(inner, (byte) 0x36);
        Arrays.fill(outer, (byte) 0x5c);
        for (int i = 0; i < key.length; i++) {
            inner[i] ^= key[i];
            outer[i] ^= key[i];
        }
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        sha256.update(inner);
        byte[] hash = sha256.digest(message);
        sha256.update(outer);
        return sha256.digest(hash);
    }

    private static byte[] file(String name, String header, byte[] payload) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(head);
        out.writeInt(name.length());
        out.writeBytes(name);
        out.writeInt(header.length());
        out.writeBytes(header);
        out.writeLong(NOW.toEpochMilli());
        out.writeLong(61_234);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        out = new DataOutputStream(bytes);
        out.writeBytes("DERMSEAL");
        out.writeInt(1);
        out.writeInt(head.size());
        out.writeLong(payload.length);
        head.writeTo(out);
        out.write(payload);
        return bytes.toByteArray();
    }

    private static byte[] join(byte[] a, byte[] b) {
        byte[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }

    @Test
    void write_hasTheDocumentedFormatAndSeal() throws Exception {
        byte[] payload = bytes(100);
        write(payload);
        byte[] key = Files.readAllBytes(folder.resolve("key"));
        byte[] expected = file("x.plan", HEADER, payload);
        assertThat(key).hasSize(32);
        assertThat(Files.readAllBytes(folder.resolve("x.plan"))).isEqualTo(join(expected, hmac(key, expected)));
    }

    @Test
    void read_ofWhatWasWritten_isTheSame() throws Exception {
        for (int size : new int[] {0, 1, 1 << 20, (3 << 20) + 5}) {
            byte[] payload = bytes(size);
            ByteBuffer direct = ByteBuffer.allocateDirect(size + 7).position(3);
            direct.put(payload).position(3).limit(3 + size);
            store.write("x.plan", HEADER, TOOK, direct);
            SealedStore.Sealed sealed = sealed(store.read("x.plan", HEADER));
            assertThat(direct.position()).isEqualTo(3);
            assertThat(payload(sealed)).isEqualTo(payload);
            assertThat(sealed.payload().isDirect()).isTrue();
            assertThat(sealed.payload().capacity()).isEqualTo(size);
            assertThat(sealed.header()).isEqualTo(HEADER);
            assertThat(sealed.created()).isEqualTo(NOW);
            assertThat(sealed.took()).isEqualTo(TOOK);
        }
    }

    @Test
    void read_ofWhatIsNotThere_isNothing() throws Exception {
        assertThat(store.read("x.plan", HEADER)).isEqualTo(new SealedStore.Nothing());
        assertThat(folder).doesNotExist();
        write(bytes(5));
        assertThat(store.read("y.plan", HEADER)).isEqualTo(new SealedStore.Nothing());
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void write_makesFolderAndFilesForTheOwnerAlone() throws Exception {
        write(bytes(5));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                .isEqualTo("rwx------");
        for (String name : List.of("key", "x.plan", "store.lock")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name))))
                    .as(name)
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void read_ofAnyBitFlipped_isRefused() throws Exception {
        write(bytes(16));
        Path file = folder.resolve("x.plan");
        byte[] good = Files.readAllBytes(file);
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, bad);
            assertThat(store.read("x.plan", HEADER)).as("bit %d", bit).isInstanceOf(SealedStore.Refused.class);
        }
        Files.write(file, good);
        sealed(store.read("x.plan", HEADER));
    }

    @Test
    void read_ofAnyLengthButItsOwn_isRefused() throws Exception {
        write(bytes(16));
        Path file = folder.resolve("x.plan");
        byte[] good = Files.readAllBytes(file);
        for (int length = 0; length <= good.length + 40; length++) {
            if (length != good.length) {
                Files.write(file, Arrays.copyOf(good, length));
                assertThat(store.read("x.plan", HEADER))
                        .as("length %d", length)
                        .isInstanceOf(SealedStore.Refused.class);
            }
        }
    }

    @Test
    void read_ofALargeFileWithARandomBitFlipped_isRefused() throws Exception {
        write(bytes((2 << 20) + 12345));
        Path file = folder.resolve("x.plan");
        Random random = new Random(7);
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            for (int i = 0; i < 30; i++) {
                long at = random.nextInt((int) access.length());
                access.seek(at);
                int value = access.read();
                access.seek(at);
                access.write(value ^ 1 << random.nextInt(8));
                assertThat(store.read("x.plan", HEADER)).as("byte %d", at).isInstanceOf(SealedStore.Refused.class);
                access.seek(at);
                access.write(value);
            }
        }
        sealed(store.read("x.plan", HEADER));
    }

    @Test
    void read_ofAForgeryWithAPlainHashOrAnotherKey_isRefused() throws Exception {
        write(bytes(16));
        Path file = folder.resolve("x.plan");
        byte[] forged = file("x.plan", "gpu=B\n", bytes(17));
        for (byte[] seal : List.of(
                MessageDigest.getInstance("SHA-256").digest(forged),
                hmac(new byte[32], forged),
                hmac(bytes(32), forged))) {
            Files.write(file, join(forged, seal));
            assertThat(refusal(store.read("x.plan", "gpu=B\n")))
                    .isEqualTo(file + " has a seal that does not fit: it was altered, or sealed with another key file");
        }
        Files.write(file, join(forged, hmac(Files.readAllBytes(folder.resolve("key")), forged)));
        assertThat(payload(sealed(store.read("x.plan", "gpu=B\n")))).isEqualTo(bytes(17));
    }

    @Test
    void read_ofAFormatOfTheFuture_isRefusedThoughTheSealFits() throws Exception {
        write(bytes(16));
        byte[] future = file("x.plan", HEADER, bytes(16));
        future[11] = 2;
        Path file = folder.resolve("x.plan");
        Files.write(file, join(future, hmac(Files.readAllBytes(folder.resolve("key")), future)));
        assertThat(refusal(store.read("x.plan", HEADER))).isEqualTo(file + " is no sealed file of format 1");
    }

    @Test
    void read_underAnotherNameOrForAnotherKey_saysSo() throws Exception {
        write(bytes(16));
        Files.copy(folder.resolve("x.plan"), folder.resolve("y.plan"));
        assertThat(refusal(store.read("y.plan", HEADER)))
                .isEqualTo(folder.resolve("y.plan") + " was written as x.plan");
        assertThat(refusal(store.read("x.plan", "gpu=B\n")))
                .isEqualTo(folder.resolve("x.plan") + " was made for something else (gpu: A -> B)");
    }

    @Test
    void key_missingOrShortOrTooOpen_refusesAndIsReplacedByTheNextWrite() throws Exception {
        Path key = folder.resolve("key");
        write(bytes(16));
        byte[] first = Files.readAllBytes(key);

        Files.delete(key);
        assertThat(refusal(store.read("x.plan", HEADER))).endsWith("key, which the seals are made with, is missing");
        write(bytes(16));
        sealed(store.read("x.plan", HEADER));
        assertThat(Files.readAllBytes(key)).hasSize(32).isNotEqualTo(first);

        Files.write(key, new byte[31]);
        assertThat(refusal(store.read("x.plan", HEADER))).endsWith("key is no file of 32 bytes");
        write(bytes(16));
        sealed(store.read("x.plan", HEADER));
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void key_thatOthersCanRead_isRefusedAndReplaced() throws Exception {
        Path key = folder.resolve("key");
        write(bytes(16));
        byte[] first = Files.readAllBytes(key);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
        assertThat(refusal(store.read("x.plan", HEADER)))
                .isEqualTo(key + " has permissions 640, so that others can use it (chmod go= mends that)");
        write(bytes(16));
        assertThat(Files.readAllBytes(key)).isNotEqualTo(first);
        sealed(store.read("x.plan", HEADER));
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void links_areNeverFollowed() throws Exception {
        write(bytes(16));
        Path file = folder.resolve("x.plan");
        Path elsewhere = temp.resolve("elsewhere");
        Files.move(file, elsewhere);
        Files.createSymbolicLink(file, elsewhere);
        assertThat(refusal(store.read("x.plan", HEADER)))
                .isEqualTo(file + " is a link, a folder or something else that is no file");
        byte[] before = Files.readAllBytes(elsewhere);
        write(bytes(17));
        assertThat(Files.readAllBytes(elsewhere)).isEqualTo(before);
        assertThat(Files.isSymbolicLink(file)).isFalse();
        sealed(store.read("x.plan", HEADER));

        Path key = folder.resolve("key");
        Path keyElsewhere = temp.resolve("key");
        Files.move(key, keyElsewhere);
        Files.createSymbolicLink(key, keyElsewhere);
        assertThat(refusal(store.read("x.plan", HEADER))).endsWith("key is no file of 32 bytes");
        write(bytes(17));
        assertThat(Files.isSymbolicLink(key)).isFalse();

        Path lock = folder.resolve("store.lock");
        Files.delete(lock);
        Files.createSymbolicLink(lock, temp.resolve("made-by-following"));
        assertThatThrownBy(() -> write(bytes(18))).isInstanceOf(IOException.class);
        assertThat(temp.resolve("made-by-following")).doesNotExist();
        assertThat(payload(sealed(store.read("x.plan", HEADER)))).isEqualTo(bytes(17));
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void folderOrFile_thatOthersCanWrite_isNotUsed() throws Exception {
        write(bytes(16));
        Path file = folder.resolve("x.plan");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
        assertThat(refusal(store.read("x.plan", HEADER)))
                .isEqualTo(file + " has permissions 660, so that others can write it (chmod go= mends that)");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));

        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        String why = folder + " has permissions 777, so that others can write it (chmod go= mends that)";
        assertThat(refusal(store.read("x.plan", HEADER))).isEqualTo(why);
        assertThatThrownBy(() -> write(bytes(17)))
                .isInstanceOf(IOException.class)
                .hasMessage(why);

        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(payload(sealed(store.read("x.plan", HEADER)))).isEqualTo(bytes(16));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void folderOrFile_ofAnotherUser_isNotUsed() throws Exception {
        write(bytes(16));
        Path file = folder.resolve("x.plan");
        int user = (Integer) Files.getAttribute(file, "unix:uid");
        assumeTrue(user == 0, "only root can give a file away");
        Files.setAttribute(file, "unix:uid", 12345);
        assertThat(refusal(store.read("x.plan", HEADER))).isEqualTo(file + " belongs to user 12345, not to 0");
        Files.setAttribute(file, "unix:uid", 0);
        sealed(store.read("x.plan", HEADER));
        Files.setAttribute(folder, "unix:uid", 12345);
        assertThat(refusal(store.read("x.plan", HEADER))).isEqualTo(folder + " belongs to user 12345, not to 0");
        assertThatThrownBy(() -> write(bytes(17)))
                .isInstanceOf(IOException.class)
                .hasMessage(folder + " belongs to user 12345, not to 0");
        Files.setAttribute(folder, "unix:uid", 0);
    }

    @Test
    void write_whereTheFolderCannotBe_saysWhy() throws Exception {
        Path file = Files.writeString(temp.resolve("a"), "a file");
        assertThatThrownBy(() -> write(bytes(5)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
        assertThat(store.read("x.plan", HEADER)).isEqualTo(new SealedStore.Nothing());
    }

    @Test
    void write_onADiskThatIsFullAnywhere_leavesTheOldFileAndNothingElse() throws Exception {
        write(bytes(16));
        byte[] old = Files.readAllBytes(folder.resolve("x.plan"));
        AtomicInteger reached = new AtomicInteger();
        AtomicInteger full = new AtomicInteger(-1);
        SealedStore failing = store((file, step, count) -> {
            if (step != AtomicFile.Step.RENAMED && reached.getAndIncrement() == full.get()) {
                throw new IOException("No space left on device");
            }
        });
        failing.write("y.plan", HEADER, TOOK, ByteBuffer.wrap(bytes(5 << 20)));
        int steps = reached.get();
        // Created, start, head, five chunks, seal, written, forced.
        assertThat(steps).isEqualTo(11);
        for (int step = 0; step < steps; step++) {
            reached.set(0);
            full.set(step);
            assertThatThrownBy(() -> failing.write("x.plan", HEADER, TOOK, ByteBuffer.wrap(bytes(5 << 20))))
                    .isInstanceOf(IOException.class)
                    .hasMessage("No space left on device");
            assertThat(Files.readAllBytes(folder.resolve("x.plan"))).isEqualTo(old);
            assertThat(temporary()).isEmpty();
        }
    }

    @Test
    void write_removesWhatADeadWriterLeft_andNothingElse() throws Exception {
        write(bytes(16));
        Files.writeString(folder.resolve(".derm-dead.tmp"), "half");
        Files.writeString(folder.resolve("mine.tmp"), "of another program");
        write(bytes(16));
        assertThat(temporary()).containsExactly(folder.resolve("mine.tmp"));
    }

    @Test
    void name_thatLeavesTheFolderOrIsTheStores_isRefused() {
        for (String name : List.of("../x", "/x", "key", "store.lock", ".x", "a/b", "")) {
            assertThatThrownBy(() -> store.read(name)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
