package io.derm.samples;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.capture.Images;
import io.derm.pipeline.FrameFindings;
import io.derm.pipeline.Sighting;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps the picture of each lesion's best look, as JPEG. Thread-safe. */
final class BestCrops {
    /** The box with a quarter of its longer side around it. */
    private static final float MARGIN = 1.5f;

    private static final int MAX_SIDE = 160;

    private final Map<Integer, byte[]> crops = new ConcurrentHashMap<>();

    /**
     * Keeps what a frame shows of lesions: the best looks, and any look at a lesion without a picture, since of a live source the frame
     * of a best look may have been dropped on its way here.
     */
    void keep(FrameFindings findings) {
        findings.sightings().stream()
                .filter(s ->
                        !crops.containsKey(s.lesion()) || findings.bestLooks().contains(s))
                .forEach(s -> keep(findings.frame(), s));
    }

    private void keep(Frame frame, Sighting sighting) {
        Box box = sighting.detection().box();
        float side = Math.max(box.width(), box.height()) * MARGIN;
        Box crop = Box.ofCenter(box.centerX(), box.centerY(), side, side).clip(frame.bounds());
        crops.put(sighting.lesion(), Images.jpeg(frame, crop, MAX_SIDE));
    }

    /** The lesion's picture; not to be written to. */
    Optional<byte[]> jpeg(int lesion) {
        return Optional.ofNullable(crops.get(lesion));
    }

    /** The lesion's picture as a {@code data:} URI. */
    Optional<String> dataUri(int lesion) {
        return jpeg(lesion)
                .map(jpeg -> "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(jpeg));
    }
}
