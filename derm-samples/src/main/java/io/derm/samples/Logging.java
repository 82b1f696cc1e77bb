package io.derm.samples;

import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.logging.StreamHandler;

/** Warnings of the SDK as one line each on standard error. */
final class Logging {
    private static final Logger ROOT = Logger.getLogger("");
    /** Held, or it would be collected with its level. */
    private static final Logger LIVE = Logger.getLogger("io.derm.capture.LiveSource");

    private Logging() {}

    static void quiet() {
        LogManager.getLogManager().reset();
        System.setProperty("java.util.logging.SimpleFormatter.format", "%4$s: %5$s%n");
        StreamHandler handler = new StreamHandler(System.err, new SimpleFormatter()) {
            @Override
            public synchronized void publish(java.util.logging.LogRecord logRecord) {
                super.publish(logRecord);
                flush();
            }

            /** At Ctrl-C logging is shut down first, while an exam has still to say what it came to on the same stream. */
            @Override
            public synchronized void close() {
                flush();
            }
        };
        handler.setLevel(Level.WARNING);
        // LiveLines tells of outages.
        LIVE.setLevel(Level.SEVERE);
        ROOT.addHandler(handler);
        ROOT.setLevel(Level.WARNING);
    }
}
