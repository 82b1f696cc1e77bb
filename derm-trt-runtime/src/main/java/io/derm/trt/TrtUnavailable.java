package io.derm.trt;

import io.derm.api.RuntimeUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Says why TensorRT does not work here and what to do about it. */
final class TrtUnavailable {
    /** The linker names the file that was to be loaded before the one that it lacks, where they differ. */
    private static final Pattern LACKING =
            Pattern.compile("(?:^|: )([^:/\\s]+\\.so[^:/\\s]*): cannot open shared object file");

    /** JavaCPP found its own library neither in a jar nor in a folder. */
    private static final Pattern NO_GLUE = Pattern.compile("Could not find (jni\\w+) in class");

    /** TensorRT names the file, and then what the linker says of it. */
    private static final Pattern UNABLE = Pattern.compile("Unable to load library: ([^:\\s]+)");

    private static final String SEE = "; docs/tensorrt.md has the versions that go together";

    private TrtUnavailable() {}

    static RuntimeUnavailableException driver(boolean kernel) {
        return kernel
                ? new RuntimeUnavailableException(
                        330,
                        "The kernel has NVIDIA's driver and its library " + DriverSearch.LIBRARY + " is out of reach",
                        "Start the container with --gpus all and NVIDIA_DRIVER_CAPABILITIES=compute,utility, or name the"
                                + " library's folder in LD_LIBRARY_PATH.")
                : new RuntimeUnavailableException(
                        330,
                        "There is no NVIDIA driver: " + DriverSearch.LIBRARY + " is not in the linker's reach",
                        "On a machine with an NVIDIA GPU install its driver, and in a container pass the GPU on; elsewhere"
                                + " use onnxruntime.");
    }

    static RuntimeUnavailableException platform(String platform) {
        return new RuntimeUnavailableException(
                331,
                "There are no bindings for TensorRT on " + platform + ", expected linux-x86_64 or linux-arm64",
                "Use onnxruntime here.");
    }

    static RuntimeUnavailableException presets(Presets presets) {
        return new RuntimeUnavailableException(
                338,
                "JavaCPP and its presets on the class path are of several releases: " + presets + ", expected one",
                "Take the versions of one release" + SEE + ".");
    }

    static RuntimeUnavailableException tensorRt(String found, String presets) {
        return new RuntimeUnavailableException(
                338,
                "The TensorRT found is " + found + ", expected " + presets.replaceFirst("\\..*", "")
                        + " as the presets are made for " + presets,
                "Install that version, or build derm with the presets of the one found" + SEE + ".");
    }

    /**
     * @param driver the newest CUDA that the driver takes, as CUDA writes versions: 13010 is 13.1
     * @param runtime the CUDA found, likewise
     */
    static RuntimeUnavailableException driverTooOld(int driver, int runtime) {
        return new RuntimeUnavailableException(
                335,
                "NVIDIA's driver takes CUDA " + cuda(driver) + ", expected " + cuda(runtime) + " or newer",
                "Update the driver (r580 or newer for CUDA 13, r525 for CUDA 12), or build derm with the presets of an"
                        + " older CUDA" + SEE + ".");
    }

    /**
     * @param name CUDA's name of the error, e.g. {@code cudaErrorNoDevice}
     * @param meaning what CUDA says of it
     */
    static RuntimeUnavailableException device(String name, String meaning) {
        String remedy =
                switch (name) {
                    case "cudaErrorStubLibrary" ->
                        "Take CUDA's folder of stubs out of LD_LIBRARY_PATH, so that the driver's own library is found.";
                    case "cudaErrorSystemDriverMismatch" ->
                        "Restart the machine, as the driver was updated since it started.";
                    case "cudaErrorCompatNotSupportedOnDevice" ->
                        "Take CUDA's folder compat out of LD_LIBRARY_PATH: this GPU needs the driver itself to be newer.";
                    case "cudaErrorSystemNotReady" -> "Start nvidia-fabricmanager, which these GPUs need.";
                    default ->
                        "See whether nvidia-smi lists a GPU, whether CUDA_VISIBLE_DEVICES hides it, and in a container"
                                + " whether it was started with --gpus all.";
                };
        return new RuntimeUnavailableException(336, "There is no CUDA device: " + name + " (" + meaning + ")", remedy);
    }

    /** @param found every GPU with its compute capability */
    static RuntimeUnavailableException gpuTooOld(String found, String expected) {
        return new RuntimeUnavailableException(
                337,
                "TensorRT does not run on " + found + ", expected compute capability " + expected + " or newer",
                "Use a GPU of the Turing generation or newer, or onnxruntime.");
    }

    /** The library, if any, that TensorRT looked for in vain according to its errors. */
    static Optional<String> lacking(List<String> errors) {
        return errors.stream()
                .map(UNABLE::matcher)
                .filter(Matcher::find)
                .map(m -> m.group(1))
                .findFirst();
    }

    /** @param library that TensorRT loads by itself to build engines */
    static RuntimeUnavailableException builder(String library) {
        return new RuntimeUnavailableException(
                332,
                "A library that TensorRT needs to build engines on this GPU is missing or does not load: " + library,
                "Install libnvinfer of this very version from NVIDIA's apt repository or its archive, as the redist jars lack it, or run a plan"
                        + " built elsewhere on the same kind of GPU (" + TrtOptions.PLAN + "); see docs/tensorrt.md.");
    }

    /** Reads the linker's and JavaCPP's errors. */
    static RuntimeUnavailableException loading(Throwable failure, Presets presets, String platform) {
        String library = first(failure, LACKING);
        if (library != null) {
            return library.startsWith("libcuda.so")
                    ? new RuntimeUnavailableException(
                            330,
                            "NVIDIA's driver is not whole: " + library + " cannot be opened",
                            "Install the driver again, or in a container pass the GPU on.",
                            failure)
                    : new RuntimeUnavailableException(
                            332,
                            "A library that TensorRT needs is missing: " + library,
                            remedy(library, presets, platform),
                            failure);
        }
        String glue = first(failure, NO_GLUE);
        if (glue != null) {
            return new RuntimeUnavailableException(
                    331,
                    "The bindings' native part for " + platform + " is missing: " + glue,
                    "Put " + glue(glue, presets, platform) + " on the class path.",
                    failure);
        }
        return new RuntimeUnavailableException(
                339,
                "TensorRT or CUDA does not load: " + root(failure),
                "Make the user's home or the folder in -Dorg.bytedeco.javacpp.cachedir writable and executable, and install"
                        + " the versions of TensorRT and CUDA that go together (docs/tensorrt.md).",
                failure);
    }

    /** Who brings a library: NVIDIA's package for Debian and Ubuntu, and the jar. */
    private static String remedy(String library, Presets presets, String platform) {
        String name = library.substring(0, library.indexOf(".so"));
        String version = library.substring(library.indexOf(".so") + 3).replaceFirst("^\\.(\\d+).*", "$1");
        String cuda = presets.cudaPackages();
        String tensorrt = Presets.coordinates("tensorrt", presets.tensorrt(), platform + "-redist");
        String redist = cudaJar("", presets, platform);
        if (name.startsWith("libnvinfer_builder_resource") || name.equals("libnvinfer")) {
            return install("libnvinfer" + version, tensorrt);
        }
        if (name.startsWith("libcudnn")) {
            return install(
                    "libcudnn" + version + "-cuda-" + cuda.replaceFirst("-.*", ""),
                    cudaJar("-cudnn", presets, platform));
        }
        return switch (name) {
            case "libnvinfer_plugin" -> install("libnvinfer-plugin" + version, tensorrt);
            case "libnvinfer_vc_plugin" -> install("libnvinfer-vc-plugin" + version, tensorrt);
            case "libnvonnxparser" -> install("libnvonnxparsers" + version, tensorrt);
            case "libcudart" -> install("cuda-cudart-" + cuda, redist);
            case "libnvrtc", "libnvrtc-builtins" -> install("cuda-nvrtc-" + cuda, redist);
            case "libcublas", "libcublasLt" -> install("libcublas-" + cuda, cudaJar("-cublas", presets, platform));
            default -> "Install the package of your system that has " + library + ".";
        };
    }

    /** Of JavaCPP 1.5.11 a single jar, a classifier of the presets', has all of CUDA. */
    private static String cudaJar(String part, Presets presets, String platform) {
        return presets.cuda().stream().anyMatch(version -> version.endsWith("-1.5.11"))
                ? Presets.coordinates("cuda", presets.cuda(), platform + "-redist")
                : Presets.coordinates("cuda-redist" + part, presets.cuda(), platform);
    }

    private static String install(String debian, String jar) {
        return "Install " + debian + " from NVIDIA's apt repository, or put " + jar + " on the class path.";
    }

    private static String glue(String library, Presets presets, String platform) {
        if (library.equals("jnijavacpp")) {
            return Presets.coordinates("javacpp", presets.javacpp(), platform);
        }
        boolean tensorrt = library.startsWith("jninvinfer") || library.startsWith("jninvonnx");
        Set<String> versions = tensorrt ? presets.tensorrt() : presets.cuda();
        return Presets.coordinates(tensorrt ? "tensorrt" : "cuda", versions, platform);
    }

    private static @Nullable String first(Throwable failure, Pattern pattern) {
        for (Throwable t : chain(failure)) {
            Matcher matcher = pattern.matcher(String.valueOf(t.getMessage()));
            if (matcher.find()) {
                return matcher.group(1);
            }
        }
        return null;
    }

    static String root(Throwable failure) {
        List<Throwable> chain = chain(failure);
        Throwable root = chain.get(chain.size() - 1);
        return root.getClass().getSimpleName() + (root.getMessage() == null ? "" : ": " + root.getMessage());
    }

    private static List<Throwable> chain(Throwable failure) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable t = failure; t != null && !chain.contains(t); t = t.getCause()) {
            chain.add(t);
        }
        return chain;
    }

    /** A version as people write it: {@code 13.1} for 13010. */
    static String cuda(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }
}
