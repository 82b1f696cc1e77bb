package io.derm.capture;

import io.derm.api.FrameSource;
import io.derm.api.contract.FrameSourceContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class FolderSourceContractTest extends FrameSourceContract {
    @TempDir
    Path folder;

    @BeforeEach
    void fill() throws Exception {
        for (String name : List.of("exif1.jpg", "alpha.png", "plain.bmp", "odd.jpg")) {
            Files.copy(TestMedia.file(name), folder.resolve(name));
        }
    }

    @Override
    protected FrameSource open() {
        return FolderSource.open(folder, CaptureOptions.defaults());
    }

    @Override
    protected int expectedFrames() {
        return 4;
    }
}
