package io.derm.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.PixelFormat;
import io.derm.api.Runtimes;
import io.derm.samples.DemoModel.Precision;
import io.derm.yolo.YoloLayout;
import java.util.Collection;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Each benchmark opens, which is where it checks what it is about to time, and runs once. */
class BenchmarksTest {
    @ParameterizedTest
    @EnumSource(YoloLayout.class)
    void decode_ofPreparedOutputs_findsTheObjectsPutIn(YoloLayout layout) {
        for (int classes : new int[] {1, 80}) {
            DecodeBenchmark benchmark = new DecodeBenchmark();
            benchmark.layout = layout;
            benchmark.classes = classes;
            benchmark.candidates = 900;
            benchmark.open();
            assertThat(benchmark.decode()).hasSize(300);
            assertThat(benchmark.copyOnce()).isNotEmpty();
            benchmark.close();
        }
    }

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void letterbox_ofAFrame_writesWhatItsDefinitionSays(PixelFormat format) {
        LetterboxBenchmark benchmark = new LetterboxBenchmark();
        benchmark.runtime = "onnxruntime";
        benchmark.size = "640x360";
        benchmark.format = format;
        benchmark.side = 96;
        benchmark.open();
        assertThat(benchmark.letterbox().get(0).elements()).isEqualTo(1);
        benchmark.bareRun();
        benchmark.close();
    }

    @ParameterizedTest
    @CsvSource({"BGR24, 1", "NV12, 8", "BGR24, 32"})
    void crop_ofRegions_writesWhatItsDefinitionSays(PixelFormat format, int regions) {
        CropBenchmark benchmark = new CropBenchmark();
        benchmark.runtime = "onnxruntime";
        benchmark.size = "640x360";
        benchmark.format = format;
        benchmark.regions = regions;
        benchmark.side = 48;
        benchmark.open();
        assertThat(benchmark.crop().get(0).elements()).isEqualTo(1);
        benchmark.bareRun();
        benchmark.close();
    }

    @Test
    void detect_besideTheBareRun_opensAndRuns() throws Exception {
        DetectBenchmark benchmark = new DetectBenchmark();
        benchmark.runtime = "onnxruntime";
        benchmark.model = "demo";
        benchmark.precision = Precision.fp32;
        benchmark.threads = 1;
        benchmark.open();
        assertThat(benchmark.detect()).isNotEmpty();
        benchmark.bareRun();
        benchmark.close();
    }

    @Test
    void classify_inTwoParts_agreesWithRegionsOneByOne() throws Exception {
        ClassifyBenchmark benchmark = new ClassifyBenchmark();
        benchmark.runtime = "onnxruntime";
        benchmark.model = "demo";
        benchmark.precision = Precision.int8;
        benchmark.regions = 3;
        benchmark.threads = 1;
        benchmark.maxBatch = 2;
        benchmark.open();
        assertThat(benchmark.classify()).hasSize(3);
        benchmark.bareRun();
        benchmark.close();
    }

    @Test
    void tracker_underAPanningCamera_keepsEachLesionsNumber() throws Exception {
        TrackerBenchmark benchmark = new TrackerBenchmark();
        benchmark.lesions = 32;
        benchmark.open();
        assertThat(benchmark.exam().lesions()).hasSize(32);
        assertThat(benchmark.noLesions().lesions()).isEmpty();
        benchmark.close();
    }

    @Test
    void exam_ofAFewFrames_agreesWithTheModelsAlone() throws Exception {
        ExamBenchmark benchmark = new ExamBenchmark();
        benchmark.runtime = "onnxruntime";
        benchmark.detectorModel = "demo";
        benchmark.classifierModel = "demo";
        benchmark.precision = Precision.fp32;
        benchmark.threads = 1;
        benchmark.maxBatch = 32;
        benchmark.frames = 3;
        benchmark.open();
        assertThat(benchmark.exam().frames()).isEqualTo(3);
        assertThat(benchmark.detectAlone()).isPositive();
        assertThat(benchmark.classifyAlone()).isPositive();
        benchmark.close();
    }

    @Test
    void jmh_runningABenchmark_givesItsTime() throws Exception {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include("DecodeBenchmark.decode")
                        .param("layout", "TAO_BATCHED_NMS")
                        .param("classes", "1")
                        .param("candidates", "3")
                        .mode(Mode.SampleTime)
                        .forks(0)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(10))
                        .verbosity(VerboseMode.SILENT)
                        .shouldFailOnError(true)
                        .build())
                .run();
        assertThat(results).hasSize(1);
        assertThat(results.iterator().next().getPrimaryResult().getScore()).isPositive();
    }

    @Test
    void benchmark_onARuntimeThatDoesNotWorkHere_isNotRunAndSaysWhy() {
        Assumptions.assumeTrue(
                Runtimes.all().stream()
                        .noneMatch(r ->
                                r.name().equals("tensorrt") && r.availability().available()),
                "TensorRT works here");
        DetectBenchmark benchmark = new DetectBenchmark();
        benchmark.runtime = "tensorrt";
        benchmark.model = "demo";
        benchmark.precision = Precision.fp16;
        assertThatThrownBy(benchmark::open)
                .isInstanceOf(NotRunException.class)
                .hasMessageStartingWith("not run: [DERM-302]")
                .hasMessageContaining("tensorrt: ");
    }

    @Test
    void fp16_onOnnxRuntime_isNotRunAsItWouldBeFloat32() {
        DetectBenchmark benchmark = new DetectBenchmark();
        benchmark.runtime = "onnxruntime";
        benchmark.model = "demo";
        benchmark.precision = Precision.fp16;
        assertThatThrownBy(benchmark::open).isInstanceOf(NotRunException.class).hasMessageContaining("float32");
    }
}
