package io.derm.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Writes a model beside its final place and moves it there, so that no reader ever sees half of one. */
final class ModelWriter {
    /** Tensors under this stay in the file: shapes, scales and biases are read by tools that do not follow references. */
    private static final int EXTERNAL_FROM = 1024;
    /** ONNX asks for offsets on page boundaries so that data can be mapped. */
    private static final int PAGE = 4096;

    private ModelWriter() {}

    static Path write(OnnxModel model, Path file, long limit) {
        Path target = file.toAbsolutePath();
        Path folder = Optional.ofNullable(target.getParent()).orElse(target);
        List<Path> temporary = new ArrayList<>();
        try {
            Files.createDirectories(folder);
            ModelProto proto;
            Optional<Path> data = Optional.empty();
            if (size(model) <= limit) {
                proto = withInternalData(model);
            } else {
                Path part = part(folder);
                temporary.add(part);
                data = Optional.of(part);
                proto = withExternalData(model, part, target.getFileName() + ".data");
            }
            Path part = part(folder);
            temporary.add(part);
            try (OutputStream out = Files.newOutputStream(part)) {
                CodedOutputStream coded = CodedOutputStream.newInstance(out, 1 << 20);
                proto.writeTo(coded);
                coded.flush();
            }
            sync(part);
            if (data.isPresent()) {
                sync(data.get());
                Files.move(
                        data.get(),
                        folder.resolve(target.getFileName() + ".data"),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (IOException e) {
            throw Problems.cannotWrite(file, e);
        } finally {
            delete(temporary);
        }
    }

    private static void delete(List<Path> temporary) {
        for (Path p : temporary) {
            try {
                Files.deleteIfExists(p);
            } catch (IOException e) {
                p.toFile().deleteOnExit();
            }
        }
    }

    /** Writes a text as a model is written. */
    static void text(Path file, String text) {
        Path target = file.toAbsolutePath();
        Path folder = Optional.ofNullable(target.getParent()).orElse(target);
        List<Path> temporary = new ArrayList<>();
        try {
            Files.createDirectories(folder);
            Path part = part(folder);
            temporary.add(part);
            Files.writeString(part, text);
            sync(part);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw Problems.cannotWrite(file, e);
        } finally {
            delete(temporary);
        }
    }

    static byte[] bytes(OnnxModel model, long limit) {
        long size = size(model);
        if (size > limit) {
            throw Problems.notOnnx(model.name(), "has " + size + " bytes, over the 2 GiB of a protobuf in memory");
        }
        return withInternalData(model).toByteArray();
    }

    /** A new file with the permissions of any new file; those of the JDK's temporary files are the owner's alone. */
    private static Path part(Path folder) throws IOException {
        return Files.createFile(folder.resolve("." + UUID.randomUUID() + ".part"));
    }

    private static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Bytes of the model in one file. Tensors are counted by themselves: the size of a message over 2 GiB overflows. */
    private static long size(OnnxModel model) {
        GraphProto graph = model.proto().getGraph();
        long size = 0;
        for (TensorProto t : graph.getInitializerList()) {
            size += t.getSerializedSize() + 16L;
            if (ExternalData.isExternal(t)) {
                size += model.bytes(t).remaining();
            }
        }
        return size
                + model.proto().toBuilder()
                        .setGraph(graph.toBuilder().clearInitializer())
                        .build()
                        .getSerializedSize();
    }

    private static ModelProto withInternalData(OnnxModel model) {
        GraphProto graph = model.proto().getGraph();
        if (graph.getInitializerList().stream().noneMatch(ExternalData::isExternal)) {
            return model.proto();
        }
        GraphProto.Builder changed = graph.toBuilder().clearInitializer();
        for (TensorProto t : graph.getInitializerList()) {
            changed.addInitializer(
                    ExternalData.isExternal(t)
                            ? t.toBuilder()
                                    .clearExternalData()
                                    .clearDataLocation()
                                    .setRawData(UnsafeByteOperations.unsafeWrap(model.bytes(t)))
                                    .build()
                            : t);
        }
        return model.proto().toBuilder().setGraph(changed).build();
    }

    private static ModelProto withExternalData(OnnxModel model, Path data, String location) throws IOException {
        GraphProto graph = model.proto().getGraph();
        GraphProto.Builder changed = graph.toBuilder().clearInitializer();
        try (FileChannel out = FileChannel.open(data, StandardOpenOption.WRITE)) {
            long offset = 0;
            for (TensorProto t : graph.getInitializerList()) {
                DataType type = DataType.of(t.getDataType());
                if (type.bits() == 0) {
                    changed.addInitializer(t);
                    continue;
                }
                ByteBuffer bytes = model.bytes(t);
                int length = bytes.remaining();
                if (length < EXTERNAL_FROM && !ExternalData.isExternal(t)) {
                    changed.addInitializer(t);
                    continue;
                }
                offset = (offset + PAGE - 1) / PAGE * PAGE;
                long at = offset;
                while (bytes.hasRemaining()) {
                    at += out.write(bytes, at);
                }
                changed.addInitializer(t.toBuilder()
                        .clearRawData()
                        .clearFloatData()
                        .clearDoubleData()
                        .clearInt32Data()
                        .clearInt64Data()
                        .clearUint64Data()
                        .clearExternalData()
                        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                        .addExternalData(entry("location", location))
                        .addExternalData(entry("offset", Long.toString(offset)))
                        .addExternalData(entry("length", Integer.toString(length))));
                offset += length;
            }
        }
        return model.proto().toBuilder().setGraph(changed).build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }
}
