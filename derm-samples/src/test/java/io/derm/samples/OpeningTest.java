package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.DermException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class OpeningTest {
    private final AtomicInteger closed = new AtomicInteger();

    @Test
    void get_givesWhatWasOpenedAndCloseClosesItOnce() throws Exception {
        AutoCloseable part = closed::incrementAndGet;
        Opening<AutoCloseable> opening = Opening.start("test", () -> part);
        assertThat(opening.get()).isSameAs(part);
        opening.close();
        opening.close();
        assertThat(closed).hasValue(1);
    }

    @Test
    void close_whileItStillOpens_waitsAndClosesIt() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Opening<AutoCloseable> opening = Opening.start("test", () -> {
            go.await();
            return closed::incrementAndGet;
        });
        Thread closing = new Thread(() -> {
            try {
                opening.close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        closing.start();
        closing.join(50);
        assertThat(closing.isAlive()).isTrue();
        go.countDown();
        closing.join();
        assertThat(closed).hasValue(1);
    }

    @Test
    void get_ofWhatCannotBeOpened_failsAsOpeningDid() throws Exception {
        DermException failure = new DermException(810, "Port is in use", "Choose another.");
        try (Opening<AutoCloseable> opening = Opening.start("test", () -> {
            throw failure;
        })) {
            assertThatThrownBy(opening::get).isSameAs(failure);
        }
    }
}
