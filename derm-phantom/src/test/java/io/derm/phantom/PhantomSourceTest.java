package io.derm.phantom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.SourceProvider;
import io.derm.api.contract.FrameSourceContract;
import java.util.Arrays;
import java.util.ServiceLoader;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PhantomSourceTest extends FrameSourceContract {
    @Override
    protected FrameSource open() {
        return PhantomSource.open("phantom:seed=7&frames=5&size=320x180");
    }

    @Override
    protected int expectedFrames() {
        return 5;
    }

    private static byte[] pixels(Frame frame) {
        byte[] out = new byte[frame.format().bytes(frame.stride(), frame.height())];
        frame.pixels().get(0, out);
        return out;
    }

    @Test
    void provider_ofTheScheme_isFoundAsAService() {
        assertThat(ServiceLoader.load(SourceProvider.class))
                .anySatisfy(p -> assertThat(p.scheme()).isEqualTo("phantom"));
    }

    @Test
    void recording_ofASeed_showsTheClipOfThatSeed() throws Exception {
        try (FrameSource source = open();
                PhantomClip clip = new PhantomClip(new PhantomClip.Options(320, 180, 30, 5, 7))) {
            assertThat(source.info().live()).isFalse();
            for (int i = 0; i < 5; i++) {
                try (Frame frame = source.next().orElseThrow();
                        Frame expected = clip.next().orElseThrow()) {
                    assertThat(Arrays.equals(pixels(frame), pixels(expected))).isTrue();
                    assertThat(((PhantomSource) source).truth(i)).isEqualTo(clip.truth(i));
                }
            }
        }
    }

    @Test
    void endless_pastItsPath_goesBackTheWayItCame() throws Exception {
        // A path of 60 seconds is 2 frames at this rate.
        try (PhantomSource source = PhantomSource.open("phantom:seed=3&size=320x180&rate=0.02&live=false")) {
            byte[][] frames = new byte[6][];
            for (int i = 0; i < 6; i++) {
                try (Frame frame = source.next().orElseThrow()) {
                    frames[i] = pixels(frame);
                    assertThat(frame.timestampMicros()).isEqualTo(i * 50_000_000L);
                }
            }
            assertThat(Arrays.equals(frames[0], frames[1])).isFalse();
            assertThat(Arrays.equals(frames[1], frames[2])).isTrue();
            assertThat(Arrays.equals(frames[0], frames[3])).isTrue();
            assertThat(Arrays.equals(frames[0], frames[4])).isTrue();
            assertThat(Arrays.equals(frames[1], frames[5])).isTrue();
            assertThat(source.truth(1_000_000_003)).isEqualTo(source.truth(0));
        }
    }

    @Test
    void camera_takenInTime_keepsItsRate() throws Exception {
        try (PhantomSource source = PhantomSource.open("phantom:seed=7&size=320x180&rate=20")) {
            assertThat(source.info().live()).isTrue();
            assertThat(source.info().frames()).isEqualTo(-1);
            long first = 0;
            for (int i = 0; i < 5; i++) {
                try (Frame frame = source.next().orElseThrow()) {
                    first = i == 0 ? frame.capturedNanos() : first;
                    assertThat(frame.capturedNanos() - first).isEqualTo(frame.timestampMicros() * 1000);
                    assertThat(frame.capturedNanos()).isLessThanOrEqualTo(System.nanoTime());
                }
            }
            assertThat(System.nanoTime() - first).isGreaterThanOrEqualTo(200_000_000L);
        }
    }

    @Test
    void camera_leftAlone_losesTheFramesOfThatTime() throws Exception {
        try (PhantomSource source = PhantomSource.open("phantom:seed=7&size=320x180&rate=50")) {
            source.next().orElseThrow().close();
            TimeUnit.MILLISECONDS.sleep(500);
            try (Frame frame = source.next().orElseThrow()) {
                assertThat(frame.sequence()).isGreaterThanOrEqualTo(25);
                assertThat(frame.timestampMicros()).isEqualTo(frame.sequence() * 20_000);
            }
        }
    }

    @Test
    void camera_closedWhileItWaits_ends() throws Exception {
        PhantomSource source = PhantomSource.open("phantom:seed=7&size=320x180&rate=0.01");
        source.next().orElseThrow().close();
        FutureTask<Boolean> empty = new FutureTask<>(() -> source.next().isEmpty());
        Thread thread = new Thread(empty);
        thread.setDaemon(true);
        thread.start();
        while (thread.getState() != Thread.State.TIMED_WAITING) {
            assertThat(empty).isNotDone();
            TimeUnit.MILLISECONDS.sleep(5);
        }
        source.close();
        assertThat(empty.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "phantom:seed=x, 'seed=x'",
        "phantom:sed=7, 'sed=7'",
        "phantom:size=1280, 'size=1280'",
        "phantom:live=yes, 'live=yes'",
        "phantom:frames=0, 'frames=0'",
        "phantom:size=10x10, a clip that cannot be: Clip is 10x10",
        "phantom:rate=0, a clip that cannot be"
    })
    void open_optionThatCannotBe_isNamed(String uri, String named) {
        assertThatThrownBy(() -> PhantomSource.open(uri))
                .isInstanceOf(CaptureException.class)
                .hasMessageStartingWith("[DERM-226] Source " + uri + " asks for ")
                .hasMessageContaining(named)
                .hasMessageContaining("Remedy: write it as phantom:seed=N");
    }
}
