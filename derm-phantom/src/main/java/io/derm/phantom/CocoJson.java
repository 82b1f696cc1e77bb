package io.derm.phantom;

import io.derm.api.Box;
import io.derm.api.LesionClass;
import java.util.Locale;

/** The truths of a data set in the COCO object detection format, with the ABCD parameters as attributes. */
final class CocoJson {
    private final StringBuilder images = new StringBuilder();
    private final StringBuilder annotations = new StringBuilder();
    private final PhantomDataset.Options options;
    private long nextAnnotation = 1;
    private long nextImage = 1;

    CocoJson(PhantomDataset.Options options) {
        this.options = options;
    }

    void add(PhantomScene scene) {
        long image = nextImage++;
        images.append(images.isEmpty() ? "\n" : ",\n")
                .append(String.format(
                        Locale.ROOT,
                        "{\"id\":%d,\"file_name\":\"images/%s.png\",\"width\":%d,\"height\":%d,\"seed\":%d,"
                                + "\"framing\":\"%s\",\"fitzpatrick\":\"%s\",\"ita\":%.2f}",
                        image,
                        PhantomDataset.name(scene.seed()),
                        scene.width(),
                        scene.height(),
                        scene.seed(),
                        scene.framing(),
                        scene.tone(),
                        scene.ita()));
        for (LesionTruth t : scene.lesions()) {
            Box b = t.box();
            annotations
                    .append(annotations.isEmpty() ? "\n" : ",\n")
                    .append(String.format(
                            Locale.ROOT,
                            "{\"id\":%d,\"image_id\":%d,\"category_id\":%d,\"bbox\":[%.2f,%.2f,%.2f,%.2f],\"area\":%.2f,"
                                    + "\"iscrowd\":0,\"attributes\":{\"lesion\":%d,\"asymmetry\":%.4f,\"border\":%.4f,"
                                    + "\"colours\":%d,\"diameter\":%.2f,\"visible\":%.3f}}",
                            nextAnnotation++,
                            image,
                            category(t.lesionClass()),
                            b.left(),
                            b.top(),
                            b.width(),
                            b.height(),
                            b.area(),
                            t.id(),
                            t.asymmetry(),
                            t.irregularity(),
                            t.colours(),
                            t.diameterPixels(),
                            t.visible()));
        }
    }

    private static int category(LesionClass lesionClass) {
        return switch (lesionClass) {
            case BENIGN -> 1;
            case UNKNOWN -> 2;
            case MELANOMA -> 3;
        };
    }

    String finish() {
        StringBuilder categories = new StringBuilder();
        for (LesionClass c : LesionClass.values()) {
            categories
                    .append(categories.isEmpty() ? "" : ",")
                    .append(String.format(
                            Locale.ROOT,
                            "{\"id\":%d,\"name\":\"%s\",\"supercategory\":\"lesion\"}",
                            category(c),
                            c.name().toLowerCase(Locale.ROOT)));
        }
        return "{\"info\":{\"description\":\"Procedural skin phantoms: no image of a person\",\"first_seed\":"
                + options.seed() + "},\n\"categories\":[" + categories + "],\n\"images\":[" + images
                + "],\n\"annotations\":[" + annotations + "]}\n";
    }
}
