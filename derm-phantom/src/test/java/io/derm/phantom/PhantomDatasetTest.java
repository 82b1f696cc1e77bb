package io.derm.phantom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.api.DermException;
import io.derm.api.LesionClass;
import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PhantomDatasetTest {
    @TempDir
    Path temp;

    private static PhantomDataset.Options options(int images, int threads) {
        return new PhantomDataset.Options(images, 1_000_000, 256, 224, Framing.MIDDLE, 32, threads);
    }

    private static Map<String, byte[]> files(Path root) throws Exception {
        Map<String, byte[]> out = new TreeMap<>();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                out.put(root.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
            }
        }
        return out;
    }

    @Test
    void write_oneOrThreeThreads_sameBytes() throws Exception {
        PhantomDataset.write(temp.resolve("one"), options(9, 1), (done, total) -> {});
        PhantomDataset.write(temp.resolve("three"), options(9, 3), (done, total) -> {});
        Map<String, byte[]> one = files(temp.resolve("one"));
        Map<String, byte[]> three = files(temp.resolve("three"));
        assertThat(three.keySet()).isEqualTo(one.keySet());
        one.forEach((name, bytes) -> assertThat(three.get(name)).as(name).isEqualTo(bytes));
    }

    @Test
    void write_framesOfClips_areThoseOfTheClipWithItsTruth() throws Exception {
        Path root = temp.resolve("clips");
        PhantomDataset.Options options = new PhantomDataset.Options(3, 700, 320, 180, Framing.MIXED, 32, 2)
                .withMoreThings(6)
                .withFramesPerClip(2);
        PhantomDataset.Summary summary = PhantomDataset.write(root, options, (done, total) -> {});
        assertThat(summary.images()).isEqualTo(3);
        int[][] clipAndFrame = {{700, 225}, {700, 675}, {701, 225}};
        for (int i = 0; i < 3; i++) {
            PhantomClip.Options same = new PhantomClip.Options(320, 180, 30, 900, clipAndFrame[i][0]).withMoreThings(6);
            try (PhantomClip clip = new PhantomClip(same)) {
                BufferedImage image = ImageIO.read(
                        root.resolve("images/0000" + (700 + i) + ".png").toFile());
                byte[] expected = clip.picture(clipAndFrame[i][1]);
                for (int p = 0; p < 320 * 180; p += 97) {
                    assertThat(image.getRGB(p % 320, p / 320) & 0xFFFFFF)
                            .isEqualTo((expected[3 * p + 2] & 255) << 16
                                    | (expected[3 * p + 1] & 255) << 8
                                    | expected[3 * p] & 255);
                }
                assertThat(Files.readAllLines(root.resolve("labels/0000" + (700 + i) + ".txt")))
                        .hasSameSizeAs(clip.truth(clipAndFrame[i][1]));
            }
        }
    }

    @Test
    void write_thingsWithoutLesions_hasNoLabelAndMoreDistractors() throws Exception {
        PhantomDataset.Summary usual = PhantomDataset.write(temp.resolve("usual"), options(6, 2), (done, total) -> {});
        PhantomDataset.Summary hard = PhantomDataset.write(
                temp.resolve("hard"), options(6, 2).withMoreThings(12).withLesions(false), (done, total) -> {});
        assertThat(hard.lesions()).isEmpty();
        assertThat(hard.distractorCrops()).isGreaterThan(usual.distractorCrops() + 6);
        for (byte[] labels : files(temp.resolve("hard/labels")).values()) {
            assertThat(labels).isEmpty();
        }
    }

    @Test
    void write_labelsAndCoco_agreeWithEachOtherAndWithTheImages() throws Exception {
        Path root = temp.resolve("set");
        List<Integer> heard = new ArrayList<>();
        PhantomDataset.Summary summary =
                PhantomDataset.write(root, options(8, 2), (done, total) -> heard.add(done * 100 + total));
        assertThat(heard).containsExactly(108, 208, 308, 408, 508, 608, 708, 808);
        assertThat(Files.readString(root.resolve("obj.names"))).isEqualTo("lesion\n");

        JsonNode coco =
                new ObjectMapper().readTree(root.resolve("annotations.json").toFile());
        assertThat(coco.get("images")).hasSize(8);
        assertThat(coco.get("categories").findValuesAsText("name")).containsExactly("benign", "unknown", "melanoma");
        assertThat(coco.get("annotations"))
                .hasSize(summary.lesions().values().stream().mapToInt(n -> n).sum());
        for (JsonNode image : coco.get("images")) {
            String seed = Long.toString(image.get("seed").asLong());
            assertThat(image.get("file_name").asText()).isEqualTo("images/" + seed + ".png");
            BufferedImage pixels =
                    ImageIO.read(root.resolve("images/" + seed + ".png").toFile());
            assertThat(pixels.getWidth()).isEqualTo(image.get("width").asInt()).isEqualTo(256);
            assertThat(pixels.getHeight())
                    .isEqualTo(image.get("height").asInt())
                    .isEqualTo(224);
            SkinTone tone = SkinTone.valueOf(image.get("fitzpatrick").asText());
            assertThat(SkinTone.ofIta(image.get("ita").asDouble())).isEqualTo(tone);
            List<JsonNode> annotations = new ArrayList<>();
            coco.get("annotations").forEach(a -> {
                if (a.get("image_id").asLong() == image.get("id").asLong()) {
                    annotations.add(a);
                }
            });
            List<String> lines = Files.readAllLines(root.resolve("labels/" + seed + ".txt"));
            assertThat(lines).hasSameSizeAs(annotations);
            for (int i = 0; i < lines.size(); i++) {
                String[] field = lines.get(i).split(" ", -1);
                assertThat(field).hasSize(5);
                JsonNode box = annotations.get(i).get("bbox");
                assertThat(field[0]).isEqualTo("0");
                double w = Double.parseDouble(field[3]) * 256;
                double h = Double.parseDouble(field[4]) * 224;
                assertThat(box.get(0).asDouble()).isCloseTo(Double.parseDouble(field[1]) * 256 - w / 2, tight());
                assertThat(box.get(1).asDouble()).isCloseTo(Double.parseDouble(field[2]) * 224 - h / 2, tight());
                assertThat(box.get(2).asDouble()).isCloseTo(w, tight());
                assertThat(box.get(3).asDouble()).isCloseTo(h, tight());
            }
        }
    }

    private static Offset<Double> tight() {
        return within(0.02);
    }

    @Test
    void write_crops_areSquareNativeAndSortedByClass() throws Exception {
        Path root = temp.resolve("set");
        PhantomDataset.Summary summary = PhantomDataset.write(root, options(10, 2), (done, total) -> {});
        JsonNode coco =
                new ObjectMapper().readTree(root.resolve("annotations.json").toFile());
        Map<String, Integer> expected = new TreeMap<>();
        for (JsonNode a : coco.get("annotations")) {
            double side = Math.max(
                    a.get("bbox").get(2).asDouble(), a.get("bbox").get(3).asDouble());
            if (side < 32) {
                continue;
            }
            String kind = List.of("benign", "unknown", "melanoma")
                    .get(a.get("category_id").asInt() - 1);
            long seed = 1_000_000 + a.get("image_id").asLong() - 1;
            Path file = root.resolve("crops/" + kind + "/" + seed + "_"
                    + a.get("attributes").get("lesion").asInt() + ".png");
            BufferedImage crop = ImageIO.read(file.toFile());
            assertThat(crop.getWidth()).isEqualTo(crop.getHeight());
            assertThat((double) crop.getWidth()).isCloseTo(Math.min(224, 1.25 * side), within(1.0));
            expected.merge(kind, 1, Integer::sum);
        }
        assertThat(expected).isNotEmpty();
        for (LesionClass c : LesionClass.values()) {
            String kind = c.name().toLowerCase(Locale.ROOT);
            int files = files(root.resolve("crops/" + kind)).size();
            assertThat(files).isEqualTo(expected.getOrDefault(kind, 0));
            assertThat(summary.crops().getOrDefault(c, 0)).isEqualTo(files);
        }
        assertThat(files(root.resolve("crops/distractor"))).hasSize(summary.distractorCrops());
    }

    @Test
    void write_intoANonEmptyDirectory_isRefusedAndLeavesIt() throws Exception {
        Path root = Files.createDirectory(temp.resolve("full"));
        Files.writeString(root.resolve("mine.txt"), "keep", StandardCharsets.UTF_8);
        assertThatThrownBy(() -> PhantomDataset.write(root, options(1, 1), (done, total) -> {}))
                .isInstanceOf(DermException.class)
                .hasMessage(
                        "[DERM-601] Output directory " + root
                                + " is not empty, expected an empty or missing one. Remedy: name another directory, or empty this one");
        assertThat(files(root)).containsOnlyKeys("mine.txt");
    }

    @Test
    void write_whereNoDirectoryCanBe_isOneLine() throws Exception {
        Path file = Files.writeString(temp.resolve("file"), "x");
        assertThatThrownBy(() -> PhantomDataset.write(file.resolve("set"), options(1, 1), (done, total) -> {}))
                .isInstanceOf(DermException.class)
                .hasMessageStartingWith("[DERM-602] Cannot write the data set to " + file.resolve("set") + " (")
                .hasMessageEndingWith("Remedy: name another directory, or free space")
                .hasMessageNotContaining("\n");
    }

    @Test
    void write_brokenOffHalfway_leavesNoPartOfAFile() throws Exception {
        Path root = temp.resolve("broken");
        assertThatThrownBy(() -> PhantomDataset.write(root, options(12, 2), (done, total) -> {
                    if (done == 3) {
                        throw new IllegalStateException("stop here");
                    }
                }))
                .hasMessage("stop here");
        Map<String, byte[]> left = files(root);
        assertThat(left.keySet()).noneMatch(name -> name.endsWith(".part"));
        assertThat(left).doesNotContainKey("annotations.json");
        for (String name : left.keySet()) {
            if (name.endsWith(".png")) {
                assertThat(ImageIO.read(root.resolve(name).toFile())).as(name).isNotNull();
            }
        }
    }

    @Test
    void options_impossible_areRefused() {
        assertThatThrownBy(() -> new PhantomDataset.Options(0, 1, 416, 416, Framing.MIXED, 32, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 images");
        assertThatThrownBy(() -> options(1, 1).withMoreThings(101))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("101 more things");
        assertThatThrownBy(() -> options(1, 1).withFramesPerClip(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1 frames a clip");
    }
}
