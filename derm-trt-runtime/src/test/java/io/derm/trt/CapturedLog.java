package io.derm.trt;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What a class logs from INFO on, in place of where it would go. */
final class CapturedLog implements AutoCloseable {
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord event) {
            records.add(event);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private final Logger logger;

    CapturedLog(Class<?> type) {
        logger = Logger.getLogger(type.getName());
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
    }

    List<String> warnings() {
        return messages(Level.WARNING);
    }

    List<String> infos() {
        return messages(Level.INFO);
    }

    private List<String> messages(Level level) {
        return records.stream()
                .filter(event -> event.getLevel().equals(level))
                .map(new SimpleFormatter()::formatMessage)
                .toList();
    }

    @Override
    public void close() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }
}
