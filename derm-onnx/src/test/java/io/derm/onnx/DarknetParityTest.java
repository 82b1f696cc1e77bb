package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Detection;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import io.derm.ort.OrtRuntime;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Imported networks against what AlexeyAB/darknet computed from the same cfg, weights and picture. */
class DarknetParityTest {
    private static final double TOLERANCE = 1e-4;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "residual,true",
        "residual,false",
        "scaled,true",
        "scaled,false",
        "mobile,true",
        "mobile,false",
        "attention,true",
        "attention,false"
    })
    void heads_ofTheImport_areThoseOfDarknet(String name, boolean fold) throws IOException {
        Path onnx = imported(name, fold);
        DarknetPlan plan = DarknetPlan.of(DarknetCfg.parse(name, SeededNetwork.resource(name + ".cfg")));
        Tensor input = Tensor.allocate("input", ElementType.FLOAT32, 1, 3, plan.height(), plan.width());
        byte[] rgb = SeededNetwork.picture(plan.width(), plan.height());
        int area = plan.width() * plan.height();
        for (int i = 0; i < rgb.length; i++) {
            input.floats().put(i % 3 * area + i / 3, (rgb[i] & 0xff) / 255f);
        }
        try (Session session =
                new OrtRuntime().open(Model.of(onnx), SessionOptions.defaults().withThreads(1))) {
            Tensors outputs = session.run(Tensors.of(input));
            int head = -1;
            double largest = 0;
            int compared = 0;
            for (String line : SeededNetwork.resource(name + ".txt").lines().toList()) {
                String[] f = line.split(" ");
                if (f[0].equals("head")) {
                    Tensor out = outputs.get(++head);
                    assertThat(out.shape())
                            .containsExactly(1, Integer.parseInt(f[1]), Integer.parseInt(f[2]), Integer.parseInt(f[3]));
                    largest = Double.parseDouble(f[4]);
                } else if (!f[0].equals("box") && !f[0].equals("threshold")) {
                    double expected = Double.parseDouble(f[1]);
                    assertThat((double) outputs.get(head).floats().get(Integer.parseInt(f[0])))
                            .as("%s at %s", outputs.get(head), f[0])
                            .isCloseTo(expected, within(TOLERANCE * largest));
                    compared++;
                }
            }
            assertThat(compared).isEqualTo(40 * outputs.size()).isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"residual", "scaled", "mobile", "attention"})
    void detections_ofTheImportThroughItsMetadata_areThoseOfDarknet(String name) throws IOException {
        List<double[]> expected = new ArrayList<>();
        double threshold = 0;
        for (String line : SeededNetwork.resource(name + ".txt").lines().toList()) {
            if (line.startsWith("threshold ")) {
                threshold = Double.parseDouble(line.substring(10));
            } else if (line.startsWith("box ")) {
                double[] box = new double[6];
                String[] f = line.split(" ");
                for (int i = 0; i < 6; i++) {
                    box[i] = Double.parseDouble(f[i + 1]);
                }
                expected.add(box);
            }
        }
        assertThat(expected).isNotEmpty();
        Path onnx = imported(name, true);
        DarknetPlan plan = DarknetPlan.of(DarknetCfg.parse(name, SeededNetwork.resource(name + ".cfg")));
        byte[] rgb = SeededNetwork.picture(plan.width(), plan.height());
        ByteBuffer pixels = ByteBuffer.allocateDirect(rgb.length);
        for (int i = 0; i < rgb.length; i++) {
            pixels.put(i / 3 * 3 + 2 - i % 3, rgb[i]);
        }
        try (Frame frame = Frame.wrap(pixels, plan.width(), plan.height(), 3 * plan.width(), PixelFormat.BGR24);
                YoloDetector detector = YoloDetector.open(
                        new OrtRuntime(),
                        Model.of(onnx),
                        SessionOptions.defaults().withThreads(1),
                        YoloOptions.defaults()
                                .withScoreThreshold(threshold)
                                .withMaxCandidates(10_000)
                                .withMaxDetections(1000))) {
            List<Detection> found = detector.detect(frame);
            assertThat(found).hasSameSizeAs(expected);
            List<Detection> open = new ArrayList<>(found);
            for (double[] box : expected) {
                // darknet's boxes reach over the border, derm's end there
                assertThat(open.removeIf(d -> d.classIndex() == (int) box[0]
                                && Math.abs(d.score() - box[1]) < 1e-4
                                && Math.abs(d.box().left() - clamp(box[2], plan.width())) < 0.01
                                && Math.abs(d.box().top() - clamp(box[3], plan.height())) < 0.01
                                && Math.abs(d.box().right() - clamp(box[4], plan.width())) < 0.01
                                && Math.abs(d.box().bottom() - clamp(box[5], plan.height())) < 0.01))
                        .as("%s among %s", Arrays.toString(box), found)
                        .isTrue();
            }
        }
    }

    private static double clamp(double v, int side) {
        return Math.max(0, Math.min(side, v));
    }

    private Path imported(String name, boolean fold) throws IOException {
        SeededNetwork.write(name, folder);
        Path onnx = folder.resolve(name + ".onnx");
        DarknetImporter.create()
                .foldingBatchNorm(fold)
                .importModel(folder.resolve(name + ".cfg"), folder.resolve(name + ".weights"))
                .write(onnx);
        assertThat(Files.size(onnx)).isPositive();
        return onnx;
    }
}
