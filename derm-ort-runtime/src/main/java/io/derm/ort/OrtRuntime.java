package io.derm.ort;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.derm.api.Availability;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.RuntimeUnavailableException;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Signature;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ONNX Runtime on the CPU, the runtime that is always there. Thread-safe.
 *
 * <p>{@link SessionOptions#threads()} 0 means as many as there are physical cores, not tied to them.
 * {@link SessionOptions#properties()} go to ONNX Runtime as session config entries under its own names; one that can be none is an
 * {@link IllegalArgumentException}. Threads that wait for
 * work sleep: spinning takes the cores from capture and from the other model, which costs more than it gains as soon as
 * anything else runs ({@code session.intra_op.allow_spinning=1} turns it on for a model that has the machine to itself).
 *
 * <p>Native code is unpacked to {@code java.io.tmpdir} on first use; the system property {@code onnxruntime.native.path}
 * names a folder that holds it already.
 */
public final class OrtRuntime implements InferenceRuntime {
    /** Name of this runtime in options. */
    public static final String NAME = "onnxruntime";

    /** Whether threads without work burn their core while they wait for some. */
    private static final String SPINNING = "session.intra_op.allow_spinning";

    /** How the names of its config entries begin (onnxruntime_session_options_config_keys.h). */
    private static final List<String> CONFIG_ENTRIES = List.of("ep.", "mlas.", "optimization.", "session.");

    private static final Logger LOG = LoggerFactory.getLogger(OrtRuntime.class);

    /** The answer holds for the life of the process, as a native library that failed to load does not load later. */
    private static @Nullable Availability known;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Availability availability() {
        synchronized (OrtRuntime.class) {
            if (known == null) {
                known = probe();
            }
            return known;
        }
    }

    // A native library fails to load by an error of the linker or out of a static initialiser: all of it is an answer.
    @SuppressWarnings("CatchingUnchecked")
    private static Availability probe() {
        try {
            // One for the process and never closed. Its log goes to standard error, so only what is fatal may.
            OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            // The version that derm depends on has no telemetry; an application may bring another one.
            environment.setTelemetry(false);
            return Availability.yes("ONNX Runtime " + environment.getVersion() + " on the CPU");
        } catch (Exception | LinkageError e) {
            LOG.debug("ONNX Runtime does not load", e);
            return Availability.no(
                    "ONNX Runtime's native library does not load: " + OrtErrors.rootMessage(e),
                    "Use Linux x64 or arm64 with glibc, macOS arm64 or Windows x64, make java.io.tmpdir writable and"
                            + " executable, or name a folder with the library by -Donnxruntime.native.path=DIR");
        }
    }

    @Override
    public Session open(Model model, SessionOptions options) {
        return open(model, options, Optional.empty());
    }

    private Session open(Model model, SessionOptions options, Optional<Path> optimised) {
        Availability availability = availability();
        if (!availability.available()) {
            throw new RuntimeUnavailableException(320, availability.detail(), availability.remedy());
        }
        OrtEnvironment env = OrtEnvironment.getEnvironment();
        OrtSession.SessionOptions ortOptions = new OrtSession.SessionOptions();
        OrtSession session = null;
        try {
            configure(ortOptions, options);
            if (optimised.isPresent()) {
                ortOptions.setOptimizedModelFilePath(optimised.get().toString());
            }
            session = model.path().isPresent()
                    ? env.createSession(model.path().get().toString(), ortOptions)
                    : env.createSession(model.bytes(), ortOptions);
            Signature signature = Signatures.read(session, model);
            LOG.debug("Opened {} with {}", model, options);
            return new OrtModelSession(model, signature, options, env, session, ortOptions);
        } catch (OrtException e) {
            closeAfterFailure(session, ortOptions, e);
            throw OrtErrors.opening(model, e);
        } catch (RuntimeException | Error e) {
            closeAfterFailure(session, ortOptions, e);
            throw e;
        }
    }

    /**
     * Writes the graph as ONNX Runtime will run it here, with operators fused and replaced, e.g. to see how many layers of an int8 model have an
     * integer kernel ({@code QLinearConv}).
     *
     * @param file an ONNX file, only good for this version of ONNX Runtime on this kind of processor
     * @throws io.derm.api.ModelException if the model cannot be opened
     * @throws RuntimeUnavailableException if ONNX Runtime does not work here
     */
    public void writeOptimised(Model model, SessionOptions options, Path file) {
        open(model, options, Optional.of(file)).close();
    }

    private static void configure(OrtSession.SessionOptions ort, SessionOptions options) throws OrtException {
        ort.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
        ort.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        ort.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
        // ONNX Runtime's own default ties its threads to cores, which stalls them when another stage runs there.
        ort.setIntraOpNumThreads(options.threads() == 0 ? Cores.physical() : options.threads());
        ort.addConfigEntry(SPINNING, "0");
        for (Map.Entry<String, String> entry : options.properties().entrySet()) {
            requireConfigEntry(entry.getKey());
            ort.addConfigEntry(entry.getKey(), entry.getValue());
        }
    }

    /** ONNX Runtime passes over what it does not know, and says nothing. */
    private static void requireConfigEntry(String name) {
        if (CONFIG_ENTRIES.stream().noneMatch(name::startsWith)) {
            throw new IllegalArgumentException("Property '" + name
                    + "' is no config entry of ONNX Runtime, expected a name that begins with "
                    + String.join(", ", CONFIG_ENTRIES));
        }
    }

    private static void closeAfterFailure(
            @Nullable OrtSession session, OrtSession.SessionOptions options, Throwable failure) {
        try (options) {
            if (session != null) {
                session.close();
            }
        } catch (OrtException e) {
            failure.addSuppressed(e);
        }
    }
}
