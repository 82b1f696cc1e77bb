package io.derm.trt;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks for NVIDIA's driver where Linux's linker would, in some milliseconds and with nothing loaded or unpacked, so that machines without
 * one lose no time. A no is certain, a yes is for the linker to confirm. Immutable.
 */
final class DriverSearch {
    /** The driver's library, which every program that uses a GPU loads. */
    static final String LIBRARY = "libcuda.so.1";

    /** Folders that the linker searches on its own, by distribution. */
    private static final List<String> FOLDERS = List.of(
            "lib64",
            "usr/lib64",
            "lib",
            "usr/lib",
            "lib/x86_64-linux-gnu",
            "usr/lib/x86_64-linux-gnu",
            "lib/aarch64-linux-gnu",
            "usr/lib/aarch64-linux-gnu");

    /** What the kernel's side of the driver leaves, of a card (two names) and of a Jetson's GPU (two names). */
    private static final List<String> KERNEL =
            List.of("proc/driver/nvidia/version", "dev/nvidiactl", "dev/nvhost-gpu", "dev/nvgpu");

    private final Path root;
    private final @Nullable String libraryPath;

    /**
     * @param root of the file system
     * @param libraryPath value of {@code LD_LIBRARY_PATH}, null if there is none
     */
    DriverSearch(Path root, @Nullable String libraryPath) {
        this.root = root;
        this.libraryPath = libraryPath;
    }

    /** The search in this process. */
    static DriverSearch ofProcess() {
        return new DriverSearch(Path.of("/"), System.getenv("LD_LIBRARY_PATH"));
    }

    /** Whether the library may be in the linker's reach. */
    boolean library() {
        return inFolders() || inCache() || loaded();
    }

    /** Whether the kernel has the driver, as in a container that was started without its library. */
    boolean kernel() {
        for (String sign : KERNEL) {
            if (Files.exists(root.resolve(sign))) {
                return true;
            }
        }
        return false;
    }

    private boolean inFolders() {
        for (String folder : FOLDERS) {
            if (Files.exists(root.resolve(folder).resolve(LIBRARY))) {
                return true;
            }
        }
        if (libraryPath != null) {
            // The linker separates by either sign, and reads no name as the current folder.
            for (String folder : libraryPath.split("[:;]", -1)) {
                if (Files.exists(Path.of(folder).resolve(LIBRARY))) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean inCache() {
        return contains("etc/ld.so.cache", LIBRARY + '\0');
    }

    /** Whether a program has loaded it from elsewhere, by its path. */
    private boolean loaded() {
        return contains("proc/self/maps", "/libcuda.so");
    }

    private boolean contains(String file, String text) {
        try {
            return new String(Files.readAllBytes(root.resolve(file)), StandardCharsets.ISO_8859_1).contains(text);
        } catch (IOException e) {
            return false;
        }
    }
}
