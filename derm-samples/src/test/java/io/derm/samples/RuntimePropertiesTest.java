package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Availability;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class RuntimePropertiesTest {
    private static final InferenceRuntime TENSORRT = new Named("tensorrt");
    private static final InferenceRuntime CPU = new Named("onnxruntime");

    private record Named(String name) implements InferenceRuntime {
        @Override
        public int priority() {
            return 0;
        }

        @Override
        public Availability availability() {
            return Availability.yes("");
        }

        @Override
        public Session open(Model model, SessionOptions options) {
            throw new AssertionError("nothing is opened");
        }
    }

    private static RuntimeProperties parsed(String... arguments) {
        return CommandLine.populateCommand(new RuntimeProperties(), arguments);
    }

    @Test
    void options_givenSeveralTimes_allReachTheSession() {
        SessionOptions session = parsed("--runtime-option", "trt.cache=a=b/c", "--runtime-option=trt.device=1")
                .of("detector", TENSORRT, SessionOptions.defaults().withThreads(3));
        assertThat(session).isEqualTo(new SessionOptions(3, 32, Map.of("trt.cache", "a=b/c", "trt.device", "1")));
    }

    @Test
    void option_forOneModel_isForItAlone() {
        RuntimeProperties given = parsed("--runtime-option", "detector:trt.plan=C:x.plan");
        assertThat(given.of("detector", TENSORRT, SessionOptions.defaults()).properties())
                .containsExactly(Map.entry("trt.plan", "C:x.plan"));
        assertThat(given.of("classifier", TENSORRT, SessionOptions.defaults()).properties())
                .isEmpty();
    }

    @Test
    void option_forOneModelAndForAll_isThatOfTheModel() {
        RuntimeProperties given = parsed("--runtime-option", "a:trt.tf32=false", "--runtime-option", "trt.tf32=true");
        assertThat(given.of("a", TENSORRT, SessionOptions.defaults()).properties())
                .containsEntry("trt.tf32", "false");
        assertThat(given.of("b", TENSORRT, SessionOptions.defaults()).properties())
                .containsEntry("trt.tf32", "true");
    }

    @Test
    void optionsOfTwoRuntimes_reachTheirOwn() {
        RuntimeProperties given =
                parsed("--runtime-option", "trt.cache=c", "--runtime-option", "session.intra_op.allow_spinning=1");
        given.check(Map.of("a", CPU, "b", TENSORRT));
        assertThat(given.of("a", CPU, SessionOptions.defaults()).properties())
                .containsExactly(Map.entry("session.intra_op.allow_spinning", "1"));
        assertThat(given.of("b", TENSORRT, SessionOptions.defaults()).properties())
                .containsExactly(Map.entry("trt.cache", "c"));
    }

    @Test
    void option_ofARuntimeThatDoesNotRun_isRefused() {
        assertThatThrownBy(() -> parsed("--runtime-option", "trt.cache=c").check(Map.of("detector", CPU)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("trt.cache is no option of onnxruntime", "--runtime tensorrt");
        assertThatThrownBy(() -> parsed("--runtime-option", "cache=c").check(Map.of("detector", TENSORRT)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("cache is no option of tensorrt", "begins with trt.");
        assertThatThrownBy(() -> parsed("--runtime-option", "a:trt.cache=c").check(Map.of("a", CPU, "b", TENSORRT)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a:trt.cache is no option of onnxruntime");
    }

    @Test
    void plan_withoutItsDigest_isRefusedBeforeAnythingRuns() {
        assertThatThrownBy(() ->
                        parsed("--runtime-option", "detector:trt.plan=a.plan").check())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--runtime-option for detector: trt.plan is a.plan and trt.plan_sha256 is null, expected"
                        + " both or neither");
        parsed("--runtime-option", "detector:trt.plan=a.plan", "--runtime-option", "trt.plan_sha256=0")
                .check();
        assertThatThrownBy(() -> parsed("--runtime-option", "trt.levl=3").check())
                .hasMessageContaining("--runtime-option: Property 'trt.levl' is not one of TensorRT's");
    }

    @Test
    void option_forAModelThatIsNotRun_isRefused() {
        assertThatThrownBy(() -> parsed("--runtime-option", "detektor:trt.device=1")
                        .check(Map.of("detector", TENSORRT, "classifier", TENSORRT)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("'detektor'", "[classifier, detector]");
    }

    @Test
    void maxBatch_given_replacesTheCommandsOwn() {
        assertThat(parsed("--max-batch", "8")
                        .of("a", CPU, SessionOptions.defaults().withMaxBatch(1))
                        .maxBatch())
                .isEqualTo(8);
    }

    @Test
    void commandLine_optionThatOnnxRuntimeCannotHave_isWrongUsage() {
        Cli run = Cli.run("doctor", "--runtime", "onnxruntime", "--runtime-option", "foo=bar");
        assertThat(run.out()).contains("no  detector         Property 'foo' is no config entry of ONNX Runtime");
    }

    @Test
    void commandLine_optionOfAnotherRuntime_isWrongUsage() {
        Cli run = Cli.run("detect", "x.png", "--runtime", "onnxruntime", "--runtime-option", "trt.cache=c");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("trt.cache is no option of onnxruntime");
    }
}
