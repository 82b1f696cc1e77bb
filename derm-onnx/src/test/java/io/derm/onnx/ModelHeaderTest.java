package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.contract.InferenceRuntimeContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelHeaderTest {
    private static final Model AFFINE = InferenceRuntimeContract.AFFINE;

    @TempDir
    Path folder;

    private static OnnxModel withWeight(TensorProto weight) {
        OnnxModel affine = OnnxModel.read("affine.onnx", AFFINE.bytes());
        ModelProto.Builder proto = affine.proto().toBuilder();
        proto.getGraphBuilder()
                .addInitializer(weight)
                .addInput(ValueInfoProto.newBuilder().setName(weight.getName()));
        return OnnxModel.of("weighty.onnx", proto.build());
    }

    private static TensorProto weight(int bytes) {
        return TensorProto.newBuilder()
                .setName("w")
                .setDataType(TensorProto.DataType.UINT8_VALUE)
                .addDims(bytes)
                .setRawData(ByteString.copyFrom(new byte[bytes]))
                .build();
    }

    @Test
    void read_modelInMemoryAndInFile_saysWhatTheGraphSays() throws IOException {
        OnnxModel model = withWeight(weight(3_000_000)).withMetadata("derm.name", "weighty");
        Path file = folder.resolve("weighty.onnx");
        model.write(file);
        for (Model m : new Model[] {model.toModel(), Model.of(file)}) {
            ModelHeader header = ModelHeader.read(m);
            assertThat(header.inputs()).isEqualTo(model.graph().inputs()).hasSize(1);
            assertThat(header.outputs()).isEqualTo(model.graph().outputs());
            assertThat(header.metadata()).isEqualTo(model.metadata()).containsEntry("derm.name", "weighty");
            assertThat(header.externalFiles()).isEmpty();
        }
    }

    @Test
    void read_externalData_namesTheFiles() throws IOException {
        OnnxModel model = withWeight(weight(70_000));
        Path file = folder.resolve("external.onnx");
        model.writeWithExternalData(file);
        assertThat(ModelHeader.read(Model.of(file)).externalFiles())
                .containsExactly(folder.resolve("external.onnx.data").toRealPath());
        Files.delete(folder.resolve("external.onnx.data"));
        assertThatThrownBy(() -> ModelHeader.read(Model.of(file)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("external.onnx.data");
    }

    @Test
    void read_everyTruncation_isRefusedOrWhole() {
        byte[] whole = AFFINE.bytes();
        ModelHeader expected = ModelHeader.read(AFFINE);
        for (int length = 1; length < whole.length; length++) {
            Model cut = Model.of("cut.onnx", Arrays.copyOf(whole, length));
            try {
                ModelHeader header = ModelHeader.read(cut);
                assertThat(header.inputs()).isEqualTo(expected.inputs());
            } catch (ModelException e) {
                assertThat(e).hasMessageContaining("cut.onnx");
            }
        }
    }
}
