package io.derm.samples;

import io.derm.trt.TrtMeter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The section that says what the figures of the others were taken on. */
final class VerifyMachine {
    static final String TITLE = "Device, driver, versions and machine";

    private static final Pattern CPU = Pattern.compile("(?m)^(?:model name|Model)\\s*:\\s*(.+)$");
    private static final Pattern MEMORY = Pattern.compile("(?m)^MemTotal:\\s*(\\d+) kB$");

    private VerifyMachine() {}

    static void withGpu(VerifySection section, VerifyRun run) {
        VerifyTable t = table(section);
        TrtMeter.Device gpu = run.gpu();
        TrtMeter.Memory memory = TrtMeter.memory(run.device());
        t.row("GPU", gpu.name() + " (device " + run.device() + ")");
        t.row("compute capability", gpu.computeCapability());
        t.row("multiprocessors", Integer.toString(gpu.multiprocessors()));
        t.row("GPU memory", mib(memory.total()) + ", free " + mib(memory.free()));
        t.row("driver", first("/proc/driver/nvidia/version").orElse("not told"));
        t.row("CUDA of the driver", gpu.cudaDriver());
        t.row("CUDA runtime", gpu.cudaRuntime());
        t.row("TensorRT", gpu.tensorRt());
        computer(t);
    }

    static void withoutGpu(VerifySection section) {
        computer(table(section));
    }

    private static VerifyTable table(VerifySection section) {
        return section.table("machine", "Machine", "what", "value");
    }

    private static void computer(VerifyTable t) {
        Runtime java = Runtime.getRuntime();
        t.row("CPU", find(CPU, "/proc/cpuinfo").orElse(System.getProperty("os.arch")));
        t.row("cores", Integer.toString(java.availableProcessors()));
        t.row(
                "memory",
                find(MEMORY, "/proc/meminfo")
                        .map(kib -> mib(Long.parseLong(kib) << 10))
                        .orElse("not told"));
        t.row("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        t.row("Java", System.getProperty("java.vm.name") + " " + Runtime.version());
        t.row("heap at most", mib(java.maxMemory()));
        t.row("derm", Derm.version());
    }

    private static String mib(long bytes) {
        return (bytes >> 20) + " MiB";
    }

    private static Optional<String> first(String file) {
        return read(file).map(text -> text.lines().findFirst().orElse(""));
    }

    private static Optional<String> find(Pattern pattern, String file) {
        return read(file).map(pattern::matcher).filter(Matcher::find).map(m -> m.group(1)
                .strip());
    }

    private static Optional<String> read(String file) {
        try {
            return Optional.of(Files.readString(Path.of(file)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
