package io.derm.trt.gpu;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the tests tagged {@code gpu} without Maven and writes a line for each as it starts and ends, so that a crash shows where it was: what
 * happened, a tab, the name, and for some a tab and the reason; {@code END} last.
 */
public final class GpuTests {
    private static final String PACKAGE = "io.derm.trt";

    private GpuTests() {}

    /**
     * Runs them.
     *
     * @param args the file to write
     */
    public static void main(String[] args) throws Exception {
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(Path.of(args[0]), StandardCharsets.UTF_8))) {
            LauncherFactory.create()
                    .execute(
                            LauncherDiscoveryRequestBuilder.request()
                                    .selectors(selectPackage(PACKAGE))
                                    .filters(TagFilter.includeTags("gpu"))
                                    .build(),
                            new Lines(out));
            line(out, "END", "", "");
        }
    }

    private static void line(PrintWriter out, String what, String name, String reason) {
        out.println(what + "\t" + name + (reason.isEmpty() ? "" : "\t" + reason.replaceAll("\\s+", " ")));
        out.flush();
    }

    private static final class Lines implements TestExecutionListener {
        private final PrintWriter out;

        private Lines(PrintWriter out) {
            this.out = out;
        }

        @Override
        public void executionStarted(TestIdentifier test) {
            if (test.isTest()) {
                line(out, "STARTED", name(test), "");
            }
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            line(out, "SKIPPED", name(test), reason);
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            String reason = result.getThrowable()
                    .map(e -> Optional.ofNullable(e.getMessage()).orElse(e.toString()))
                    .orElse("");
            switch (result.getStatus()) {
                case FAILED -> line(out, "FAILED", name(test), reason);
                case ABORTED -> line(out, "SKIPPED", name(test), reason);
                case SUCCESSFUL -> {
                    if (test.isTest()) {
                        line(out, "PASSED", name(test), "");
                    }
                }
            }
        }

        private static String name(TestIdentifier test) {
            return test.getSource()
                    .map(source -> source instanceof MethodSource m
                            ? simple(m.getClassName()) + "." + m.getMethodName()
                            : source instanceof ClassSource c ? simple(c.getClassName()) : test.getDisplayName())
                    .orElse(test.getDisplayName());
        }

        private static String simple(String name) {
            return name.substring(name.lastIndexOf('.') + 1);
        }
    }
}
