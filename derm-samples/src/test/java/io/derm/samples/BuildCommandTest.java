package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.derm.api.Availability;
import io.derm.trt.TrtRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BuildCommandTest {
    @TempDir
    Path folder;

    @Test
    void build_withoutAGpu_isTheReasonInOneLineAndWritesNothing() throws Exception {
        Availability here = new TrtRuntime().availability();
        assumeFalse(here.available(), "There is a GPU: " + here.detail());
        Path plan = folder.resolve("new/detector.plan");

        Cli run = Cli.run("build", "demo:detector", "--precision", "int8", "-o", plan.toString());

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.complaints())
                .singleElement()
                .asString()
                .matches("derm: \\[DERM-3\\d\\d\\] .*")
                .contains(here.detail(), "Remedy: " + here.remedy());
        assertThat(run.out()).isEmpty();
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "m.onnx --precision int8 | --precision int8 has no --calibrate",
                "demo:detector --calibrate DIR | expected --precision fp16, bf16 or int8",
                "demo:detector --precision fp32 --calibrate DIR | expected --precision fp16, bf16 or int8",
                "demo:detector --precision fp16 --calibrate FILE | expected a folder of images for fp16",
                "demo:detector --batch 33 | --batch is 33, expected --max-batch 32 at most",
                "demo:detector --batch 0 | batch=0",
                "demo:detector --max-batch 0 | maxBatch=0",
                "demo:detector --level 6 | trt.optimization_level is 6, expected 0 to 5",
                "demo:detector --workspace -1 | workspace_mib=-1",
                "demo:detector --device -1 | device=-1",
                "demo:detector --tiling wild | --tiling",
                "demo:detector --compatibility all | --compatibility",
                "demo:detector --precision int4 | --precision"
            })
    void build_wrongUsage_isExitTwoAndNamesIt(String arguments, String named) throws Exception {
        Path file = Files.writeString(folder.resolve("ranges.txt"), "");
        String[] split = ("build " + arguments.replace("DIR", folder.toString()).replace("FILE", file.toString())
                        + " -o " + folder.resolve("x.plan"))
                .split(" ");
        Cli run = Cli.run(split);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains(named);
        assertThat(folder.resolve("x.plan")).doesNotExist();
    }

    @Test
    void build_intoAFolder_isWrongUsage() {
        Cli run = Cli.run("build", "demo:detector", "-o", folder.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("is the folder " + folder);
    }

    @Test
    void lastTime_ofAPlanWithNotes_isTheirs() throws Exception {
        Path plan = folder.resolve("x.plan");
        assertThat(BuildCommand.lastTime(plan)).isEmpty();
        // As PlanFile of derm-trt-runtime writes them.
        Files.writeString(folder.resolve("x.plan.properties"), "plan.bytes=12\nbuilt.seconds=95\n");
        assertThat(BuildCommand.lastTime(plan)).contains(Duration.ofSeconds(95));
    }

    @ParameterizedTest
    @ValueSource(strings = {"plan.bytes=12", "built.seconds=soon", "\\u00"})
    void lastTime_ofNotesThatDoNotSay_isUnknown(String notes) throws Exception {
        Files.writeString(folder.resolve("x.plan.properties"), notes);
        assertThat(BuildCommand.lastTime(folder.resolve("x.plan"))).isEmpty();
    }
}
