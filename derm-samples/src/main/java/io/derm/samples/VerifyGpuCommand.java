package io.derm.samples;

import io.derm.api.RuntimeUnavailableException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "verify-gpu",
        mixinStandardHelpOptions = true,
        description = {
            "Proves TensorRT on the GPU at hand: tests, engines, answers against the CPU's, latency, memory. Writes report.json and",
            "report.html. Exit code 0 if a real GPU passed everything; 1 if something failed or was not run, for want of time too."
        },
        footer = Derm.RESEARCH_USE)
final class VerifyGpuCommand implements Callable<Integer> {
    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of the report.")
    private Path out = Path.of(".");

    @Option(names = "--quick", description = "Less of everything: whether it works, not how fast.")
    private boolean quick;

    @Option(
            names = "--minutes",
            paramLabel = "M",
            defaultValue = "8",
            description = "The most that it may take (default: ${DEFAULT-VALUE}).")
    private double minutes = 8;

    @Option(names = "--device", paramLabel = "N", defaultValue = "0", description = "Number of the GPU (default: 0).")
    private int device;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Folder of engines, kept for the next time (default: engines in --out).")
    private @Nullable Path cache;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (!(minutes > 0 && minutes <= 1440)) {
            throw new ParameterException(
                    spec.commandLine(), "--minutes is " + minutes + ", expected more than 0 and at most 1440");
        }
        if (device < 0) {
            throw new ParameterException(spec.commandLine(), "--device is " + device + ", expected 0 or more");
        }
        Outputs.folder(out);
        String command = String.format(Locale.ROOT, "derm verify-gpu --minutes %s --device %d", minutes, device)
                + (quick ? " --quick" : "");
        VerifyGpu verify = new VerifyGpu(new VerifyGpu.Options(
                out, cache == null ? out.resolve("engines") : cache, quick, minutes, device, command));
        VerifyReport report = verify.run(() -> {
            System.err.println("derm: out of time, see " + out.resolve("report.html"));
            Runtime.getRuntime().halt(1);
        });
        if (report.device().isEmpty()) {
            throw new RuntimeUnavailableException(
                    395,
                    "Nothing was verified, as "
                            + report.sections().get(0).failures().get(0),
                    "Run it where 'derm doctor' says yes to tensorrt; " + out.resolve("report.html")
                            + " says what is missing.");
        }
        System.err.print(report.text());
        System.err.println("derm: report in " + out.resolve("report.html"));
        return report.passed() ? 0 : 1;
    }
}
