package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files with wrong bytes in them are read or refused in one line; they never take the process down. */
class MutatedMediaTest {
    @TempDir
    Path folder;

    static Stream<String> files() {
        return GoldenMediaTest.files();
    }

    @ParameterizedTest
    @MethodSource("files")
    void open_fileWithWrongBytes_isReadOrRefused(String name) throws Exception {
        byte[] whole = Files.readAllBytes(TestMedia.file(name));
        Random random = new Random(name.hashCode());
        Path file = folder.resolve("wrong");
        for (int i = 0; i < 12; i++) {
            byte[] wrong = i % 4 == 3 ? Arrays.copyOf(whole, 1 + random.nextInt(whole.length)) : whole.clone();
            for (int k = random.nextInt(8); k >= 0; k--) {
                wrong[random.nextInt(wrong.length)] = (byte) random.nextInt();
            }
            Files.write(file, wrong);
            try (FrameSource source = Sources.open(file.toString())) {
                // A raw format can make pictures of anything.
                for (int n = 0; n < 30; n++) {
                    Optional<Frame> frame = source.next();
                    frame.ifPresent(Frame::close);
                }
            } catch (CaptureException e) {
                assertThat(e.getMessage()).startsWith("[DERM-2").doesNotContain("\n");
            }
        }
    }
}
