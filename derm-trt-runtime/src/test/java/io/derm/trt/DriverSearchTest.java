package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DriverSearchTest {
    @TempDir
    Path root;

    @Test
    void library_emptyMachine_isNotThere() throws Exception {
        put("etc/ld.so.cache", "libcudart.so.13\0/usr/local/cuda/lib64/libcudart.so.13\0libcuda.so.10\0");
        put("proc/self/maps", "7f00-7f01 r-xp 00000000 00:00 1 /usr/lib/x86_64-linux-gnu/libc.so.6\n");
        DriverSearch search = new DriverSearch(root, root.resolve("none") + ":");
        assertThat(search.library()).isFalse();
        assertThat(search.kernel()).isFalse();
    }

    // Where Debian, Fedora and Jetson's Ubuntu put it.
    @ParameterizedTest
    @ValueSource(strings = {"usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib/aarch64-linux-gnu"})
    void library_inTheLinkersOwnFolders_isFound(String folder) throws Exception {
        put(folder + "/libcuda.so.1", "");
        assertThat(new DriverSearch(root, null).library()).isTrue();
    }

    // WSL 2 and the boards have folders of their own, which ldconfig knows.
    @Test
    void library_inTheLinkersCache_isFound() throws Exception {
        put("etc/ld.so.cache", "ld.so-1.7.0\0libcuda.so.1\0/usr/lib/wsl/lib/libcuda.so.1\0");
        assertThat(new DriverSearch(root, null).library()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {":", ";"})
    void library_inTheLibraryPath_isFound(String separator) throws Exception {
        put("opt/driver/libcuda.so.1", "");
        String path = root.resolve("other") + separator + root.resolve("opt/driver");
        assertThat(new DriverSearch(root, path).library()).isTrue();
        assertThat(new DriverSearch(root, root.resolve("other").toString()).library())
                .isFalse();
    }

    @Test
    void library_loadedFromElsewhere_isFound() throws Exception {
        put("proc/self/maps", "7f00-7f01 r-xp 00000000 00:00 1 /opt/x/libcuda.so.580.82.07\n");
        assertThat(new DriverSearch(root, null).library()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"proc/driver/nvidia/version", "dev/nvhost-gpu"})
    void kernel_ofACardOrABoard_isSeen(String sign) throws Exception {
        put(sign, "");
        DriverSearch search = new DriverSearch(root, null);
        assertThat(search.kernel()).isTrue();
        assertThat(search.library()).isFalse();
    }

    private void put(String file, String text) throws Exception {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text, StandardCharsets.ISO_8859_1);
    }
}
