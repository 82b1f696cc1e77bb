package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.SourceInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageSourceTest {
    @TempDir
    Path folder;

    @Test
    void next_ofImage_yieldsOneFrameThenStaysEmpty() throws Exception {
        Path file = TestMedia.file("exif6.jpg");
        try (ImageSource source = ImageSource.open(file, CaptureOptions.defaults())) {
            assertThat(source.info()).isEqualTo(new SourceInfo(file.toString(), 32, 48, 0, 1, false));
            try (Frame frame = source.next().orElseThrow()) {
                assertThat(frame.sequence()).isZero();
                assertThat(frame.timestampMicros()).isZero();
            }
            assertThat(source.next()).isEmpty();
            assertThat(source.next()).isEmpty();
            assertThat(source.pool().leased()).isZero();
        }
    }

    @Test
    void next_afterClose_isIllegalState() {
        ImageSource source = ImageSource.open(TestMedia.file("exif6.jpg"), CaptureOptions.defaults());
        source.close();
        source.close();
        assertThatThrownBy(source::next).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void open_pictureOfTooManyPixels_failsBeforeItIsDecoded() {
        Path file = TestMedia.file("bomb.png");
        assertThatThrownBy(() -> ImageSource.open(file, CaptureOptions.defaults()))
                .isInstanceOf(CaptureException.class)
                .hasMessage("[DERM-210] " + file
                        + " has 60000x60000 pixels, expected at most 200 million. Remedy: scale " + "the image down");
    }

    @Test
    void open_imageCutOff_fails() {
        for (String name : new String[] {"cut.jpg", "cut.png"}) {
            Path file = TestMedia.file(name);
            assertThatThrownBy(() -> ImageSource.open(file, CaptureOptions.defaults()))
                    .as(name)
                    .isInstanceOf(CaptureException.class)
                    .hasMessageStartingWith("[DERM-209] " + file + " is a ");
        }
    }

    @Test
    void open_heic_fails() throws Exception {
        Path file = folder.resolve("photo.jpg");
        byte[] box = new byte[64];
        System.arraycopy("\0\0\0\30ftypheic".getBytes(StandardCharsets.ISO_8859_1), 0, box, 0, 12);
        Files.write(file, box);
        assertThatThrownBy(() -> Sources.open(file.toString()))
                .isInstanceOf(CaptureException.class)
                .hasMessage("[DERM-211] " + file
                        + " is a HEIF or AVIF image, which is not supported. Remedy: convert it " + "to JPEG or PNG");
    }
}
