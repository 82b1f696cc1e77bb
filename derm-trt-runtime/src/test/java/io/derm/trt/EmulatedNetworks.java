package io.derm.trt;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** What the networks of the emulated TensorRT compute: ONNX Runtime on the memory of the emulated device. Called from its C++ code. */
final class EmulatedNetworks {
    /** Error codes of TensorRT's ONNX parser. */
    private static final int DESERIALIZE_FAILED = 3;

    private static final int UNSUPPORTED_NODE = 8;
    private static final int UNSUPPORTED_TYPE = 11;

    private static final List<Pattern> OPERATORS = List.of(
            Pattern.compile("No Op registered for (?<type>\\S+) with domain_version"),
            Pattern.compile("(?<type>\\S+?)\\(-?\\d+\\) is not a registered function/op"),
            Pattern.compile(
                    "Could not find an implementation for (?<type>\\w+)\\(\\d+\\) node with name '(?<name>[^']*)'"));
    private static final Pattern NODE = Pattern.compile("[Nn]ode(?: name)?:? ?\\(?'?(?<name>[^\\s')]+)");

    private static final Map<Long, OrtSession> OPEN = new ConcurrentHashMap<>();

    private EmulatedNetworks() {}

    /** A line for each tensor, or one that tells why there is none; see tensorrt_build.cpp. */
    static String describe(byte[] onnx, String path) {
        try (OrtSession session = session(onnx, path)) {
            StringBuilder lines =
                    new StringBuilder("n\t" + session.getMetadata().getGraphName() + "\n");
            String wrong = describe(lines, "i", session.getInputInfo().values());
            if (wrong.isEmpty()) {
                wrong = describe(lines, "o", session.getOutputInfo().values());
            }
            return wrong.isEmpty() ? lines.toString() : wrong;
        } catch (OrtException e) {
            return refusal(e);
        }
    }

    private static String describe(StringBuilder lines, String kind, Collection<NodeInfo> tensors) {
        for (NodeInfo node : tensors) {
            if (!(node.getInfo() instanceof TensorInfo info) || typeName(info).isEmpty()) {
                return error(
                        UNSUPPORTED_TYPE, -1, node.getName(), "", "Found unsupported data type: " + node.getInfo());
            }
            lines.append(kind)
                    .append('\t')
                    .append(node.getName())
                    .append('\t')
                    .append(typeName(info))
                    .append('\t')
                    .append(text(info.getShape()))
                    .append('\n');
        }
        return "";
    }

    private static String typeName(TensorInfo info) {
        return switch (info.type) {
            case FLOAT, FLOAT16, INT8, UINT8, INT32, INT64, BOOL -> info.type.name();
            default -> "";
        };
    }

    private static String refusal(OrtException e) {
        String why = e.getMessage().replaceAll("\\s+", " ");
        for (Pattern pattern : OPERATORS) {
            Matcher m = pattern.matcher(why);
            if (m.find()) {
                boolean named = pattern.pattern().contains("<name>");
                Matcher node = NODE.matcher(why);
                String name = named ? m.group("name") : node.find() ? node.group("name") : "";
                return error(UNSUPPORTED_NODE, 0, name, m.group("type"), why);
            }
        }
        Matcher node = NODE.matcher(why);
        return node.find()
                ? error(UNSUPPORTED_NODE, 0, node.group("name"), "", why)
                : error(DESERIALIZE_FAILED, -1, "", "", why);
    }

    private static String error(int code, int node, String name, String type, String why) {
        return String.join("\t", "error", "" + code, "" + node, name, type, why);
    }

    private static OrtSession session(byte[] onnx, String path) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            // A path, where there is one, for the sake of weights in other files.
            return path.isEmpty()
                    ? environment().createSession(onnx, options)
                    : environment().createSession(path, options);
        }
    }

    private static OrtEnvironment environment() {
        return OrtEnvironment.getEnvironment();
    }

    /** Empty, or why not. */
    static String open(long engine, byte[] onnx, String path) {
        try {
            OPEN.put(engine, session(onnx, path));
            return "";
        } catch (OrtException e) {
            return e.toString();
        }
    }

    static String close(long engine) throws OrtException {
        OrtSession session = OPEN.remove(engine);
        if (session != null) {
            session.close();
        }
        return "";
    }

    /** Shapes of the outputs at given ones of the inputs, found by running the model on zeros: name, tab, shape. */
    static String shapes(long engine, String[] names, long[][] shapes) throws OrtException {
        OrtSession session = session(engine);
        Map<String, OnnxTensor> inputs = new HashMap<>();
        try {
            for (int i = 0; i < names.length; i++) {
                OnnxJavaType type = type(session.getInputInfo().get(names[i]));
                ByteBuffer zeros = ByteBuffer.allocateDirect(Math.toIntExact(bytes(type, shapes[i])));
                inputs.put(names[i], tensor(zeros, type, shapes[i]));
            }
            try (OrtSession.Result result = session.run(inputs)) {
                List<String> lines = new ArrayList<>();
                result.forEach(output -> lines.add(output.getKey() + "\t"
                        + text(((TensorInfo) output.getValue().getInfo()).getShape())));
                return String.join("\n", lines);
            }
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    /** Runs on memory of the device. Empty, or what went wrong. */
    static String run(long engine, String[] names, long[] addresses, long[][] shapes, long[] isInput)
            throws OrtException {
        OrtSession session = session(engine);
        Map<String, OnnxTensor> inputs = new HashMap<>();
        Map<String, OnnxTensor> outputs = new HashMap<>();
        Set<OnnxTensor> all = new HashSet<>();
        try {
            for (int i = 0; i < names.length; i++) {
                boolean input = isInput[i] != 0;
                Map<String, NodeInfo> info = input ? session.getInputInfo() : session.getOutputInfo();
                OnnxJavaType type = type(info.get(names[i]));
                OnnxTensor tensor = tensor(buffer(addresses[i], bytes(type, shapes[i])), type, shapes[i]);
                all.add(tensor);
                (input ? inputs : outputs).put(names[i], tensor);
            }
            session.run(inputs, Set.of(), outputs).close();
            return "";
        } finally {
            all.forEach(OnnxTensor::close);
        }
    }

    private static OrtSession session(long engine) {
        OrtSession session = OPEN.get(engine);
        if (session == null) {
            throw new IllegalStateException("The engine is deleted");
        }
        return session;
    }

    private static OnnxTensor tensor(ByteBuffer bytes, OnnxJavaType type, long[] shape) throws OrtException {
        return OnnxTensor.createTensor(environment(), bytes.order(ByteOrder.nativeOrder()), shape, type);
    }

    private static OnnxJavaType type(NodeInfo node) {
        return ((TensorInfo) node.getInfo()).type;
    }

    private static long bytes(OnnxJavaType type, long[] shape) {
        return LongStream.of(shape).reduce(1, (a, b) -> a * b) * type.size;
    }

    private static String text(long[] shape) {
        return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(","));
    }

    /** A view of native memory. */
    private static native ByteBuffer buffer(long address, long bytes);
}
