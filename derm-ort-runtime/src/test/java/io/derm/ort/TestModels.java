package io.derm.ort;

import io.derm.api.Model;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The ONNX files that src/test/python/make_models.py writes. */
final class TestModels {
    private TestModels() {}

    static byte[] bytes(String resource) {
        try (InputStream in = TestModels.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("No test resource " + resource);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Model model(String name) {
        return Model.of(name + ".onnx", bytes(name + ".onnx"));
    }

    /** The model as a file in a folder. */
    static Model file(Path folder, String name) throws IOException {
        return Model.of(Files.write(folder.resolve(name + ".onnx"), bytes(name + ".onnx")));
    }
}
