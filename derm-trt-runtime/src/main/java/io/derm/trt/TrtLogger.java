package io.derm.trt;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.bytedeco.tensorrt.nvinfer.ILogger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what TensorRT says: all of it goes to the log at DEBUG and TRACE, and its last errors are kept for the message of what then
 * fails. Thread-safe, as TensorRT calls it from several threads.
 */
final class TrtLogger extends ILogger {
    private static final Logger LOG = LoggerFactory.getLogger("io.derm.trt.TensorRT");
    private static final int KEPT = 8;

    /** The one for the process: TensorRT keeps its address for as long as anything of it lives. */
    private static final TrtLogger INSTANCE = new TrtLogger();

    private final Deque<String> errors = new ArrayDeque<>();

    private TrtLogger() {
        // A PointerScope open at its making would free it at its end.
        retainReference();
    }

    static TrtLogger instance() {
        return INSTANCE;
    }

    // Called from native code: nothing may be thrown.
    @Override
    @SuppressWarnings("CatchingUnchecked")
    public void log(Severity severity, String message) {
        try {
            if (severity.value <= Severity.kERROR.value) {
                synchronized (errors) {
                    if (errors.size() == KEPT) {
                        errors.removeFirst();
                    }
                    errors.addLast(message);
                }
                LOG.debug("{}", message);
            } else if (severity.value <= Severity.kINFO.value) {
                LOG.debug("{}", message);
            } else {
                LOG.trace("{}", message);
            }
        } catch (Exception | LinkageError e) {
            // A log that fails must not end the process.
        }
    }

    /** Forgets the errors so far, before something that may fail. */
    void forget() {
        synchronized (errors) {
            errors.clear();
        }
    }

    /** The errors since they were forgotten, oldest first; TensorRT gives the cause first and what it led to after it. */
    List<String> errors() {
        synchronized (errors) {
            return List.copyOf(errors);
        }
    }

    /** The first error since they were forgotten, or that TensorRT gave none. */
    String firstError() {
        List<String> all = errors();
        return all.isEmpty() ? "TensorRT gives no reason" : all.get(0);
    }
}
