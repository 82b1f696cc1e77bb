package io.derm.ort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.InferenceException;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import io.derm.api.contract.TestFrames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds the messages: one line, what was found, what was expected, which file, what to do. */
class OrtErrorsTest {
    @TempDir
    Path folder;

    private static AbstractThrowableAssert<?, ? extends Throwable> openingFails(Model model) {
        return assertThatThrownBy(() ->
                        new OrtRuntime().open(model, SessionOptions.defaults()).close())
                .isInstanceOf(ModelException.class);
    }

    private Path write(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    @Test
    void open_text_isNotOnnx() throws IOException {
        Path file = write("notes.onnx", "These are notes, not a model.".getBytes(StandardCharsets.UTF_8));
        openingFails(Model.of(file))
                .hasMessage("[DERM-020] Model " + file
                        + " is not ONNX. Remedy: Give an .onnx file; convert other formats to ONNX first.");
    }

    @Test
    void open_randomBytes_isNotOnnx() throws IOException {
        byte[] bytes = new byte[10_000];
        new Random(5).nextBytes(bytes);
        openingFails(Model.of(write("random.onnx", bytes))).hasMessageStartingWith("[DERM-020]");
        openingFails(Model.of("random", bytes)).hasMessageStartingWith("[DERM-020] Model random is not ONNX.");
    }

    @Test
    void open_cutAnywhere_isOneLineThatNamesTheFile() throws IOException {
        byte[] whole = TestModels.bytes("types.onnx");
        for (int length = 2; length < whole.length; length++) {
            Path file = write("cut.onnx", Arrays.copyOf(whole, length));
            openingFails(Model.of(file))
                    .hasMessageMatching("\\[DERM-0\\d\\d\\] .*")
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("Remedy: ");
        }
        Path file = write("cut.onnx", Arrays.copyOf(whole, whole.length / 2));
        openingFails(Model.of(file))
                .hasMessage("[DERM-021] Model " + file
                        + " begins as ONNX but cannot be read to its end: it is truncated or damaged."
                        + " Remedy: Download or export it again and compare the SHA-256.");
    }

    @Test
    void open_externalDataMissing_namesTheFile() throws IOException {
        Model model = TestModels.file(folder, "external");
        openingFails(model)
                .hasMessage("[DERM-022] External data " + folder.resolve("weights.bin") + " of model "
                        + folder.resolve("external.onnx") + " does not exist."
                        + " Remedy: Put the data file next to the model, under the name it was exported with.");
    }

    @Test
    void open_externalDataThere_runs() throws IOException {
        Model model = TestModels.file(folder, "external");
        byte[] weights = new byte[256];
        weights[3] = 0x3F;
        weights[2] = (byte) 0x80;
        write("weights.bin", weights);
        try (Session session = new OrtRuntime().open(model, SessionOptions.defaults())) {
            Tensor in = Tensor.allocate("image", ElementType.FLOAT32, 1, 3, 8, 8);
            in.floats().put(0, 5);
            assertThat(session.run(Tensors.of(in)).get("out").floats().get(0)).isEqualTo(5);
        }
    }

    @Test
    void open_externalDataTooShort_isRefused() throws IOException {
        Model model = TestModels.file(folder, "external");
        write("weights.bin", new byte[100]);
        openingFails(model)
                .hasMessageMatching("\\[DERM-031\\] External data of model .*external.onnx cannot be read: .*")
                .hasMessageEndingWith("Remedy: Copy the model and its data again from where they come from.");
    }

    @Test
    void open_externalDataOutsideTheFolder_isRefused() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        write("weights.bin", new byte[256]);
        openingFails(TestModels.file(inner, "external_outside"))
                .hasMessage(
                        "[DERM-023] External data '../weights.bin' of model " + inner.resolve("external_outside.onnx")
                                + " lies outside the model's folder."
                                + " Remedy: Save the model with its data in its own folder.");
    }

    @Test
    void open_externalDataOfAModelInMemory_isRefused() {
        openingFails(TestModels.model("external"))
                .hasMessage(
                        "[DERM-030] Model external.onnx is in memory and refers to external data, expected all of it"
                                + " in one piece. Remedy: Open it as a file next to its data, or save the model with its weights"
                                + " inside.");
    }

    @Test
    void open_tensorRtPlugin_namesTheRuntimeThatHasIt() {
        openingFails(TestModels.model("plugin_op"))
                .hasMessage("[DERM-024] Model plugin_op.onnx has the operator BatchedNMSDynamic_TRT, which ONNX Runtime"
                        + " does not have in opset 17. Remedy: It is a TensorRT plug-in: choose the TensorRT runtime, or"
                        + " export the model without it.");
    }

    @Test
    void open_unknownOperator_isNamed() {
        openingFails(TestModels.model("foreign_op"))
                .hasMessage(
                        "[DERM-024] Model foreign_op.onnx has the operator com.example:Frobnicate, which ONNX Runtime"
                                + " does not have in its domain. Remedy: Export the model with standard ONNX operators.");
    }

    @Test
    void open_opsetOfTheFuture_isRefused() {
        openingFails(TestModels.model("future_opset"))
                .hasMessageMatching("\\[DERM-025\\] Model future_opset.onnx uses opset 999 of ai.onnx, expected at most"
                        + " (\\d+)\\. Remedy: Export it with opset \\1 or lower\\.");
    }

    @Test
    void open_typeThatTensorsDoNotCarry_isRefused() {
        openingFails(TestModels.model("echo_f64"))
                .hasMessage("[DERM-028] Input 'image' of echo_f64.onnx has elements of type DOUBLE, expected float32,"
                        + " float16, uint8, int8, int32, int64 or bool."
                        + " Remedy: Add a Cast to one of these to the graph.");
    }

    @Test
    void runFrame_twoInputs_isRefused() {
        try (Session session = new OrtRuntime().open(TestModels.model("two_inputs"), SessionOptions.defaults());
                Frame frame = TestFrames.noise(8, 8, 1)) {
            assertThatThrownBy(() -> session.run(ImageInput.yolo(8, 8), frame, List.of(frame.bounds())))
                    .isInstanceOf(ModelException.class)
                    .hasMessage("[DERM-026] Model two_inputs.onnx has inputs [left float32 [?,3,8,8], right float32"
                            + " [?,3,8,8]], expected a single image."
                            + " Remedy: Export the model with a single image input.");
        }
    }

    @Test
    void runFrame_rankThree_isRefused() {
        try (Session session = new OrtRuntime().open(TestModels.model("echo_rank_3"), SessionOptions.defaults());
                Frame frame = TestFrames.noise(8, 8, 1)) {
            assertThatThrownBy(() -> session.run(ImageInput.yolo(8, 8), frame, List.of(frame.bounds())))
                    .isInstanceOf(ModelException.class)
                    .hasMessage("[DERM-027] Input image float32 [?,3,8] of echo_rank_3.onnx has rank 3, expected 4,"
                            + " e.g. [1,3,416,416]. Remedy: Export the model for a batch of images.");
        }
    }

    @Test
    void runFrame_otherType_isRefused() {
        try (Session session = new OrtRuntime().open(TestModels.model("echo_nchw_f16"), SessionOptions.defaults());
                Frame frame = TestFrames.noise(8, 8, 1)) {
            assertThatThrownBy(() -> session.run(ImageInput.yolo(8, 8), frame, List.of(frame.bounds())))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Image input is FLOAT32 NCHW 8x8, which does not fit input image float16 [?,3,?,?] of"
                            + " echo_nchw_f16.onnx");
        }
    }

    @Test
    void runTensors_otherShape_isRefused() {
        try (Session session = new OrtRuntime().open(TestModels.model("echo_fixed_4"), SessionOptions.defaults())) {
            Tensor three = Tensor.allocate("image", ElementType.FLOAT32, 3, 3, 8, 8);
            assertThatThrownBy(() -> session.run(Tensors.of(three)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Input is image float32 [3,3,8,8], expected image float32 [4,3,8,8] for"
                            + " echo_fixed_4.onnx");
        }
    }

    @Test
    void run_failsInOnnxRuntime_saysWhereAndKeepsTheSession() {
        try (Session session = new OrtRuntime().open(TestModels.model("fails_at_run"), SessionOptions.defaults())) {
            Tensor one = Tensor.allocate("image", ElementType.FLOAT32, 1, 3, 8, 8);
            assertThatThrownBy(() -> session.run(Tensors.of(one)))
                    .isInstanceOf(InferenceException.class)
                    .hasMessageMatching("\\[DERM-110\\] ONNX Runtime failed to run fails_at_run.onnx: .*Reshape node.*"
                            + "cannot be reshaped.* Remedy: Check the input's size, or export the model again\\.")
                    .hasMessageNotContaining("onnxruntime_src");
            Tensor seven = Tensor.allocate("image", ElementType.FLOAT32, 7, 3, 8, 8);
            assertThat(session.run(Tensors.of(seven)).get("out").shape()).containsExactly(192, 7);
        }
    }

    @Test
    void run_moreMemoryThanThereIs_saysSo() {
        try (Session session = new OrtRuntime().open(TestModels.model("too_big"), SessionOptions.defaults())) {
            Tensor one = Tensor.allocate("image", ElementType.FLOAT32, 1, 3, 8, 8);
            assertThatThrownBy(() -> session.run(Tensors.of(one)))
                    .isInstanceOf(InferenceException.class)
                    .hasMessageMatching("\\[DERM-111\\] ONNX Runtime ran out of memory in too_big.onnx: .*"
                            + "Remedy: Run fewer regions at once, or give the process more memory\\.");
        }
    }

    @Test
    void runFrame_tensorsBeyondDirectMemory_saysHowMuch() {
        SessionOptions options = SessionOptions.defaults().withMaxBatch(1000);
        try (Session session = new OrtRuntime().open(TestModels.model("echo_nchw_f32"), options);
                Frame frame = TestFrames.noise(8, 8, 1)) {
            List<io.derm.api.Box> many = java.util.Collections.nCopies(1000, frame.bounds());
            assertThatThrownBy(() -> session.run(ImageInput.yolo(2000, 1000), frame, many))
                    .isInstanceOf(InferenceException.class)
                    .hasMessage("[DERM-111] Tensors of echo_nchw_f32.onnx need 22888 MiB of direct memory, more than is"
                            + " left. Remedy: Run fewer regions at once, or raise -XX:MaxDirectMemorySize.");
        }
    }
}
