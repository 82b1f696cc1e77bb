package io.derm.samples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.api.Box;
import io.derm.api.CaptureException;
import io.derm.api.LesionClass;
import io.derm.capture.CaptureOptions;
import io.derm.capture.FolderSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Images to measure models on: a folder as {@code derm phantom} writes it, with {@code annotations.json} and {@code crops/}, or
 * any folder of images, which then have no labels. Immutable; the pixels stay on disk.
 */
final class DataSet {
    /**
     * A whole image.
     *
     * @param lesions where its lesions are; empty too where the folder has no labels
     * @param tone Fitzpatrick type, empty where it is not known
     */
    record Scene(Path file, List<Box> lesions, String tone) {
        Scene {
            lesions = List.copyOf(lesions);
        }
    }

    /** An image of one lesion and what that is. */
    record Crop(Path file, LesionClass lesionClass) {}

    private final Path dir;
    private final List<Scene> scenes;
    private final boolean boxes;
    private final List<Crop> crops;

    private DataSet(Path dir, List<Scene> scenes, boolean boxes, List<Crop> crops) {
        this.dir = dir;
        this.scenes = List.copyOf(scenes);
        this.boxes = boxes;
        this.crops = List.copyOf(crops);
    }

    /** Whether a folder has labels of either kind. */
    static boolean labelled(Path dir) {
        return Files.isRegularFile(annotations(dir)) || Files.isDirectory(crops(dir));
    }

    /**
     * Reads what is in a folder. Without {@code annotations.json} its scenes are the images in it, or in its {@code images/}.
     *
     * @throws CaptureException if there is no such folder, it has no images, or its labels cannot be read
     */
    static DataSet read(Path dir) throws IOException {
        List<Crop> crops = new ArrayList<>();
        for (LesionClass c : LesionClass.values()) {
            for (Path file : files(crops(dir).resolve(c.name().toLowerCase(Locale.ROOT)))) {
                crops.add(new Crop(file, c));
            }
        }
        boolean boxes = Files.isRegularFile(annotations(dir));
        return new DataSet(dir, boxes ? annotated(dir) : plain(dir, !Files.isDirectory(crops(dir))), boxes, crops);
    }

    private static Path annotations(Path dir) {
        return dir.resolve("annotations.json");
    }

    private static Path crops(Path dir) {
        return dir.resolve("crops");
    }

    private static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static List<Scene> plain(Path dir, boolean required) {
        Path images = dir.resolve("images");
        try (FolderSource source =
                FolderSource.open(Files.isDirectory(images) ? images : dir, CaptureOptions.defaults())) {
            return source.files().stream()
                    .map(file -> new Scene(file, List.of(), ""))
                    .toList();
        } catch (CaptureException e) {
            if (required) {
                throw e;
            }
            return List.of();
        }
    }

    private static List<Scene> annotated(Path dir) throws IOException {
        Path file = annotations(dir);
        try {
            JsonNode coco = new ObjectMapper().readTree(file.toFile());
            Map<Long, List<Box>> lesions = new HashMap<>();
            for (JsonNode a : coco.path("annotations")) {
                JsonNode b = a.path("bbox");
                lesions.computeIfAbsent(a.path("image_id").asLong(), id -> new ArrayList<>())
                        .add(Box.ofSize(
                                (float) b.path(0).asDouble(),
                                (float) b.path(1).asDouble(),
                                (float) b.path(2).asDouble(),
                                (float) b.path(3).asDouble()));
            }
            List<Scene> scenes = new ArrayList<>();
            for (JsonNode image : coco.path("images")) {
                String name = image.path("file_name").asText();
                Path path = Files.exists(dir.resolve(name))
                        ? dir.resolve(name)
                        : dir.resolve("images").resolve(name);
                scenes.add(new Scene(
                        path,
                        lesions.getOrDefault(image.path("id").asLong(), List.of()),
                        image.path("fitzpatrick").asText("")));
            }
            return scenes;
        } catch (JsonProcessingException e) {
            throw unreadable(file, "line " + line(e) + ": " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw unreadable(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static int line(JsonProcessingException e) {
        return e.getLocation() == null ? 0 : e.getLocation().getLineNr();
    }

    private static CaptureException unreadable(Path file, String why, Exception e) {
        return new CaptureException(
                257,
                file + " cannot be read, expected COCO annotations; " + why,
                "Mend the file, or write the data set anew with 'derm phantom'.",
                e);
    }

    Path dir() {
        return dir;
    }

    List<Scene> scenes() {
        return scenes;
    }

    /** Whether the lesions of the scenes are known. */
    boolean hasBoxes() {
        return boxes;
    }

    /** Crops of lesions, all of one class before the next. */
    List<Crop> crops() {
        return crops;
    }

    /** At most so many scenes and at most so many crops, evenly spread, so that the classes keep their shares. */
    DataSet atMost(int n) {
        requireCount(n);
        return new DataSet(dir, spread(scenes, n), boxes, spread(crops, n));
    }

    private static void requireCount(int n) {
        if (n < 0) {
            throw new IllegalArgumentException("At most " + n + " images are asked for, expected 0 or more");
        }
    }

    private static <T> List<T> spread(List<T> all, int n) {
        int size = all.size();
        return n >= size
                ? all
                : IntStream.range(0, n)
                        .mapToObj(i -> all.get((int) ((long) i * size / n)))
                        .toList();
    }

    /** The first so many crops of each class. */
    DataSet atMostCropsOfEachClass(int n) {
        requireCount(n);
        return new DataSet(dir, scenes, boxes, chosenCrops(i -> i < n));
    }

    /**
     * The scenes, and of each class the crops, whose index is wanted: {@code where(i -> i % 2 == 0)} and
     * {@code where(i -> i % 2 == 1)} are two halves that have nothing in common.
     */
    DataSet where(IntPredicate wanted) {
        List<Scene> some = IntStream.range(0, scenes.size())
                .filter(wanted)
                .mapToObj(scenes::get)
                .toList();
        return new DataSet(dir, some, boxes, chosenCrops(wanted));
    }

    private List<Crop> chosenCrops(IntPredicate wanted) {
        Map<LesionClass, Integer> seen = new EnumMap<>(LesionClass.class);
        return crops.stream()
                .filter(crop -> wanted.test(seen.merge(crop.lesionClass(), 1, Integer::sum) - 1))
                .toList();
    }

    @Override
    public String toString() {
        return dir + " (" + scenes.size() + " scenes, " + crops.size() + " crops)";
    }
}
