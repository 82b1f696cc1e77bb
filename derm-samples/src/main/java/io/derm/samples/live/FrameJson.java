package io.derm.samples.live;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.derm.api.Box;
import io.derm.api.LesionClass;
import io.derm.pipeline.FrameFindings;
import io.derm.pipeline.Sighting;
import java.util.Locale;

/** What was found in a frame, as the page reads it. */
final class FrameJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private FrameJson() {}

    static String of(FrameFindings findings) {
        ObjectNode node = JSON.createObjectNode()
                .put("type", "frame")
                .put("frame", findings.frame().sequence())
                .put("seconds", findings.frame().timestampMicros() / 1e6)
                .put("width", findings.frame().width())
                .put("height", findings.frame().height());
        ArrayNode lesions = node.putArray("lesions");
        for (Sighting sighting : findings.sightings()) {
            LesionClass c = sighting.assessment().lesionClass();
            ObjectNode lesion = lesions.addObject()
                    .put("id", sighting.lesion())
                    .put("class", c.name().toLowerCase(Locale.ROOT))
                    .put("probability", hundredths(sighting.assessment().probability(c)))
                    .put("score", hundredths(sighting.detection().score()));
            Box box = sighting.detection().box();
            lesion.putArray("box")
                    .add(Math.round(box.left()))
                    .add(Math.round(box.top()))
                    .add(Math.round(box.width()))
                    .add(Math.round(box.height()));
        }
        return node.toString();
    }

    private static double hundredths(float value) {
        return Math.round(value * 100) / 100.0;
    }
}
