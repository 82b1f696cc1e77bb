package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrientationTest {
    /** The display matrices that FFmpeg 8.0.1's JPEG decoder gives for EXIF's orientations. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 0, 0, 1", "2, -1, 0, 0, 1", "3, -1, 0, 0, -1", "4, 1, 0, 0, -1",
        "5, 0, 1, 1, 0", "6, 0, 1, -1, 0", "7, 0, -1, -1, 0", "8, 0, -1, 1, 0"
    })
    void ofMatrix_ofExifOrientation_isThatOfTheTag(int tag, int a, int b, int c, int d) {
        assertThat(Orientation.ofMatrix(a << 16, b << 16, c << 16, d << 16)).isEqualTo(Orientation.ofExif(tag));
        // A degree off: phones write what the sensor says.
        assertThat(Orientation.ofMatrix((a << 16) + 900, (b << 16) - 900, (c << 16) + 900, (d << 16) + 900))
                .isEqualTo(Orientation.ofExif(tag));
    }

    @ParameterizedTest
    @CsvSource({"0", "9", "-1", "70000"})
    void ofExif_unknownTag_isNormal(int tag) {
        assertThat(Orientation.ofExif(tag)).isEqualTo(Orientation.NORMAL);
    }
}
