package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.bytedeco.cuda.global.cudart.*;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.derm.api.contract.InferenceRuntimeContract;
import io.derm.onnx.OnnxModel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.BuilderFlag;
import org.bytedeco.tensorrt.global.nvinfer.DataType;
import org.bytedeco.tensorrt.global.nvinfer.ExecutionContextAllocationStrategy;
import org.bytedeco.tensorrt.global.nvinfer.LayerInformationFormat;
import org.bytedeco.tensorrt.global.nvinfer.MemoryPoolType;
import org.bytedeco.tensorrt.global.nvinfer.NetworkDefinitionCreationFlag;
import org.bytedeco.tensorrt.global.nvinfer.OptProfileSelector;
import org.bytedeco.tensorrt.global.nvinfer.ProfilingVerbosity;
import org.bytedeco.tensorrt.global.nvinfer.TensorIOMode;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.IBuilder;
import org.bytedeco.tensorrt.nvinfer.IBuilderConfig;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IEngineInspector;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.bytedeco.tensorrt.nvinfer.IHostMemory;
import org.bytedeco.tensorrt.nvinfer.INetworkDefinition;
import org.bytedeco.tensorrt.nvinfer.IOptimizationProfile;
import org.bytedeco.tensorrt.nvinfer.IRuntime;
import org.bytedeco.tensorrt.nvinfer.ITimingCache;
import org.bytedeco.tensorrt.nvonnxparser.IParser;
import org.bytedeco.tensorrt.nvonnxparser.IParserError;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The emulated TensorRT builds, runs and deletes as the real one demands, and tells who does not. */
@Tag("emulated")
class EmulatedTensorRtTest {
    private static final int PIXELS = 3 * 8 * 8;
    /** In the virtual table of a parser of TensorRT 10. */
    private static final int PARSER_DELETE = 9;

    private final Deque<Runnable> deletes = new ArrayDeque<>();
    private final CUstream_st stream = new CUstream_st();

    @BeforeAll
    static void load() {
        EmulatedDevice.load();
    }

    @BeforeEach
    void begin() {
        EmulatedDevice.resetEverything();
        TrtLogger.instance().forget();
        assertThat(cudaSetDevice(0)).isZero();
        assertThat(cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking)).isZero();
    }

    @AfterEach
    void end() {
        EmulatedDevice.resetEverything();
    }

    @Test
    void version_isThatOfThePresets() {
        assertThat(nvinfer.getInferLibMajorVersion()).isEqualTo(10);
        assertThat(nvinfer.getInferLibVersion() / 100).isEqualTo(nvinfer.NV_TENSORRT_VERSION / 100);
        assertThat(nvinfer.getInferLibBuildVersion()).isEqualTo(nvinfer.NV_TENSORRT_BUILD);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void affine_builtLoadedAndRun_givesKnownNumbers(int batch) {
        ICudaEngine engine = engine(plan(c -> {}));
        IExecutionContext context = context(engine);
        assertThat(engine.getNbIOTensors()).isEqualTo(2);
        assertThat(engine.getIOTensorName(0)).isEqualTo("input");
        assertThat(engine.getTensorIOMode("input").intern()).isEqualTo(TensorIOMode.kINPUT);
        assertThat(engine.getTensorIOMode("output").intern()).isEqualTo(TensorIOMode.kOUTPUT);
        assertThat(engine.getTensorDataType("output").intern()).isEqualTo(DataType.kFLOAT);
        assertThat(shape(engine.getTensorShape("input"))).containsExactly(-1, 3, 8, 8);
        assertThat(shape(engine.getProfileShape("input", 0, OptProfileSelector.kMAX)))
                .containsExactly(4, 3, 8, 8);
        assertThat(context.allInputDimensionsSpecified()).isFalse();
        assertThat(context.inferShapes(0, new PointerPointer<>((Pointer) null))).isEqualTo(1);
        assertThat(context.setInputShape("input", dims(batch, 3, 8, 8))).isTrue();
        assertThat(shape(context.getTensorShape("output"))).containsExactly(batch, 3, 8, 8);
        Pointer in = device(batch);
        Pointer out = device(batch);
        assertThat(context.setTensorAddress("input", in)).isTrue();
        assertThat(context.setTensorAddress("output", out)).isTrue();
        assertThat(context.getTensorAddress("output").address()).isEqualTo(out.address());
        FloatPointer host = pinned(batch * PIXELS);
        for (int i = 0; i < batch * PIXELS; i++) {
            host.put(i, i * 0.25f - 7);
        }
        long bytes = 4L * batch * PIXELS;
        assertThat(cudaMemcpyAsync(in, host, bytes, cudaMemcpyHostToDevice, stream))
                .isZero();
        assertThat(context.enqueueV3(stream)).isTrue();
        assertThat(cudaMemcpyAsync(host, out, bytes, cudaMemcpyDeviceToHost, stream))
                .isZero();
        assertThat(EmulatedDevice.counter("enqueues")).isZero();
        assertThat(cudaStreamSynchronize(stream)).isZero();
        for (int i = 0; i < batch * PIXELS; i++) {
            assertThat(host.get(i)).isCloseTo(2 * (i * 0.25f - 7) + 1, within(1e-4f));
        }
        assertThat(EmulatedDevice.counter("enqueues")).isEqualTo(1);

        deletes.forEach(Runnable::run);
        assertThat(cudaFree(in) | cudaFree(out) | cudaFreeHost(host) | cudaStreamDestroy(stream))
                .isZero();
        EmulatedDevice.assertClean();
    }

    @Test
    void graph_capturedAfterAPlainRun_replaysWithNewNumbers() {
        IExecutionContext context = ready(engine(plan(c -> {})), 1);
        Pointer in = context.getTensorAddress("input");
        Pointer out = context.getTensorAddress("output");
        FloatPointer host = pinned(PIXELS);
        assertThat(context.enqueueV3(stream)).isTrue();
        assertThat(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal))
                .isZero();
        assertThat(cudaMemcpyAsync(in, host, 4L * PIXELS, cudaMemcpyHostToDevice, stream))
                .isZero();
        assertThat(context.enqueueV3(stream)).isTrue();
        assertThat(cudaMemcpyAsync(host, out, 4L * PIXELS, cudaMemcpyDeviceToHost, stream))
                .isZero();
        CUgraph_st graph = new CUgraph_st();
        assertThat(cudaStreamEndCapture(stream, graph)).isZero();
        CUgraphExec_st exec = new CUgraphExec_st();
        assertThat(cudaGraphInstantiate(exec, graph, 0)).isZero();
        host.put(5, 10);
        for (int i = 0; i < 3; i++) {
            assertThat(cudaGraphLaunch(exec, stream)).isZero();
        }
        assertThat(cudaStreamSynchronize(stream)).isZero();
        // 10 -> 21 -> 43 -> 87, as what comes down goes up again.
        assertThat(host.get(5)).isEqualTo(87);
        assertThat(EmulatedDevice.counter("enqueues")).isEqualTo(4);
        EmulatedDevice.assertNoViolations();

        assertThat(context.setInputShape("input", dims(2, 3, 8, 8))).isTrue();
        assertThat(cudaGraphLaunch(exec, stream)).isZero();
        assertThat(cudaStreamSynchronize(stream)).isZero();
        violated("after its shapes have changed");
        TrtObjects.delete(context);
        assertThat(cudaGraphLaunch(exec, stream)).isZero();
        assertThat(cudaStreamSynchronize(stream)).isNotZero();
        violated("execution context is deleted");
    }

    @Test
    void graph_capturedWithoutAPlainRun_isViolation() {
        IExecutionContext context = ready(engine(plan(c -> {})), 1);
        assertThat(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal))
                .isZero();
        assertThat(context.enqueueV3(stream)).isFalse();
        violated("before a plain enqueue");
        assertThat(cudaStreamEndCapture(stream, new CUgraph_st())).isEqualTo(cudaErrorStreamCaptureInvalidated);
    }

    @Test
    void enqueue_addressMissingOrTooSmall_isRefusedAndAViolation() {
        ICudaEngine engine = engine(plan(c -> {}));
        IExecutionContext context = ready(engine, 2);
        Pointer small = device(1);
        assertThat(context.setTensorAddress("output", small)).isTrue();
        assertThat(context.enqueueV3(stream)).isFalse();
        violated("output", "2,3,8,8");
        assertThat(context.setTensorAddress("output", null)).isTrue();
        assertThat(context.enqueueV3(stream)).isFalse();
        violated("no address is set for output");
        try (FloatPointer host = new FloatPointer(2 * PIXELS + 64)) {
            context.setTensorAddress("output", new Aligned(host));
            assertThat(context.enqueueV3(stream)).isFalse();
            violated("live allocation of the device");
            context.setTensorAddress("output", new Aligned(host).shifted(4));
            violated("not aligned");
        }
        assertThat(context.setTensorAddress("other", small)).isFalse();
        assertThat(TrtLogger.instance().errors()).anyMatch(line -> line.contains("invalid tensor name: other"));
        IExecutionContext bare = context(engine);
        assertThat(bare.enqueueV3(stream)).isFalse();
        violated("no shape is set for input input");
    }

    @Test
    void shape_outsideOfTheProfile_isRefused() {
        IExecutionContext context = context(engine(plan(c -> {})));
        assertThat(context.setInputShape("input", dims(5, 3, 8, 8))).isFalse();
        assertThat(context.setInputShape("input", dims(1, 3, 8, 9))).isFalse();
        assertThat(context.setInputShape("output", dims(1, 3, 8, 8))).isFalse();
        assertThat(TrtLogger.instance().firstError()).contains("input", "5,3,8,8");
        EmulatedDevice.assertNoViolations();
    }

    @Test
    void userManagedMemory_missing_isViolation() {
        ICudaEngine engine = engine(plan(c -> {}));
        IExecutionContext context =
                own(engine.createExecutionContext(ExecutionContextAllocationStrategy.kUSER_MANAGED));
        address(context, 1);
        assertThat(context.enqueueV3(stream)).isFalse();
        violated("user-managed");
        long bytes = engine.getDeviceMemorySizeV2();
        context.setDeviceMemoryV2(malloc(bytes - 1), bytes - 1);
        assertThat(context.enqueueV3(stream)).isFalse();
        violated("user-managed");
        context.setDeviceMemoryV2(malloc(bytes), bytes);
        assertThat(context.enqueueV3(stream)).isTrue();
        assertThat(cudaStreamSynchronize(stream)).isZero();
        EmulatedDevice.assertNoViolations();
    }

    @Test
    void plan_ofAnotherTensorRtOrDevice_orDamaged_isRefused() {
        byte[] plan = plan(c -> {});
        EmulatedDevice.set("tensorrt.build", nvinfer.NV_TENSORRT_BUILD + 1);
        assertRefused(plan, "not compatible with this version of TensorRT");
        EmulatedDevice.set("tensorrt.build", nvinfer.NV_TENSORRT_BUILD);
        EmulatedDevice.computeCapability(9, 0);
        assertRefused(plan, "incompatible device");
        EmulatedDevice.computeCapability(8, 6);
        byte[] damaged = plan.clone();
        damaged[plan.length / 2] ^= 1;
        assertRefused(damaged, "corrupted");
        assertRefused("no plan".getBytes(StandardCharsets.UTF_8), "Magic tag does not match");
        assertThat(engine(plan).isNull()).isFalse();
        EmulatedDevice.assertNoViolations();
    }

    @Test
    void config_isKept() {
        plan(config -> {
            config.setBuilderOptimizationLevel(5);
            config.setMemoryPoolLimit(MemoryPoolType.kWORKSPACE, 12 << 20);
            config.clearFlag(BuilderFlag.kTF32);
        });
        assertThat(EmulatedDevice.counter("build.optimizationLevel")).isEqualTo(5);
        assertThat(EmulatedDevice.counter("build.pool.0")).isEqualTo(12 << 20);
        assertThat(EmulatedDevice.counter("build.flags")).isZero();
        assertThat(EmulatedDevice.counter("build.profiles")).isEqualTo(1);
    }

    @Test
    void timingCache_comesBackWithWhatWasMeasured() {
        byte[][] bytes = new byte[2][];
        for (int i = 0; i < 2; i++) {
            byte[] before = i == 0 ? new byte[0] : bytes[0];
            ITimingCache[] cache = new ITimingCache[1];
            IBuilderConfig[] config = new IBuilderConfig[1];
            build(
                    c -> {
                        config[0] = c;
                        cache[0] = own(c.createTimingCache(new BytePointer(before), before.length));
                        assertThat(c.setTimingCache(cache[0], false)).isTrue();
                    },
                    true);
            bytes[i] = bytes(config[0].getTimingCache().serialize());
        }
        assertThat(bytes[0]).hasSizeGreaterThan(30).isEqualTo(bytes[1]);
        assertThat(EmulatedDevice.counter("build.timingCacheHits")).isEqualTo(1);
        EmulatedDevice.assertNoViolations();
    }

    @Test
    void builds_thatTensorRtRefuses() {
        assertThat(build(c -> {}, false)).isNull();
        assertThat(TrtLogger.instance().firstError()).contains("no optimization profile");
        EmulatedDevice.assertNoViolations();
        // BuilderFlag::kFP16. The tests compile with the presets of TensorRT 11 too, which have it no more.
        assertThat(build(c -> c.setFlag(0), true)).isNull();
        violated("strongly typed");
        EmulatedDevice.fail("buildSerializedNetwork", 1, 1);
        assertThat(build(c -> {}, true)).isNull();
    }

    @Test
    void parser_notOnnx_tellsWhy() {
        IBuilder builder = own(nvinfer.createInferBuilder(TrtLogger.instance()));
        INetworkDefinition network =
                own(builder.createNetworkV2(1 << NetworkDefinitionCreationFlag.kSTRONGLY_TYPED.value));
        IParser parser = ownParser(nvonnxparser.createParser(network, TrtLogger.instance()));
        byte[] text = "This is text".getBytes(StandardCharsets.UTF_8);
        assertThat(parser.parse(new BytePointer(text), text.length)).isFalse();
        assertThat(parser.getNbErrors()).isEqualTo(1);
        assertThat(parser.getError(0).desc()).contains("ORT_INVALID_PROTOBUF");
        assertThat(parser.getError(0).code().intern()).isEqualTo(nvonnxparser.ErrorCode.kMODEL_DESERIALIZE_FAILED);
        assertThat(parser.getError(0).node()).isEqualTo(-1);
        parser.clearErrors();
        assertThat(parser.getNbErrors()).isZero();
        assertThat(parser.parseFromFile("/no/such/model.onnx", 1)).isFalse();
        assertThat(parser.getError(0).desc()).contains("/no/such/model.onnx");
    }

    @Test
    void parser_unknownOperator_isNamed() {
        ModelProto.Builder model =
                OnnxModel.read("affine.onnx", InferenceRuntimeContract.AFFINE.bytes()).proto().toBuilder();
        model.getGraphBuilder().getNodeBuilder(0).setOpType("Sharpen").setName("sharpen_0");
        byte[] onnx = model.build().toByteArray();
        IBuilder builder = own(nvinfer.createInferBuilder(TrtLogger.instance()));
        INetworkDefinition network =
                own(builder.createNetworkV2(1 << NetworkDefinitionCreationFlag.kSTRONGLY_TYPED.value));
        IParser parser = ownParser(nvonnxparser.createParser(network, TrtLogger.instance()));
        assertThat(parser.parse(new BytePointer(onnx), onnx.length)).isFalse();
        IParserError error = parser.getError(0);
        assertThat(error.code().intern()).isEqualTo(nvonnxparser.ErrorCode.kUNSUPPORTED_NODE);
        assertThat(error.nodeOperator()).contains("Sharpen");
        assertThat(error.desc()).contains("Sharpen");
        assertThat(TrtLogger.instance().firstError()).contains("Sharpen");
    }

    @Test
    void deletes_outOfOrder_areViolations() {
        ICudaEngine engine = engine(plan(c -> {}));
        IExecutionContext context = context(engine);
        TrtObjects.delete(new Alias(engine));
        violated("ICudaEngine", "1 objects");
        TrtObjects.delete(new Alias(context));
        TrtObjects.delete(new Alias(context));
        violated("deleted object");
        assertThat(context.getOptimizationProfile()).isZero();
        violated("deleted object");
        IBuilder builder = own(nvinfer.createInferBuilder(TrtLogger.instance()));
        builder.createNetworkV2(0);
        violated("not strongly typed");
        TrtObjects.delete(new Alias(builder));
        violated("IBuilder", "1 objects");
    }

    @Test
    void inspector_tellsLayersAsJson() {
        ICudaEngine engine = engine(plan(c -> c.setProfilingVerbosity(ProfilingVerbosity.kDETAILED)));
        IEngineInspector inspector = own(engine.createEngineInspector());
        assertThat(inspector.getEngineInformation(LayerInformationFormat.kJSON))
                .contains("\"Layers\": [{\"Name\": \"emulated_output\"", "\"Bindings\": [\"input\", \"output\"]");
        assertThat(engine.getNbLayers()).isEqualTo(1);
    }

    @Test
    void objects_withoutADevice_areNull() {
        EmulatedDevice.devices(0);
        assertThat(nvinfer.createInferBuilder(TrtLogger.instance())).isNull();
        assertThat(nvinfer.createInferRuntime(TrtLogger.instance())).isNull();
        assertThat(TrtLogger.instance().firstError()).contains("100");
    }

    @Test
    void fault_ofEnqueueOrContext() {
        ICudaEngine engine = engine(plan(c -> {}));
        IExecutionContext context = ready(engine, 1);
        EmulatedDevice.fail("enqueueV3", 2, 1);
        assertThat(context.enqueueV3(stream)).isTrue();
        assertThat(context.enqueueV3(stream)).isFalse();
        assertThat(context.enqueueV3(stream)).isTrue();
        EmulatedDevice.fail("createExecutionContext", 1, 1);
        assertThat(engine.createExecutionContext()).isNull();
        EmulatedDevice.memory(1);
        assertThat(engine.createExecutionContext()).isNull();
        EmulatedDevice.assertNoViolations();
    }

    private void assertRefused(byte[] plan, String why) {
        TrtLogger.instance().forget();
        IRuntime runtime = own(nvinfer.createInferRuntime(TrtLogger.instance()));
        assertThat(runtime.deserializeCudaEngine(new BytePointer(plan), plan.length))
                .isNull();
        assertThat(TrtLogger.instance().firstError()).contains(why);
    }

    /** The affine model's plan, for batches of 1 to 4; all else is deleted. */
    private byte[] plan(Consumer<IBuilderConfig> configure) {
        int before = deletes.size();
        byte[] plan = bytes(build(configure, true));
        while (deletes.size() > before) {
            deletes.pop().run();
        }
        return plan;
    }

    private IHostMemory build(Consumer<IBuilderConfig> configure, boolean profile) {
        IBuilder builder = own(nvinfer.createInferBuilder(TrtLogger.instance()));
        INetworkDefinition network =
                own(builder.createNetworkV2(1 << NetworkDefinitionCreationFlag.kSTRONGLY_TYPED.value));
        IParser parser = ownParser(nvonnxparser.createParser(network, TrtLogger.instance()));
        byte[] onnx = InferenceRuntimeContract.AFFINE.bytes();
        assertThat(parser.parse(new BytePointer(onnx), onnx.length)).isTrue();
        assertThat(network.getNbInputs()).isEqualTo(1);
        assertThat(network.getInput(0).getName()).isEqualTo("input");
        assertThat(shape(network.getInput(0).getDimensions())).containsExactly(-1, 3, 8, 8);
        assertThat(network.getOutput(0).getType().intern()).isEqualTo(DataType.kFLOAT);
        IBuilderConfig config = own(builder.createBuilderConfig());
        if (profile) {
            IOptimizationProfile shapes = builder.createOptimizationProfile();
            for (OptProfileSelector selector : OptProfileSelector.values()) {
                int batch = selector == OptProfileSelector.kMAX ? 4 : 1;
                assertThat(shapes.setDimensions("input", selector, dims(batch, 3, 8, 8)))
                        .isTrue();
            }
            assertThat(shapes.isValid()).isTrue();
            assertThat(config.addOptimizationProfile(shapes)).isZero();
        }
        configure.accept(config);
        return builder.buildSerializedNetwork(network, config);
    }

    private static byte[] bytes(IHostMemory memory) {
        byte[] bytes = new byte[(int) memory.size()];
        new BytePointer(memory.data()).get(bytes);
        TrtObjects.delete(memory);
        return bytes;
    }

    private ICudaEngine engine(byte[] plan) {
        IRuntime runtime = own(nvinfer.createInferRuntime(TrtLogger.instance()));
        return own(runtime.deserializeCudaEngine(new BytePointer(plan), plan.length));
    }

    private IExecutionContext context(ICudaEngine engine) {
        return own(engine.createExecutionContext(ExecutionContextAllocationStrategy.kSTATIC));
    }

    private IExecutionContext ready(ICudaEngine engine, int batch) {
        IExecutionContext context = context(engine);
        address(context, batch);
        return context;
    }

    private static void address(IExecutionContext context, int batch) {
        assertThat(context.setInputShape("input", dims(batch, 3, 8, 8))).isTrue();
        assertThat(context.setTensorAddress("input", device(batch))).isTrue();
        assertThat(context.setTensorAddress("output", device(batch))).isTrue();
    }

    private <P extends Pointer> P own(P object) {
        deletes.push(() -> TrtObjects.delete(object));
        return object;
    }

    /** Its destructor comes after some of its functions. */
    private IParser ownParser(IParser parser) {
        deletes.push(() -> EmulatedDevice.call(parser, PARSER_DELETE));
        return parser;
    }

    private static void violated(String... words) {
        assertThat(EmulatedDevice.violations()).isNotEmpty().allSatisfy(line -> assertThat(line)
                .contains(words));
        EmulatedDevice.forgetViolations();
    }

    private static Pointer device(int batch) {
        return malloc(4L * batch * PIXELS);
    }

    private static Pointer malloc(long bytes) {
        try (PointerPointer<Pointer> at = new PointerPointer<>(1)) {
            assertThat(cudaMalloc(at, bytes)).isZero();
            return at.get();
        }
    }

    private static FloatPointer pinned(int floats) {
        try (PointerPointer<Pointer> at = new PointerPointer<>(1)) {
            assertThat(cudaHostAlloc(at, 4L * floats, cudaHostAllocPortable)).isZero();
            return new FloatPointer(at.get()).capacity(floats);
        }
    }

    private static Dims64 dims(int... shape) {
        return NetworkBuilder.dims(shape);
    }

    private static int[] shape(Dims64 dims) {
        int[] shape = new int[dims.nbDims()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = (int) dims.d(i);
        }
        return shape;
    }

    /** The same object, kept when that is deleted. */
    private static final class Alias extends Pointer {
        Alias(Pointer p) {
            super(p);
        }
    }

    /** An address of 256 within host memory, or a little after it. */
    private static final class Aligned extends Pointer {
        Aligned(Pointer p) {
            address = (p.address() + 255) / 256 * 256;
        }

        Aligned shifted(int bytes) {
            address += bytes;
            return this;
        }
    }
}
