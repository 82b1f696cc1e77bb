package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.FrameSource;
import io.derm.api.InferenceRuntime;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.models.DemoModels;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamOptions;
import io.derm.pipeline.ExamSummary;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in the README, run on phantom scenes. */
class ReadmeTest {
    @TempDir
    Path dir;

    @Test
    void snippet_onAFolderOfScenes_finds() throws Exception {
        assertThat(Derm.execute(
                        "phantom",
                        "--images",
                        "4",
                        "--seed",
                        "1000000",
                        "--out",
                        dir.resolve("p").toString()))
                .isZero();
        String video = dir.resolve("p/images").toString();
        InferenceRuntime runtime = Runtimes.find("auto");
        SessionOptions session = SessionOptions.defaults().withThreads(1);
        try (FrameSource source = Sources.open(video, CaptureOptions.defaults());
                Detector detector = YoloDetector.open(runtime, DemoModels.detector(), session, YoloOptions.defaults());
                Classifier classifier =
                        EffnetClassifier.open(runtime, DemoModels.classifier(), session, EffnetOptions.defaults())) {
            ExamSummary summary = new Exam(source, detector, classifier, ExamOptions.defaults())
                    .run(findings -> findings.sightings().forEach(System.out::println));
            summary.lesions().forEach(System.out::println);
            assertThat(summary.frames()).isEqualTo(4);
        }
    }

    @Test
    void readme_showsThisProgram() throws Exception {
        String readme = squash(Files.readString(Path.of("../README.md")));
        String source = squash(Files.readString(Path.of("src/test/java/io/derm/samples/ReadmeTest.java")));
        String program = readme.substring(
                readme.indexOf("InferenceRuntimeruntime="), readme.indexOf("summary.lesions().forEach"));
        assertThat(source).contains(program.replace("\"video.mp4\"", "video"));
    }

    private static String squash(String text) {
        return text.replaceAll("\\s+", "");
    }
}
