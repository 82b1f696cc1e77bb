package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderSourceTest {
    @TempDir
    Path folder;

    @Test
    void open_folder_takesImagesAloneInNaturalOrder() throws Exception {
        for (String name : new String[] {"img10.png", "img2.jpg", "Img1.dat", "img002b.png"}) {
            Files.copy(TestMedia.file("jpeg-called.png"), folder.resolve(name));
        }
        Files.writeString(folder.resolve("notes.txt"), "not a picture");
        Files.copy(TestMedia.file("alpha.png"), folder.resolve(".hidden.png"));
        Files.createDirectory(folder.resolve("sub.png"));
        try (FolderSource source = FolderSource.open(folder, CaptureOptions.defaults())) {
            assertThat(source.files())
                    .extracting(p -> p.getFileName().toString())
                    .containsExactly("Img1.dat", "img2.jpg", "img002b.png", "img10.png");
            assertThat(source.info().frames()).isEqualTo(4);
            assertThat(TestMedia.count(source)).isEqualTo(4);
        }
    }

    @Test
    void next_imageIsRuined_failsNamingItAndGoesOnAfterIt() throws Exception {
        Files.copy(TestMedia.file("exif1.jpg"), folder.resolve("1.jpg"));
        Files.copy(TestMedia.file("cut.jpg"), folder.resolve("2.jpg"));
        Files.copy(TestMedia.file("exif1.jpg"), folder.resolve("3.jpg"));
        try (FolderSource source = FolderSource.open(folder, CaptureOptions.defaults())) {
            source.next().orElseThrow().close();
            assertThatThrownBy(source::next)
                    .isInstanceOf(CaptureException.class)
                    .hasMessageStartingWith("[DERM-209] " + folder.resolve("2.jpg") + " is a JPEG image that cannot");
            try (Frame third = source.next().orElseThrow()) {
                assertThat(third.sequence()).isEqualTo(1);
            }
            assertThat(source.next()).isEmpty();
        }
    }

    @Test
    void next_imageIsRuinedAndToBeSkipped_leavesItOut() throws Exception {
        Files.copy(TestMedia.file("cut.png"), folder.resolve("1.png"));
        Files.writeString(folder.resolve("2.jpg"), "version https://git-lfs.github.com/spec/v1\n");
        Files.copy(TestMedia.file("exif1.jpg"), folder.resolve("3.jpg"));
        CaptureOptions skip = CaptureOptions.defaults().withSkipUnreadable(true);
        try (FolderSource source = FolderSource.open(folder, skip)) {
            assertThat(TestMedia.count(source)).isEqualTo(1);
        }
    }

    @Test
    void next_onInterruptedThread_isInterruptedAndLosesNoImage() throws Exception {
        Files.copy(TestMedia.file("exif1.jpg"), folder.resolve("1.jpg"));
        CaptureOptions skip = CaptureOptions.defaults().withSkipUnreadable(true);
        try (FolderSource source = FolderSource.open(folder, skip)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(source::next).isInstanceOf(InterruptedException.class);
            assertThat(TestMedia.count(source)).isEqualTo(1);
        }
    }

    @Test
    void open_folderWithoutImages_fails() throws Exception {
        Files.writeString(folder.resolve("notes.txt"), "not a picture");
        assertThatThrownBy(() -> FolderSource.open(folder, CaptureOptions.defaults()))
                .isInstanceOf(CaptureException.class)
                .hasMessage(
                        "[DERM-208] " + folder + " has no images in it. Remedy: give a folder that holds JPEG, PNG, "
                                + "BMP, GIF, WebP or TIFF files itself, not in sub-folders");
    }
}
