package io.derm.yolo;

import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Outputs of a model and the boxes they stand for, as src/test/python/yolo_goldens.py writes them. */
record Golden(String name, String layout, Signature signature, Tensors outputs, List<Expected> frames) {
    record Expected(int width, int height, List<double[]> detections) {}

    static List<Path> files() throws IOException {
        try (var files = Files.list(Path.of("src/test/resources/goldens"))) {
            return files.filter(f -> f.toString().endsWith(".txt")).sorted().toList();
        }
    }

    static Golden read(String name) throws IOException {
        return read(Path.of("src/test/resources/goldens", name + ".txt"));
    }

    static Golden read(Path file) throws IOException {
        String layout = "";
        List<TensorInfo> inputs = new ArrayList<>();
        List<TensorInfo> outputs = new ArrayList<>();
        List<Tensor> tensors = new ArrayList<>();
        Map<String, String> metadata = new HashMap<>();
        List<Expected> frames = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            String[] part = lines.get(i).split(" ", 3);
            switch (part[0]) {
                case "layout" -> layout = part[1];
                case "meta" -> metadata.put(part[1], part[2]);
                case "input" -> {
                    String[] rest = part[2].split(" ");
                    inputs.add(new TensorInfo(part[1], type(rest[0]), shape(rest[1])));
                }
                case "output" -> {
                    String[] rest = part[2].split(" ");
                    outputs.add(new TensorInfo(part[1], type(rest[0]), shape(rest[1])));
                    tensors.add(tensor(part[1], type(rest[0]), shape(rest[2]), lines.get(++i)));
                }
                case "frame" ->
                    frames.add(new Expected(Integer.parseInt(part[1]), Integer.parseInt(part[2]), new ArrayList<>()));
                case "det" ->
                    frames.get(frames.size() - 1)
                            .detections()
                            .add(Arrays.stream(lines.get(i).substring(4).split(" "))
                                    .mapToDouble(Double::parseDouble)
                                    .toArray());
                default -> throw new IOException(file + ":" + (i + 1) + " is '" + part[0] + "'");
            }
        }
        return new Golden(
                String.valueOf(file.getFileName()).replace(".txt", ""),
                layout,
                new Signature(inputs, outputs, metadata),
                new Tensors(tensors),
                frames);
    }

    private static ElementType type(String name) {
        return ElementType.valueOf(name.toUpperCase(Locale.ROOT));
    }

    private static List<Integer> shape(String text) {
        return Arrays.stream(text.split(",")).map(Integer::valueOf).toList();
    }

    private static Tensor tensor(String name, ElementType type, List<Integer> shape, String numbers) {
        Tensor tensor = Tensor.allocate(
                name, type, shape.stream().mapToInt(Integer::intValue).toArray());
        String[] values = numbers.split(" ");
        if (values.length != tensor.elements()) {
            throw new IllegalArgumentException(tensor + " has " + values.length + " numbers");
        }
        for (int i = 0; i < values.length; i++) {
            if (type == ElementType.INT32) {
                tensor.ints().put(i, Integer.parseInt(values[i]));
            } else {
                tensor.floats().put(i, Float.parseFloat(values[i]));
            }
        }
        return tensor;
    }

    /** A detector over these outputs. */
    YoloDetector detector(YoloOptions options) {
        return new YoloDetector(new FixedSession(signature, outputs), model(), options);
    }

    static Model model() {
        return Model.of("model.onnx", new byte[] {8, 8});
    }

    static Frame frame(int width, int height) {
        return Frame.wrap(ByteBuffer.allocateDirect(3 * width * height), width, height, 3 * width, PixelFormat.BGR24);
    }
}
