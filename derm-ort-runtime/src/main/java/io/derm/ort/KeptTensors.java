package io.derm.ort;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.derm.api.ElementType;
import io.derm.api.Model;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The native tensors of a session, made once for each set of input shapes and kept: inputs over one direct buffer each, and
 * outputs over one direct buffer each that ONNX Runtime writes into. All sets share the buffers, which grow to the largest.
 *
 * <p>The first run with a set of shapes lets ONNX Runtime allocate the outputs, which tells their shapes; later runs are
 * pinned to kept buffers of those shapes. An output whose shape turns out to depend on the data is copied out of each run
 * instead. Confined to its session.
 */
final class KeptTensors implements AutoCloseable {
    /** Sets of shapes kept at once; a caller with more of them pays for making them anew. */
    private static final int MAX_BINDINGS = 128;

    private final Model model;
    private final Signature signature;
    private final OrtEnvironment env;
    private final OrtSession session;
    private final ByteBuffer[] inputs;
    private final ByteBuffer[] outputs;
    /** Float32 of the float16 outputs. */
    private final ByteBuffer[] widened;
    /** Outputs that cannot be pinned. */
    private final boolean[] loose;

    private final List<Binding> bindings = new ArrayList<>();

    KeptTensors(Model model, Signature signature, OrtEnvironment env, OrtSession session) {
        this.model = model;
        this.signature = signature;
        this.env = env;
        this.session = session;
        this.inputs = empty(signature.inputs().size());
        this.outputs = empty(signature.outputs().size());
        this.widened = empty(signature.outputs().size());
        this.loose = new boolean[signature.outputs().size()];
        for (int i = 0; i < loose.length; i++) {
            // ONNX Runtime leaves a pinned buffer alone when the output is an input handed through.
            String name = signature.outputs().get(i).name();
            loose[i] = signature.inputs().stream().anyMatch(in -> in.name().equals(name));
        }
    }

    private static ByteBuffer[] empty(int n) {
        ByteBuffer[] buffers = new ByteBuffer[n];
        Arrays.fill(buffers, ByteBuffer.allocateDirect(0));
        return buffers;
    }

    /** Tensors of one set of input shapes. */
    static final class Binding {
        private final long[][] shapes;
        private final Map<String, OnnxTensor> in = new LinkedHashMap<>();
        private final Map<String, OnnxTensor> pinned = new LinkedHashMap<>();
        private final Set<String> unpinned = new LinkedHashSet<>();
        /** The outputs where all of them are pinned. */
        private @Nullable Tensors out;
        /** The outputs by index, null where not pinned. */
        private final @Nullable Tensor[] views;

        private boolean learnt;

        private Binding(long[][] shapes, int outputs) {
            this.shapes = shapes;
            this.views = new Tensor[outputs];
        }
    }

    /** The buffer of an input, in native order; it stays the same until a larger set of shapes needs a larger one. */
    ByteBuffer inputMemory(int input) {
        return inputs[input];
    }

    /** Tensors for a single image input of these sides. */
    Binding image(int d0, int d1, int d2, int d3) {
        for (int i = 0; i < bindings.size(); i++) {
            Binding b = bindings.get(i);
            long[] s = b.shapes[0];
            if (s[0] == d0 && s[1] == d1 && s[2] == d2 && s[3] == d3) {
                return b;
            }
        }
        return make(new long[][] {{d0, d1, d2, d3}});
    }

    /**
     * Tensors for these inputs.
     *
     * @throws IllegalArgumentException if one is missing, is too many, or does not fit the model
     */
    Binding tensors(Tensors given) {
        List<TensorInfo> wanted = signature.inputs();
        if (given.size() != wanted.size()) {
            throw new IllegalArgumentException(
                    "Run of " + model.name() + " has inputs " + given.list() + ", expected " + wanted);
        }
        long[][] shapes = new long[wanted.size()][];
        for (int i = 0; i < shapes.length; i++) {
            TensorInfo info = wanted.get(i);
            TensorInfo got = given.get(info.name()).info();
            boolean fits = got.type() == info.type() && got.rank() == info.rank();
            for (int d = 0; fits && d < info.rank(); d++) {
                fits = info.dim(d) < 0 || info.dim(d) == got.dim(d);
            }
            if (!fits) {
                throw new IllegalArgumentException("Input is " + got + ", expected " + info + " for " + model.name());
            }
            shapes[i] = got.shape().stream().mapToLong(Integer::longValue).toArray();
        }
        for (Binding b : bindings) {
            if (Arrays.deepEquals(b.shapes, shapes)) {
                return b;
            }
        }
        return make(shapes);
    }

    private Binding make(long[][] shapes) {
        boolean replaced = bindings.size() >= MAX_BINDINGS;
        for (int i = 0; i < shapes.length; i++) {
            replaced |= reserve(inputs, i, bytes(signature.inputs().get(i).type(), shapes[i]));
        }
        if (replaced) {
            drop();
        }
        Binding binding = new Binding(shapes, loose.length);
        try {
            for (int i = 0; i < shapes.length; i++) {
                TensorInfo info = signature.inputs().get(i);
                binding.in.put(info.name(), over(inputs[i], info.type(), shapes[i]));
            }
        } catch (OrtException e) {
            free(binding);
            throw OrtErrors.running(model, e);
        }
        bindings.add(binding);
        return binding;
    }

    /** Runs the model on what the input buffers hold. */
    Tensors run(Binding binding) {
        try {
            if (!binding.learnt) {
                return learn(binding);
            }
            OrtSession.Result result;
            try {
                result = session.run(binding.in, binding.unpinned, binding.pinned, null);
            } catch (OrtException e) {
                if (!OrtErrors.isShapeOfPinnedOutput(e)) {
                    throw e;
                }
                return learn(binding);
            }
            try (result) {
                for (int i = 0; i < loose.length; i++) {
                    Tensor view = binding.views[i];
                    if (view != null && signature.outputs().get(i).type() == ElementType.FLOAT16) {
                        HalfFloat.widen(outputs[i].asShortBuffer(), view.floats(), view.elements());
                    }
                }
                return binding.out != null ? binding.out : collect(binding, result);
            }
        } catch (OrtException e) {
            throw OrtErrors.running(model, e);
        }
    }

    /** Runs with outputs that ONNX Runtime allocates, and pins kept ones of the shapes seen for the next time. */
    private Tensors learn(Binding binding) throws OrtException {
        try (OrtSession.Result result = session.run(binding.in)) {
            for (int i = 0; i < loose.length; i++) {
                Tensor view = binding.views[i];
                loose[i] |= view != null && !view.shape().equals(shape(result, i));
            }
            unpin(binding);
            Tensors copies = collect(binding, result);
            for (int i = 0; i < loose.length; i++) {
                TensorInfo info = signature.outputs().get(i);
                loose[i] |= copies.get(i).elements() == 0;
                if (loose[i]) {
                    binding.unpinned.add(info.name());
                } else {
                    binding.pinned.put(
                            info.name(),
                            over(outputs[i], info.type(), longs(copies.get(i).shape())));
                    binding.views[i] = copies.get(i);
                }
            }
            binding.out = binding.unpinned.isEmpty() ? copies : null;
            binding.learnt = true;
            return copies;
        }
    }

    /** The outputs: views of the pinned ones, copies of the others. */
    private Tensors collect(Binding binding, OrtSession.Result result) throws OrtException {
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; i < loose.length; i++) {
            Tensor view = binding.views[i];
            tensors.add(view != null ? view : copy(result, i));
        }
        return new Tensors(tensors);
    }

    private Tensor copy(OrtSession.Result result, int i) throws OrtException {
        TensorInfo info = signature.outputs().get(i);
        List<Integer> shape = shape(result, i);
        long bytes = bytes(info.type(), longs(shape));
        if (reserve(outputs, i, bytes) && !loose[i]) {
            bindings.forEach(KeptTensors::unpin);
        }
        if (bytes > 0) {
            ByteBuffer from = value(result, i).getByteBuffer();
            outputs[i].put(0, from, 0, from.limit());
        }
        if (info.type() != ElementType.FLOAT16) {
            return new Tensor(new TensorInfo(info.name(), info.type(), shape), outputs[i]);
        }
        reserve(widened, i, 2 * bytes);
        Tensor wide = new Tensor(new TensorInfo(info.name(), ElementType.FLOAT32, shape), widened[i]);
        HalfFloat.widen(outputs[i].asShortBuffer(), wide.floats(), wide.elements());
        return wide;
    }

    private OnnxTensor value(OrtSession.Result result, int i) {
        return (OnnxTensor) result.get(signature.outputs().get(i).name()).orElseThrow();
    }

    private List<Integer> shape(OrtSession.Result result, int i) {
        return Arrays.stream(value(result, i).getInfo().getShape())
                .mapToObj(Math::toIntExact)
                .toList();
    }

    private static long[] longs(List<Integer> shape) {
        return shape.stream().mapToLong(Integer::longValue).toArray();
    }

    private static long bytes(ElementType type, long[] shape) {
        long bytes = type.bytes();
        for (long side : shape) {
            bytes = Math.multiplyExact(bytes, side);
        }
        return bytes;
    }

    /** Makes room; true if the buffer had to be replaced. */
    private boolean reserve(ByteBuffer[] buffers, int i, long bytes) {
        long held = buffers[i].capacity();
        if (bytes <= held) {
            return false;
        }
        long wanted = Math.max(bytes, Math.min(2 * held, Integer.MAX_VALUE - 8));
        try {
            buffers[i] = ByteBuffer.allocateDirect(Math.toIntExact(wanted)).order(ByteOrder.nativeOrder());
        } catch (OutOfMemoryError | ArithmeticException e) {
            throw OrtErrors.noDirectMemory(model, wanted, e);
        }
        return true;
    }

    private OnnxTensor over(ByteBuffer memory, ElementType type, long[] shape) throws OrtException {
        ByteBuffer slice = memory.slice(0, Math.toIntExact(bytes(type, shape))).order(ByteOrder.nativeOrder());
        return OnnxTensor.createTensor(env, slice, shape, javaType(type));
    }

    private static OnnxJavaType javaType(ElementType type) {
        return switch (type) {
            case FLOAT32 -> OnnxJavaType.FLOAT;
            case FLOAT16 -> OnnxJavaType.FLOAT16;
            case UINT8 -> OnnxJavaType.UINT8;
            case INT8 -> OnnxJavaType.INT8;
            case INT32 -> OnnxJavaType.INT32;
            case INT64 -> OnnxJavaType.INT64;
            case BOOL -> OnnxJavaType.BOOL;
        };
    }

    private static void unpin(Binding binding) {
        binding.pinned.values().forEach(OnnxTensor::close);
        binding.pinned.clear();
        binding.unpinned.clear();
        Arrays.fill(binding.views, null);
        binding.out = null;
        binding.learnt = false;
    }

    private void drop() {
        for (Binding binding : bindings) {
            free(binding);
        }
        bindings.clear();
    }

    private static void free(Binding binding) {
        unpin(binding);
        binding.in.values().forEach(OnnxTensor::close);
        binding.in.clear();
    }

    @Override
    public void close() {
        drop();
    }
}
