package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.models.DemoModels;
import io.derm.onnx.ModelHeader;
import io.derm.pipeline.ExamOptions;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The report of a real exam against figures that are worked out here from its findings.jsonl alone. */
class ExamReportTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> CLASSES = List.of("BENIGN", "UNKNOWN", "MELANOMA");
    private static final int FRAMES = 40;
    /** Sightings after which a lesion is reported, as docs/tracking.md says. */
    private static final int CONFIRM = 8;

    private static final double NO_LESION = ExamOptions.defaults().dismissNoLesion();

    private static final int WIDTH = 640;
    private static final int HEIGHT = 360;
    /** Figures of findings.jsonl are rounded to this. */
    private static final double ROUNDED = 1.01e-4;

    @TempDir
    static Path dir;

    private static String html;
    private static Document report;
    private static final List<JsonNode> LINES = new ArrayList<>();

    @BeforeAll
    static void examine() throws Exception {
        Path out = dir.resolve("out");
        String source = "phantom:seed=7&frames=" + FRAMES + "&size=" + WIDTH + "x" + HEIGHT + "&rate=10";
        assertThat(Derm.execute("exam", source, "--no-recording", "--out", out.toString()))
                .isZero();
        for (String line : Files.readAllLines(out.resolve("findings.jsonl"))) {
            LINES.add(JSON.readTree(line));
        }
        html = Files.readString(out.resolve("report.html"));
        report = parse(html);
    }

    /** An HTML page of derm's is well-formed XML too. */
    static Document parse(String page) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(page.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void lesions_seenOftenAndSurelyEnough_areThoseOfTheFindings() throws Exception {
        double sure = Double.parseDouble(
                ModelHeader.read(DemoModels.detector()).metadata().getOrDefault("derm.confirm_score", "0"));
        Map<Integer, Seen> seen = seen();
        List<List<String>> expected = new ArrayList<>();
        seen.forEach((id, s) -> {
            boolean often = s.count >= CONFIRM && s.scores / s.count >= sure;
            double noLesion = s.noLesion / s.assessed;
            // The findings do not have the weights of the mean; none is so near the limit that they would matter.
            assertThat(!often || Math.abs(noLesion - NO_LESION) > 0.05)
                    .as("no lesion %.3f", noLesion)
                    .isTrue();
            if (often && noLesion < NO_LESION) {
                expected.add(List.of(
                        Integer.toString(id),
                        seconds(s.first),
                        seconds(s.last),
                        Integer.toString(s.count),
                        Integer.toString(s.assessed)));
            }
        });
        assertThat(expected).hasSizeGreaterThan(2);
        List<List<String>> rows = rows("timeline-table");
        assertThat(rows.stream().map(r -> List.of(r.get(0), r.get(2), r.get(3), r.get(4), r.get(5))))
                .isEqualTo(expected);
        // The weights of the vote are not in the findings; that it is one of the classes voted for is.
        assertThat(rows).allSatisfy(r -> assertThat(seen.get(Integer.parseInt(r.get(0))).classes)
                .contains(r.get(1).toUpperCase(java.util.Locale.ROOT)));
        assertThat(html).contains("look like no lesion: " + (seen.size() - expected.size()) + ".");
    }

    private static String seconds(double seconds) {
        return String.format(java.util.Locale.ROOT, "%.3f", seconds);
    }

    @Test
    void probabilities_eachPointOfTheTable_areThoseOfTheFindings() throws Exception {
        int points = 0;
        for (List<String> lesion : rows("timeline-table")) {
            for (List<String> row : rows("course-" + lesion.get(0) + "-table")) {
                JsonNode sighting = sighting(Integer.parseInt(lesion.get(0)), Double.parseDouble(row.get(0)));
                for (int c = 0; c < CLASSES.size(); c++) {
                    assertThat(Double.parseDouble(row.get(c + 1)))
                            .isCloseTo(
                                    100
                                            * sighting.path("probabilities")
                                                    .path(CLASSES.get(c))
                                                    .asDouble(),
                                    within(0.05 + 100 * ROUNDED));
                }
                points++;
            }
        }
        assertThat(points).isGreaterThan(20);
    }

    @Test
    void scores_everySighting_isInItsStep() throws Exception {
        List<List<String>> rows = rows("scores-table");
        assertThat(rows).hasSize(20);
        for (int b = 0; b < 20; b++) {
            for (int c = 0; c < CLASSES.size(); c++) {
                String name = CLASSES.get(c);
                counted(
                        rows.get(b).get(c + 1),
                        b,
                        sightings().stream()
                                .filter(s -> s.path("class").asText().equals(name))
                                .mapToDouble(s -> s.path("score").asDouble())
                                .toArray());
            }
            counted(
                    rows.get(b).get(4),
                    b,
                    sightings().stream()
                            .mapToDouble(s ->
                                    s.path("probabilities").path("MELANOMA").asDouble())
                            .toArray());
        }
    }

    /** Checks the count of a step of a twentieth, but for values that rounding may have moved over its ends. */
    private static void counted(String cell, int bin, double[] values) {
        double from = bin / 20.0;
        double to = bin == 19 ? 2 : (bin + 1) / 20.0;
        int sure = 0;
        int perhaps = 0;
        for (double v : values) {
            sure += v >= from + ROUNDED && v < to - ROUNDED ? 1 : 0;
            perhaps += v >= from - ROUNDED && v < to + ROUNDED ? 1 : 0;
        }
        // A probability of 0 is no neighbour of anything below.
        sure += bin == 0
                ? (int) java.util.Arrays.stream(values).filter(v -> v < ROUNDED).count()
                : 0;
        assertThat(Integer.parseInt(cell)).as("step %d", bin).isBetween(sure, perhaps);
    }

    @Test
    void positions_middlesOfAllSightings_areInTheirThirds() throws Exception {
        int[][] expected = new int[3][3];
        for (JsonNode s : sightings()) {
            JsonNode box = s.path("box");
            double x = box.path(0).asDouble() + box.path(2).asDouble() / 2;
            double y = box.path(1).asDouble() + box.path(3).asDouble() / 2;
            expected[(int) (3 * y / HEIGHT)][(int) (3 * x / WIDTH)]++;
        }
        List<List<String>> rows = rows("positions-table");
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < 3; column++) {
                assertThat(rows.get(row).get(column + 1)).isEqualTo(Integer.toString(expected[row][column]));
            }
        }
    }

    @Test
    void speed_framesOfTheStagesAndOfTheStretches_areAll() throws Exception {
        List<List<String>> stages = rows("stages-table");
        int classified = (int) LINES.stream()
                .filter(line -> line.findValues("assessed").stream().anyMatch(JsonNode::asBoolean))
                .count();
        for (List<String> stage : stages) {
            int frames = Integer.parseInt(stage.get(1));
            assertThat(frames).as(stage.get(0)).isEqualTo(stage.get(0).equals("classify") ? classified : FRAMES);
        }
        int frames = 0;
        double weighted = 0;
        double largest = 0;
        for (List<String> row : rows("latency-table")) {
            int n = Integer.parseInt(row.get(1));
            frames += n;
            weighted += n * Double.parseDouble(row.get(2));
            largest = Math.max(largest, Double.parseDouble(row.get(3)));
        }
        assertThat(frames).isEqualTo(FRAMES);
        List<String> latency = stages.stream()
                .filter(s -> s.get(0).equals("latency"))
                .findFirst()
                .orElseThrow();
        // The stages' figures are of histograms with three significant digits.
        double mean = Double.parseDouble(latency.get(2));
        assertThat(weighted / frames).isCloseTo(mean, within(0.1 + 0.002 * mean));
        double max = Double.parseDouble(latency.get(7));
        assertThat(largest).isCloseTo(max, within(0.1 + 0.002 * max));
        assertThat(html).contains("No frame was dropped.");
    }

    @Test
    void facts_modelsAndFiles_haveTheirDigests() throws Exception {
        List<List<String>> models = rows("models");
        assertThat(models).hasSize(2);
        assertThat(models.get(0).get(5)).isEqualTo(sha256(DemoModels.detector().bytes()));
        assertThat(models.get(1).get(5))
                .isEqualTo(sha256(DemoModels.classifier().bytes()));
        assertThat(models).allMatch(m -> m.get(3).equals("float32") && m.get(4).equals("onnxruntime"));
        byte[] findings = Files.readAllBytes(dir.resolve("out/findings.jsonl"));
        assertThat(rows("files"))
                .containsExactly(List.of("findings.jsonl", sha256(findings), Integer.toString(findings.length)));
        assertThat(html).contains("640 x 360", "recording of 40 frames", "Research use only, not a medical device.");
    }

    @Test
    void page_openedFromAFile_loadsNothing() throws Exception {
        assertThat(html.toLowerCase(java.util.Locale.ROOT))
                .doesNotContain("http:", "https:", "url(", "@import", "<script", "<link", "<iframe", "srcset", "href");
        NodeList sources = select("//@src");
        assertThat(sources.getLength()).isGreaterThan(2);
        for (int i = 0; i < sources.getLength(); i++) {
            assertThat(sources.item(i).getNodeValue()).startsWith("data:image/jpeg;base64,");
        }
    }

    @Test
    void charts_each_sayWhatTheyShowInWords() throws Exception {
        NodeList charts = select("//svg");
        assertThat(charts.getLength()).isGreaterThan(8);
        for (int i = 0; i < charts.getLength(); i++) {
            Element svg = (Element) charts.item(i);
            assertThat(svg.getAttribute("role")).isEqualTo("img");
            for (String id : svg.getAttribute("aria-labelledby").split(" ", -1)) {
                NodeList named = select("//*[@id='" + id + "']");
                assertThat(named.getLength()).as(id).isEqualTo(1);
                assertThat(named.item(0).getTextContent()).hasSizeGreaterThan(10);
            }
        }
        NodeList images = select("//img[not(string-length(@alt) > 5)]");
        assertThat(images.getLength()).isZero();
    }

    /** What findings.jsonl says of a lesion. */
    private static final class Seen {
        private double first = -1;
        private double last;
        private double scores;
        private int count;
        private int assessed;
        private double noLesion;
        private final Set<String> classes = new HashSet<>();
    }

    private static Map<Integer, Seen> seen() {
        Map<Integer, Seen> seen = new TreeMap<>();
        for (JsonNode line : LINES) {
            for (JsonNode s : line.path("lesions")) {
                Seen lesion = seen.computeIfAbsent(s.path("id").asInt(), id -> new Seen());
                lesion.last = line.path("time").asDouble();
                lesion.first = lesion.first < 0 ? lesion.last : lesion.first;
                lesion.count++;
                lesion.scores += s.path("score").asDouble();
                lesion.assessed += s.path("assessed").asBoolean() ? 1 : 0;
                lesion.noLesion +=
                        s.path("assessed").asBoolean() ? s.path("noLesion").asDouble() : 0;
                lesion.classes.add(s.path("class").asText());
            }
        }
        return seen;
    }

    private static List<JsonNode> sightings() {
        List<JsonNode> all = new ArrayList<>();
        LINES.forEach(line -> line.path("lesions").forEach(all::add));
        return all;
    }

    private static JsonNode sighting(int lesion, double time) {
        for (JsonNode line : LINES) {
            if (Math.abs(line.path("time").asDouble() - time) < 1e-3) {
                for (JsonNode s : line.path("lesions")) {
                    if (s.path("id").asInt() == lesion) {
                        return s;
                    }
                }
            }
        }
        throw new AssertionError("No sighting of lesion " + lesion + " at " + time + " s");
    }

    private static List<List<String>> rows(String table) throws Exception {
        return rows(report, table);
    }

    static List<List<String>> rows(Document page, String table) throws Exception {
        NodeList found = select(page, "//table[@id='" + table + "']/tbody/tr");
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            NodeList cells = ((Element) found.item(i)).getElementsByTagName("td");
            List<String> row = new ArrayList<>();
            for (int c = 0; c < cells.getLength(); c++) {
                row.add(cells.item(c).getTextContent());
            }
            rows.add(row);
        }
        return rows;
    }

    private static NodeList select(String path) throws Exception {
        return select(report, path);
    }

    private static NodeList select(Document page, String path) throws Exception {
        XPath xpath = XPathFactory.newInstance().newXPath();
        return (NodeList) xpath.evaluate(path, page, XPathConstants.NODESET);
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
