package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.derm.api.ElementType;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import io.derm.ort.OrtRuntime;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxModelTest {
    private static final int N = 600;

    @TempDir
    Path folder;

    /** y = x + w, w being 0, 1, 2 ... */
    private static OnnxModel sum() {
        float[] w = new float[N];
        for (int i = 0; i < N; i++) {
            w[i] = i;
        }
        return OnnxModel.of(
                "sum.onnx",
                ModelProto.newBuilder()
                        .setIrVersion(8)
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                        .setGraph(GraphProto.newBuilder()
                                .setName("sum")
                                .addInput(OnnxGraph.declare(new OnnxValue("x", DataType.FLOAT, Shape.of(1, N))))
                                .addOutput(OnnxGraph.declare(new OnnxValue("y", DataType.FLOAT, Shape.of(1, N))))
                                .addInitializer(TensorBytes.floatTensor("w", w, 1, N))
                                .addNode(NodeProto.newBuilder()
                                        .setOpType("Add")
                                        .addInput("x")
                                        .addInput("w")
                                        .addOutput("y")))
                        .build());
    }

    private static StringStringEntryProto.Builder entry(String k, String v) {
        return StringStringEntryProto.newBuilder().setKey(k).setValue(v);
    }

    private Path raw(String location, long offset, long length) throws IOException {
        ModelProto p = sum().proto();
        TensorProto t = TensorProto.newBuilder()
                .setName("w")
                .setDataType(1)
                .addDims(1)
                .addDims(N)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", location))
                .addExternalData(entry("offset", "" + offset))
                .addExternalData(entry("length", "" + length))
                .build();
        Path file = Files.createDirectories(folder.resolve("model")).resolve("m.onnx");
        return Files.write(
                file,
                p.toBuilder()
                        .setGraph(p.getGraph().toBuilder().setInitializer(0, t))
                        .build()
                        .toByteArray());
    }

    @Test
    void model_writtenAndRead_isTheSame() throws IOException {
        OnnxModel model = sum().withMetadata("derm.name", "sum").withMetadata("derm.task", "none");
        Path file = model.write(folder.resolve("sub").resolve("sum.onnx"));
        OnnxModel read = OnnxModel.read(file);
        assertThat(read.proto()).isEqualTo(model.proto());
        assertThat(read.metadata()).containsExactly(entryOf("derm.name", "sum"), entryOf("derm.task", "none"));
        assertThat(read.withMetadata("derm.name", "other").metadata())
                .containsExactly(entryOf("derm.name", "other"), entryOf("derm.task", "none"));
        assertThat(read.metadata()).containsEntry("derm.name", "sum");
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).as("nothing temporary is left").containsExactly(file);
        }
    }

    private static java.util.Map.Entry<String, String> entryOf(String k, String v) {
        return java.util.Map.entry(k, v);
    }

    @Test
    void externalData_written_isReadAndRunByOnnxRuntime() throws IOException {
        Path file = sum().writeWithExternalData(folder.resolve("sum.onnx"));
        assertThat(Files.size(folder.resolve("sum.onnx.data"))).isEqualTo(4 * N);
        assertThat(Files.size(file)).isLessThan(1000);
        OnnxModel read = OnnxModel.read(file);
        TensorProto w = read.graph().initialiser("w").orElseThrow();
        assertThat(read.floats(w)).hasSize(N).endsWith(N - 2, N - 1);
        Tensor x = Tensor.allocate("x", ElementType.FLOAT32, 1, N);
        x.floats().put(5, 0.5f);
        try (Session session = new OrtRuntime().open(Model.of(file), SessionOptions.defaults())) {
            Tensors y = session.run(Tensors.of(x));
            assertThat(y.get(0).floats().get(5)).isEqualTo(5.5f);
            assertThat(y.get(0).floats().get(N - 1)).isEqualTo(N - 1f);
        }
        Path inOne = read.write(folder.resolve("one").resolve("sum.onnx"));
        assertThat(OnnxModel.read(inOne).proto()).isEqualTo(sum().proto());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../w.data", "sub/../../w.data", "", "C:w.data", "a\\w.data", "nothing.data", "link.data", "."})
    void externalData_notInTheFolder_isRefused(String location) throws IOException {
        Files.write(folder.resolve("w.data"), new byte[4 * N]);
        Path file = raw(location, 0, 4 * N);
        Files.createDirectories(file.resolveSibling("sub"));
        Files.createSymbolicLink(file.resolveSibling("link.data"), folder.resolve("w.data"));
        refused(file);
    }

    @Test
    void externalData_atAnAbsolutePath_isRefused() throws IOException {
        Path inside =
                Files.write(Files.createDirectories(folder.resolve("model")).resolve("w.data"), new byte[4 * N]);
        refused(raw(inside.toAbsolutePath().toString(), 0, 4 * N));
        assertThat(OnnxModel.read(raw("w.data", 0, 4 * N)).graph().initialisers())
                .containsKey("w");
    }

    @Test
    void externalData_thatEndsTooSoon_isRefused() throws IOException {
        Files.write(Files.createDirectories(folder.resolve("model")).resolve("w.data"), new byte[4 * N]);
        refused(raw("w.data", 4, 4 * N));
        refused(raw("w.data", Long.MAX_VALUE / 16, 4 * N));
    }

    private static void refused(Path file) {
        assertThatThrownBy(() -> OnnxModel.read(file))
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith("[DERM-095] Model m.onnx has external data")
                .hasMessageContaining("Remedy: ");
    }

    @Test
    void externalData_inMemory_isRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(raw("w.data", 0, 4 * N));
        assertThatThrownBy(() -> OnnxModel.read("mem", bytes))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("[DERM-095]");
    }

    @Test
    void file_cutShortOrForeign_isNoOnnx() throws IOException {
        byte[] bytes = sum().proto().toByteArray();
        for (byte[] bad : List.of(
                Arrays.copyOf(bytes, bytes.length / 2), new byte[] {1, 2, 3}, "<html></html>".getBytes("US-ASCII"))) {
            Path file = Files.write(folder.resolve("bad.onnx"), bad);
            assertThatThrownBy(() -> OnnxModel.read(file))
                    .isInstanceOf(ModelException.class)
                    .hasMessageStartingWith("[DERM-094] Model bad.onnx");
        }
    }

    @Test
    void tensor_withAForgedShape_isRefusedWithoutAllocatingIt() {
        TensorProto forged = TensorProto.newBuilder()
                .setName("w")
                .setDataType(1)
                .addDims(1L << 40)
                .build();
        assertThatThrownBy(() -> sum().floats(forged))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("[DERM-097] Tensor 'w' of sum.onnx")
                .hasMessageContaining("has 0 bytes, expected 4398046511104");
    }

    @Test
    void typedFields_areReadAsRawDataIs() {
        TensorProto half = TensorProto.newBuilder()
                .setDataType(DataType.FLOAT16.number())
                .addDims(4)
                .addInt32Data(0x3c00)
                .addInt32Data(0xc000)
                .addInt32Data(0x0001)
                .addInt32Data(0x7c00)
                .build();
        assertThat(sum().floats(half)).containsExactly(1f, -2f, 0x1p-24f, Float.POSITIVE_INFINITY);
        TensorProto brain = TensorProto.newBuilder()
                .setDataType(DataType.BFLOAT16.number())
                .addDims(1)
                .addInt32Data(0xc040)
                .build();
        assertThat(sum().floats(brain)).containsExactly(-3f);
        TensorProto longs = TensorProto.newBuilder()
                .setDataType(DataType.INT64.number())
                .addDims(2)
                .addInt64Data(-5)
                .addInt64Data(7)
                .build();
        assertThat(sum().longs(longs)).containsExactly(-5, 7);
    }

    @Test
    void externalData_ofMoreThanABufferHolds_isRefused() throws IOException {
        Path file = raw("w.data", 0, 3L << 30);
        try (RandomAccessFile data =
                new RandomAccessFile(file.resolveSibling("w.data").toFile(), "rw")) {
            data.setLength(3L << 30);
        }
        OnnxModel model = OnnxModel.read(file);
        TensorProto w = model.graph().initialiser("w").orElseThrow();
        TensorProto floats = w.toBuilder().clearDims().addDims(3L << 28).build();
        assertThatThrownBy(() -> model.bytes(floats))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining(
                        "[DERM-097] Tensor 'w' of m.onnx has 3221225472 bytes, expected at most 2147483647");
        TensorProto nibbles = floats.toBuilder()
                .setDataType(DataType.UINT4.number())
                .setDims(0, 3L << 30)
                .setExternalData(2, entry("length", "" + (3L << 29)))
                .build();
        assertThat(model.bytes(nibbles).remaining()).isEqualTo(3 << 29);
        for (Runnable read : List.<Runnable>of(() -> model.floats(nibbles), () -> model.longs(nibbles))) {
            assertThatThrownBy(read::run)
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("[DERM-097] Tensor 'w' of m.onnx is of type uint4, expected");
        }
    }

    @Test
    void externalData_withABackslashAfterALineEnd_isRefused() throws IOException {
        Path file = raw("a\nb\\c", 0, 4 * N);
        Files.write(file.resolveSibling("a\nb\\c"), new byte[4 * N]);
        refused(file);
    }

    @Test
    void message_aboutNamesAndShapesWithoutEnd_isOneShortLine() {
        TensorProto.Builder t = TensorProto.newBuilder()
                .setName("\n\u001b" + "n".repeat(100_000))
                .setDataType(1);
        for (int i = 0; i < 10_000; i++) {
            t.addDims(7);
        }
        TensorProto wide = t.build();
        assertThatThrownBy(() -> sum().bytes(wide))
                .isInstanceOfSatisfying(ModelException.class, e -> assertThat(e.getMessage())
                        .startsWith("[DERM-097] Tensor ' ?nnn")
                        .contains("n…' of sum.onnx has shape [7, 7, ", ", expected sizes. Remedy: ")
                        .hasSizeLessThan(1000));
        TensorProto external = wide.toBuilder()
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", "l".repeat(100_000)))
                .build();
        assertThatThrownBy(() -> sum().bytes(external.toBuilder().clearDims().build()))
                .isInstanceOfSatisfying(
                        ModelException.class,
                        e -> assertThat(e.getMessage()).startsWith("[DERM-095]").hasSizeLessThan(1500));
    }

    @Test
    void report_ofMoreBytesThanALongCounts_saysTheMost() {
        GraphProto.Builder g = sum().proto().getGraph().toBuilder();
        for (int i = 0; i < 4096; i++) {
            g.addInitializer(TensorProto.newBuilder()
                    .setName("t" + i)
                    .setDataType(DataType.COMPLEX128.number())
                    .addDims(1L << 48));
        }
        OnnxModel model = sum().withProto(sum().proto().toBuilder().setGraph(g).build());
        assertThat(ModelReport.of(model).parameterBytes()).isEqualTo(Long.MAX_VALUE);
    }
}
