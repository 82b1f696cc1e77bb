package io.derm.trt;

import io.derm.api.Availability;
import io.derm.api.RuntimeUnavailableException;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether TensorRT works here. The answer holds for the life of the process, as a native library that failed to load does not load later.
 * Where there is no NVIDIA driver it takes some milliseconds; elsewhere CUDA and TensorRT are loaded, out of jars unpacked before. Thread-safe.
 */
final class TrtLibraries {
    private static final Logger LOG = LoggerFactory.getLogger(TrtLibraries.class);

    private static @Nullable TrtLibraries known;

    private final Availability availability;
    private final @Nullable RuntimeUnavailableException failure;

    private TrtLibraries(Availability availability, @Nullable RuntimeUnavailableException failure) {
        this.availability = availability;
        this.failure = failure;
    }

    /** The versions and the GPUs found, or why it does not work. Never throws. */
    static Availability availability() {
        return known().availability;
    }

    /**
     * Makes sure that CUDA and TensorRT are loaded.
     *
     * @throws RuntimeUnavailableException if they do not work here
     */
    static void require() {
        RuntimeUnavailableException failure = known().failure;
        if (failure != null) {
            // Its stack is that of the first question; this one's tells who asks now.
            int number = Integer.parseInt(failure.id().substring("DERM-".length()));
            throw new RuntimeUnavailableException(number, failure.problem(), failure.remedy(), failure);
        }
    }

    private static synchronized TrtLibraries known() {
        if (known == null) {
            try {
                known = new TrtLibraries(Availability.yes(probe()), null);
            } catch (RuntimeUnavailableException e) {
                LOG.debug("TensorRT does not work here", e);
                known = new TrtLibraries(Availability.no(e.problem(), e.remedy()), e);
            } catch (OutOfMemoryError e) {
                // There may be memory when it is asked again.
                RuntimeUnavailableException now = TrtErrors.javaMemory("load TensorRT", e);
                return new TrtLibraries(Availability.no(now.problem(), now.remedy()), now);
            }
        }
        return known;
    }

    // A native library fails to load by an error of the linker, out of a static initialiser or by JavaCPP's exceptions:
    // all of it is an answer.
    @SuppressWarnings("CatchingUnchecked")
    private static String probe() {
        String platform = platform(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
        DriverSearch driver = DriverSearch.ofProcess();
        if (!driver.library()) {
            throw TrtUnavailable.driver(driver.kernel());
        }
        Presets presets = presets();
        if (!presets.consistent()) {
            throw TrtUnavailable.presets(presets);
        }
        try {
            return TrtProbe.run();
        } catch (RuntimeUnavailableException e) {
            throw e;
        } catch (Exception | LinkageError e) {
            throw TrtUnavailable.loading(e, presets, platform);
        }
    }

    private static Presets presets() {
        try {
            return Presets.of(TrtLibraries.class.getClassLoader());
        } catch (IOException e) {
            throw TrtUnavailable.loading(e, Presets.NONE, "this platform");
        }
    }

    /** The platform as JavaCPP names it. */
    static String platform(String os, String arch) {
        String platform = (os.toLowerCase(Locale.ROOT).startsWith("linux") ? "linux" : os) + "-"
                + switch (arch) {
                    case "amd64", "x86_64" -> "x86_64";
                    case "aarch64", "arm64" -> "arm64";
                    default -> arch;
                };
        if (!platform.equals("linux-x86_64") && !platform.equals("linux-arm64")) {
            throw TrtUnavailable.platform(platform);
        }
        return platform;
    }
}
