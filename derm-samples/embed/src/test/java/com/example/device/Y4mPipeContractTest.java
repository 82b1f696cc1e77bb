package com.example.device;

import io.derm.api.FrameSource;
import io.derm.api.contract.FrameSourceContract;
import io.derm.capture.Sources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The same asked of it at a named pipe, where a writer can stall. */
@EnabledOnOs(OS.LINUX)
class Y4mPipeContractTest extends FrameSourceContract {
    @TempDir
    Path dir;

    private final List<NamedPipe> pipes = new ArrayList<>();

    @Override
    protected FrameSource open() throws Exception {
        // Frames larger than the 64 KiB that a pipe holds, so that reads come back short.
        return open(Y4m.clip(640, 480, 5), true);
    }

    @Override
    protected int expectedFrames() {
        return 5;
    }

    /** Its writer keeps the pipe open in the middle of a frame. */
    @Override
    protected Optional<FrameSource> openStalled() throws Exception {
        byte[] clip = Y4m.clip(16, 8, 1);
        return Optional.of(open(Arrays.copyOf(clip, clip.length - 10), false));
    }

    private FrameSource open(byte[] content, boolean ends) throws Exception {
        NamedPipe pipe = new NamedPipe(dir.resolve("camera" + pipes.size() + ".y4m"), content, ends);
        pipes.add(pipe);
        return Sources.open("y4m:" + pipe.path());
    }

    @AfterEach
    void closePipes() throws Exception {
        for (NamedPipe pipe : pipes) {
            pipe.close();
        }
    }
}
