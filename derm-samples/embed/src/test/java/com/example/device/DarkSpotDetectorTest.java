package com.example.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.contract.DetectorContract;
import io.derm.phantom.LesionTruth;
import io.derm.phantom.PhantomSource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What derm asks of every detector, and how many of the phantoms' lesions this one finds. */
class DarkSpotDetectorTest extends DetectorContract {
    @Override
    protected Detector open() {
        return new DarkSpotDetector();
    }

    @Override
    protected Frame frame() throws Exception {
        try (PhantomSource source = phantom(7)) {
            return source.next().orElseThrow();
        }
    }

    @Test
    void detect_lesionsOfPhantoms_findsFourOfFive() throws Exception {
        int lesions = 0;
        int found = 0;
        for (int seed = 1; seed <= 6; seed++) {
            try (PhantomSource source = phantom(seed);
                    Detector detector = open();
                    Frame frame = source.next().orElseThrow()) {
                List<Box> boxes =
                        detector.detect(frame).stream().map(Detection::box).toList();
                for (LesionTruth lesion : source.truth(0)) {
                    lesions++;
                    found += boxes.stream().anyMatch(b -> b.iou(lesion.box()) > 0.3) ? 1 : 0;
                }
            }
        }
        assertThat(lesions).isGreaterThan(20);
        assertThat(found / (double) lesions).isGreaterThan(0.8);
    }

    private static PhantomSource phantom(int seed) {
        return PhantomSource.open("phantom:seed=" + seed + "&frames=1&size=640x480");
    }
}
