package io.derm.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.phantom.LesionTruth;
import io.derm.phantom.PhantomClip;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The tracker on a phantom clip, whose lesions have known identities: boxes jittered by a pixel, every twentieth left out. */
class TrackerOnPhantomTest {
    @Test
    void update_movingPhantom_givesEachVisitOfALesionOneNumber() {
        SplittableRandom random = new SplittableRandom(5);
        Tracker tracker = new Tracker(45, id -> {});
        Map<Integer, Integer> numberOf = new HashMap<>();
        Set<Integer> numbers = new HashSet<>();
        Map<Integer, Long> lastSeen = new HashMap<>();
        int sightings = 0;
        int switches = 0;
        try (PhantomClip clip = new PhantomClip(PhantomClip.Options.of(300, 7))) {
            for (long f = 0; f < 300; f++) {
                List<LesionTruth> shown = new ArrayList<>(clip.truth(f));
                shown.removeIf(t -> random.nextInt(20) == 0);
                int[] ids = tracker.update(
                        shown.stream()
                                .map(t -> new Detection(jitter(t.box(), random), 0.9f, 0, "lesion"))
                                .toList(),
                        new Box(0, 0, 1280, 720),
                        null);
                for (int i = 0; i < shown.size(); i++) {
                    int lesion = shown.get(i).id();
                    boolean continued = lastSeen.getOrDefault(lesion, -100L) > f - 30;
                    if (continued && ids[i] != numberOf.get(lesion)) {
                        switches++;
                    }
                    numberOf.put(lesion, ids[i]);
                    lastSeen.put(lesion, f);
                    numbers.add(ids[i]);
                    sightings++;
                }
            }
        }
        assertThat(sightings).isGreaterThan(300);
        assertThat(switches).as("of %d sightings", sightings).isZero();
        assertThat(numbers).hasSizeLessThanOrEqualTo(numberOf.size() + 2);
    }

    private static Box jitter(Box b, SplittableRandom random) {
        float dx = (float) random.nextDouble(-1, 1);
        float dy = (float) random.nextDouble(-1, 1);
        return new Box(b.left() + dx, b.top() + dy, b.right() + dx, b.bottom() + dy);
    }
}
