package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.bytedeco.cuda.global.cudart.*;
import static org.bytedeco.cuda.global.nvrtc.nvrtcCompileProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcCreateProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcDestroyProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetCUBIN;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetCUBINSize;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetProgramLog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The emulated device keeps CUDA's rules, and tells who does not. */
@Tag("emulated")
class EmulatedDeviceTest {
    private static final PointerPointer<Pointer> NONE = null;

    @BeforeAll
    static void load() {
        EmulatedDevice.load();
    }

    @BeforeEach
    void begin() {
        EmulatedDevice.resetEverything();
        assertThat(cudaSetDevice(0)).isZero();
    }

    @AfterEach
    void end() {
        EmulatedDevice.resetEverything();
    }

    @Test
    void device_saysWhatItIs() {
        int[] value = new int[1];
        assertThat(cudaGetDeviceCount(value)).isZero();
        assertThat(value).containsExactly(1);
        assertThat(cuDeviceGet(value, 0)).isZero();
        byte[] name = new byte[64];
        assertThat(cuDeviceGetName(name, name.length, value[0])).isZero();
        assertThat(new String(name, StandardCharsets.UTF_8).trim()).isEqualTo("Emulated device (CPU)");
        EmulatedDevice.computeCapability(8, 7);
        assertThat(cudaDeviceGetAttribute(value, cudaDevAttrComputeCapabilityMinor, 0))
                .isZero();
        assertThat(value).containsExactly(7);
        assertThat(cudaGetErrorName(cudaErrorMemoryAllocation).getString()).isEqualTo("cudaErrorMemoryAllocation");
    }

    @Test
    void device_noneOrOldDriver_isCudasError() {
        int[] value = {7};
        EmulatedDevice.devices(0);
        assertThat(cudaGetDeviceCount(value)).isEqualTo(cudaErrorNoDevice);
        assertThat(value).containsExactly(0);
        // Of the major version before.
        EmulatedDevice.driverVersion((CUDART_VERSION / 1000 - 1) * 1000 + 80);
        assertThat(cudaGetDeviceCount(value)).isEqualTo(cudaErrorInsufficientDriver);
        assertThat(cudaSetDevice(1)).isNotZero();
    }

    @Test
    void memory_roundTrip_countsBytesAndEndsClean() {
        Pointer device = malloc(64);
        FloatPointer in = pinned(16);
        FloatPointer out = pinned(16);
        CUstream_st stream = stream();
        for (int i = 0; i < 16; i++) {
            in.put(i, i * 0.5f);
        }
        assertThat(cudaMemcpyAsync(device, in, 64, cudaMemcpyHostToDevice, stream))
                .isZero();
        assertThat(cudaMemcpyAsync(out, device, 64, cudaMemcpyDeviceToHost, stream))
                .isZero();
        // Nothing has waited yet.
        assertThat(out.get(3)).isNaN();
        assertThat(cudaStreamSynchronize(stream)).isZero();
        assertThat(out.get(3)).isEqualTo(1.5f);
        assertThat(EmulatedDevice.counter("h2d.bytes")).isEqualTo(64);
        assertThat(EmulatedDevice.counter("d2h.copies")).isEqualTo(1);
        assertThat(EmulatedDevice.live())
                .containsEntry("live.device.bytes", 64L)
                .containsEntry("live.pinned", 2L)
                .containsEntry("live.streams", 1L);
        assertThat(cudaStreamDestroy(stream)).isZero();
        assertThat(cudaFree(device)).isZero();
        assertThat(cudaFreeHost(in)).isZero();
        assertThat(cudaFreeHost(out)).isZero();
        EmulatedDevice.assertClean();
    }

    @Test
    void memory_neverWritten_isNaN() {
        Pointer device = malloc(8);
        try (FloatPointer host = new FloatPointer(2)) {
            assertThat(cudaMemcpy(host, device, 8, cudaMemcpyDeviceToHost)).isZero();
            assertThat(host.get(0)).isNaN();
        }
    }

    @Test
    void copy2d_rowsOfDifferentPitches() {
        Pointer device = malloc(3 * 16);
        BytePointer host = new BytePointer(pinned(8));
        for (int i = 0; i < 32; i++) {
            host.put(i, (byte) i);
        }
        CUstream_st stream = stream();
        assertThat(cudaMemcpy2DAsync(device, 16, host, 8, 5, 3, cudaMemcpyHostToDevice, stream))
                .isZero();
        assertThat(cudaStreamSynchronize(stream)).isZero();
        byte[] got = new byte[48];
        try (BytePointer all = new BytePointer(48)) {
            assertThat(cudaMemcpy(all, device, 48, cudaMemcpyDeviceToHost)).isZero();
            all.get(got);
        }
        assertThat(got[16 + 4]).isEqualTo((byte) 12);
        assertThat(got[16 + 5]).isEqualTo((byte) 0xFF);
        assertThat(EmulatedDevice.counter("h2d.bytes")).isEqualTo(15);
        EmulatedDevice.assertNoViolations();
        assertThat(cudaMemcpy2DAsync(device, 4, host, 8, 5, 3, cudaMemcpyHostToDevice, stream))
                .isEqualTo(cudaErrorInvalidPitchValue);
        violated("pitches");
    }

    @Test
    void free_twiceOrForeign_isViolation() {
        Pointer device = malloc(8);
        assertThat(cudaFree(device)).isZero();
        assertThat(cudaFree(device)).isEqualTo(cudaErrorInvalidValue);
        violated("cudaFree", "freed already");
        assertThat(cudaGetLastError()).isEqualTo(cudaErrorInvalidValue);
        assertThat(cudaGetLastError()).isZero();
        assertThat(cudaFreeHost(malloc(8))).isEqualTo(cudaErrorInvalidValue);
        violated("cudaFreeHost");
    }

    @Test
    void copy_outOfBoundsOrFreed_isViolation() {
        Pointer device = malloc(64);
        FloatPointer host = pinned(64);
        CUstream_st stream = stream();
        assertThat(cudaMemcpyAsync(device, host, 65, cudaMemcpyHostToDevice, stream))
                .isEqualTo(cudaErrorInvalidValue);
        violated("65 bytes");
        assertThat(cudaMemsetAsync(device, 0, 65, stream)).isEqualTo(cudaErrorInvalidValue);
        violated("cudaMemsetAsync");
        // Host and device the wrong way round.
        assertThat(cudaMemcpyAsync(host, device, 64, cudaMemcpyHostToDevice, stream))
                .isEqualTo(cudaErrorInvalidValue);
        violated("cudaMemcpyAsync");
        assertThat(cudaFree(device)).isZero();
        assertThat(cudaMemcpyAsync(device, host, 8, cudaMemcpyHostToDevice, stream))
                .isEqualTo(cudaErrorInvalidValue);
        violated("live allocation of the device");
    }

    @Test
    void asyncCopy_hostMemoryNotPinned_isViolation() {
        Pointer device = malloc(64);
        CUstream_st stream = stream();
        try (FloatPointer pageable = new FloatPointer(16)) {
            assertThat(cudaMemcpyAsync(device, pageable, 64, cudaMemcpyHostToDevice, stream))
                    .isZero();
            violated("not page-locked");
            assertThat(cudaHostRegister(pageable, 64, 0)).isZero();
            assertThat(cudaHostRegister(pageable, 32, 0)).isEqualTo(cudaErrorHostMemoryAlreadyRegistered);
            violated("overlap");
            assertThat(cudaMemcpyAsync(device, pageable, 64, cudaMemcpyHostToDevice, stream))
                    .isZero();
            EmulatedDevice.assertNoViolations();
            assertThat(cudaHostUnregister(pageable)).isZero();
            assertThat(cudaHostUnregister(pageable)).isEqualTo(cudaErrorHostMemoryNotRegistered);
            violated("not registered");
        }
    }

    @Test
    void capture_replaysWhatWasRecorded_andRunsNothingItself() {
        FloatPointer host = pinned(4);
        FloatPointer back = pinned(4);
        Pointer device = malloc(16);
        CUstream_st stream = stream();
        assertThat(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal))
                .isZero();
        assertThat(cudaMemcpyAsync(device, host, 16, cudaMemcpyHostToDevice, stream))
                .isZero();
        assertThat(cudaMemcpyAsync(back, device, 16, cudaMemcpyDeviceToHost, stream))
                .isZero();
        CUgraph_st graph = new CUgraph_st();
        assertThat(cudaStreamEndCapture(stream, graph)).isZero();
        CUgraphExec_st exec = new CUgraphExec_st();
        assertThat(cudaGraphInstantiate(exec, graph, 0)).isZero();
        assertThat(cudaGraphDestroy(graph)).isZero();
        assertThat(EmulatedDevice.counter("h2d.copies")).isZero();
        for (int round = 1; round <= 3; round++) {
            host.put(0, round);
            assertThat(cudaGraphLaunch(exec, stream)).isZero();
            assertThat(cudaStreamSynchronize(stream)).isZero();
            assertThat(back.get(0)).isEqualTo(round);
        }
        assertThat(EmulatedDevice.counter("h2d.copies")).isEqualTo(3);
        assertThat(EmulatedDevice.counter("graphs.run")).isEqualTo(3);
        assertThat(cudaFree(device)).isZero();
        EmulatedDevice.assertNoViolations();
        // Its memory is gone.
        assertThat(cudaGraphLaunch(exec, stream)).isZero();
        assertThat(cudaStreamSynchronize(stream)).isEqualTo(cudaErrorIllegalAddress);
        violated("when it ran");
    }

    @Test
    void capture_forbiddenCalls_areViolationsAndSpoilIt() {
        CUstream_st stream = stream();
        Pointer device = malloc(8);
        List<Callable<Integer>> forbidden = List.of(
                () -> cudaMalloc(new PointerPointer<>(1), 8),
                () -> cudaFree(device),
                () -> cudaHostAlloc(new PointerPointer<>(1), 8, 0),
                () -> cudaHostRegister(new LongPointer(1), 8, 0),
                () -> cudaDeviceSynchronize(),
                () -> cudaStreamSynchronize(stream),
                () -> cudaStreamQuery(stream));
        for (Callable<Integer> call : forbidden) {
            assertThat(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal))
                    .isZero();
            assertThat(status(call)).isEqualTo(cudaErrorStreamCaptureUnsupported);
            CUgraph_st graph = new CUgraph_st();
            assertThat(cudaStreamEndCapture(stream, graph)).isEqualTo(cudaErrorStreamCaptureInvalidated);
            assertThat(graph.isNull()).isTrue();
            violated("capture");
        }
    }

    @Test
    void capture_otherThreadAllocates_isAllowed() throws Exception {
        CUstream_st stream = stream();
        assertThat(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal))
                .isZero();
        assertThat(elsewhere(() -> cudaMalloc(new PointerPointer<>(1), 8))).isZero();
        CUgraph_st graph = new CUgraph_st();
        assertThat(elsewhere(() -> cudaStreamEndCapture(stream, graph))).isEqualTo(cudaErrorStreamCaptureWrongThread);
        violated("another thread");
        assertThat(cudaStreamEndCapture(stream, graph)).isZero();
        EmulatedDevice.assertNoViolations();
    }

    @Test
    void capture_forkIntoAnotherStream_mustBeJoined() {
        CUstream_st one = stream();
        CUstream_st two = stream();
        CUevent_st fork = event();
        CUevent_st join = event();
        Pointer device = malloc(8);
        for (boolean joins : new boolean[] {true, false}) {
            assertThat(cudaStreamBeginCapture(one, cudaStreamCaptureModeThreadLocal))
                    .isZero();
            assertThat(cudaEventRecord(fork, one)).isZero();
            assertThat(cudaStreamWaitEvent(two, fork, 0)).isZero();
            assertThat(cudaMemsetAsync(device, 1, 8, two)).isZero();
            assertThat(cudaEventRecord(join, two)).isZero();
            if (joins) {
                assertThat(cudaStreamWaitEvent(one, join, 0)).isZero();
            }
            CUgraph_st graph = new CUgraph_st();
            assertThat(cudaStreamEndCapture(one, graph)).isEqualTo(joins ? 0 : cudaErrorStreamCaptureUnjoined);
        }
        violated("not waited for");
        assertThat(cudaEventSynchronize(join)).isEqualTo(cudaErrorCapturedEvent);
    }

    @Test
    void event_ordersStreams() {
        CUstream_st first = stream();
        CUstream_st second = stream();
        CUevent_st event = event();
        Pointer device = malloc(4);
        FloatPointer one = pinned(1).put(0, 1);
        FloatPointer out = pinned(1);
        assertThat(cudaMemcpyAsync(device, one, 4, cudaMemcpyHostToDevice, first))
                .isZero();
        assertThat(cudaEventRecord(event, first)).isZero();
        // Later than the event, so not waited for.
        assertThat(cudaMemsetAsync(device, 0, 4, first)).isZero();
        assertThat(cudaStreamWaitEvent(second, event, 0)).isZero();
        assertThat(cudaMemcpyAsync(out, device, 4, cudaMemcpyDeviceToHost, second))
                .isZero();
        assertThat(cudaStreamSynchronize(second)).isZero();
        assertThat(out.get(0)).isEqualTo(1);
        assertThat(cudaStreamQuery(first)).isEqualTo(cudaErrorNotReady);
        assertThat(cudaStreamQuery(first)).isZero();
    }

    @Test
    void event_notWaitedFor_orderIsNotGiven() {
        CUstream_st first = stream();
        CUstream_st second = stream();
        Pointer device = malloc(4);
        FloatPointer out = pinned(1);
        assertThat(cudaMemcpyAsync(device, pinned(1).put(0, 1), 4, cudaMemcpyHostToDevice, first))
                .isZero();
        assertThat(cudaMemcpyAsync(out, device, 4, cudaMemcpyDeviceToHost, second))
                .isZero();
        assertThat(cudaStreamSynchronize(second)).isZero();
        assertThat(out.get(0)).isNaN();
    }

    @Test
    void event_elapsedTime_onlyWhenDone() {
        CUstream_st stream = stream();
        CUevent_st start = new CUevent_st();
        CUevent_st end = new CUevent_st();
        assertThat(cudaEventCreate(start)).isZero();
        assertThat(cudaEventCreate(end)).isZero();
        assertThat(cudaEventRecord(start, stream)).isZero();
        assertThat(cudaEventRecord(end, stream)).isZero();
        float[] millis = new float[1];
        assertThat(cudaEventElapsedTime(millis, start, end)).isEqualTo(cudaErrorNotReady);
        assertThat(cudaEventSynchronize(end)).isZero();
        assertThat(cudaEventElapsedTime(millis, start, end)).isZero();
        assertThat(millis[0]).isBetween(0f, 1000f);
    }

    @Test
    void handles_destroyedTwice_areViolations() {
        CUstream_st stream = stream();
        assertThat(cudaStreamDestroy(stream)).isZero();
        assertThat(cudaStreamDestroy(stream)).isEqualTo(cudaErrorInvalidResourceHandle);
        violated("stream");
        assertThat(cudaStreamSynchronize(stream)).isEqualTo(cudaErrorInvalidResourceHandle);
        violated("stream");
        CUevent_st event = event();
        assertThat(cudaEventDestroy(event)).isZero();
        assertThat(cudaStreamWaitEvent(stream(), event, 0)).isEqualTo(cudaErrorInvalidResourceHandle);
        violated("event");
        assertThat(cudaEventDestroy(event)).isEqualTo(cudaErrorInvalidResourceHandle);
        violated("event");
    }

    @Test
    void kernel_fromNvrtcToNumbers() {
        CUmod_st module = module("sm_86");
        CUfunc_st scale = function(module, "emulator_scale");
        Pointer in = malloc(4 * 1000);
        Pointer out = malloc(4 * 1000);
        FloatPointer host = pinned(1000);
        for (int i = 0; i < 1000; i++) {
            host.put(i, i);
        }
        CUstream_st stream = stream();
        assertThat(cudaMemcpyAsync(in, host, 4000, cudaMemcpyHostToDevice, stream))
                .isZero();
        try (FloatPointer factors = new FloatPointer(2f, 1f);
                IntPointer n = new IntPointer(1).put(0, 1000);
                LongPointer a = new LongPointer(1).put(0, in.address());
                LongPointer b = new LongPointer(1).put(0, out.address())) {
            // Arguments are read at the launch.
            assertThat(launch(scale, stream, 4, 256, new PointerPointer<>(a, b, factors, n)))
                    .isZero();
            n.put(0, 0);
        }
        assertThat(cudaMemcpyAsync(host, out, 4000, cudaMemcpyDeviceToHost, stream))
                .isZero();
        assertThat(cudaStreamSynchronize(stream)).isZero();
        for (int i = 0; i < 1000; i++) {
            assertThat(host.get(i)).isEqualTo(2 * i + 1);
        }
        assertThat(EmulatedDevice.counter("kernels.emulator_scale")).isEqualTo(1);
        assertThat(cuModuleUnload(module)).isZero();
        EmulatedDevice.assertNoViolations();
    }

    @Test
    void kernel_indices_coverTheGrid() {
        CUfunc_st where = function(module("sm_80"), "emulator_where");
        Pointer out = malloc(4 * 6 * 8 * 4);
        CUstream_st stream = stream();
        try (LongPointer a = new LongPointer(1).put(0, out.address())) {
            assertThat(cuLaunchKernel(where, 3, 2, 2, 2, 4, 2, 0, stream, new PointerPointer<Pointer>(1).put(a), NONE))
                    .isZero();
        }
        try (IntPointer got = new IntPointer(6 * 8 * 4)) {
            assertThat(cudaStreamSynchronize(stream)).isZero();
            assertThat(cudaMemcpy(got, out, 4 * 6 * 8 * 4, cudaMemcpyDeviceToHost))
                    .isZero();
            for (int z = 0; z < 4; z++) {
                for (int y = 0; y < 8; y++) {
                    for (int x = 0; x < 6; x++) {
                        assertThat(got.get((z * 8 + y) * 6 + x)).isEqualTo(x + 100 * y + 10000 * z);
                    }
                }
            }
        }
        EmulatedDevice.assertNoViolations();
    }

    @Test
    void kernel_badLaunches_areViolations() throws Exception {
        CUmod_st module = module("sm_86");
        CUfunc_st where = function(module, "emulator_where");
        CUstream_st stream = stream();
        try (LongPointer a = new LongPointer(1)) {
            PointerPointer<Pointer> arguments = new PointerPointer<Pointer>(1).put(a);
            assertThat(launch(where, stream, 1, 1025, arguments)).isEqualTo(cudaErrorInvalidValue);
            violated("1025");
            assertThat(launch(where, stream, 0, 1, arguments)).isEqualTo(cudaErrorInvalidValue);
            violated("grid");
            // Out of bounds by one element: seen in the guard behind the allocation.
            a.put(0, malloc(4 * 7).address());
            assertThat(launch(where, stream, 1, 8, arguments)).isZero();
            assertThat(cudaStreamSynchronize(stream)).isZero();
            violated("emulator_where", "outside of its bounds");
            assertThat(elsewhere(() -> launch(where, stream, 1, 1, arguments))).isEqualTo(cudaErrorDeviceUninitialized);
            violated("cudaSetDevice");
            // The host's memory is not the device's.
            try (LongPointer host = new LongPointer(8)) {
                a.put(0, host.address());
                assertThat(launch(where, stream, 1, 1, arguments)).isZero();
                assertThat(cudaStreamSynchronize(stream)).isEqualTo(cudaErrorIllegalAddress);
                violated("has no memory");
            }
            // As on a real device, nothing works after that.
            assertThat(cudaStreamSynchronize(stream)).isEqualTo(cudaErrorIllegalAddress);
            assertThat(cudaMalloc(new PointerPointer<>(1), 8)).isEqualTo(cudaErrorIllegalAddress);
        }
    }

    @Test
    void module_ofAnotherArchitecture_isRefused() {
        byte[] cubin = cubin("sm_90", source());
        assertThat(cuModuleLoadData(new CUmod_st(), new BytePointer(cubin))).isEqualTo(cudaErrorNoKernelImageForDevice);
        assertThat(cuModuleLoadData(new CUmod_st(), new BytePointer("not a cubin")))
                .isEqualTo(cudaErrorInvalidKernelImage);
        assertThat(cuModuleGetFunction(new CUfunc_st(), module("sm_86"), "other"))
                .isEqualTo(cudaErrorSymbolNotFound);
    }

    @Test
    void nvrtc_unknownArchitectureOrSource_leavesALog() {
        try (_nvrtcProgram program = new _nvrtcProgram();
                BytePointer log = new BytePointer(4096)) {
            assertThat(nvrtcCreateProgram(
                            program, new BytePointer(source() + " "), new BytePointer("k.cu"), 0, NONE, NONE))
                    .isZero();
            assertThat(compile(program, "sm_86")).isEqualTo(6);
            assertThat(nvrtcGetProgramLog(program, log)).isZero();
            assertThat(log.getString()).contains("error");
            assertThat(compile(program, "sm_35")).isEqualTo(5);
            assertThat(nvrtcDestroyProgram(program)).isZero();
        }
        assertThat(EmulatedDevice.live()).doesNotContainKey("live.programs");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void fault_nthCall_failsOnceAndHasNoEffect(int nth) {
        EmulatedDevice.fail("cudaMalloc", nth, cudaErrorMemoryAllocation);
        for (int i = 1; i <= 4; i++) {
            assertThat(cudaMalloc(new PointerPointer<>(1), 8)).isEqualTo(i == nth ? cudaErrorMemoryAllocation : 0);
        }
        assertThat(EmulatedDevice.live()).containsEntry("live.device", 3L);
        EmulatedDevice.assertNoViolations();
    }

    @Test
    void fault_ofWork_showsWhenSomethingWaits() {
        CUstream_st stream = stream();
        EmulatedDevice.fail("work", 1, cudaErrorLaunchFailure);
        assertThat(cudaMemsetAsync(malloc(8), 0, 8, stream)).isZero();
        assertThat(cudaStreamSynchronize(stream)).isEqualTo(cudaErrorLaunchFailure);
        assertThat(cudaMalloc(new PointerPointer<>(1), 8)).isEqualTo(cudaErrorLaunchFailure);
    }

    @Test
    void memory_more_thanTheDeviceHas_isRefused() {
        EmulatedDevice.memory(1000);
        assertThat(cudaMalloc(new PointerPointer<>(1), 600)).isZero();
        assertThat(cudaMalloc(new PointerPointer<>(1), 600)).isEqualTo(cudaErrorMemoryAllocation);
        try (SizeTPointer left = new SizeTPointer(1);
                SizeTPointer all = new SizeTPointer(1)) {
            assertThat(cudaMemGetInfo(left, all)).isZero();
            assertThat(left.get()).isEqualTo(400);
        }
        EmulatedDevice.assertNoViolations();
    }

    /** That there was just one kind of violation, and that it tells what was wrong; forgets it. */
    private static void violated(String... words) {
        assertThat(EmulatedDevice.violations()).isNotEmpty().allSatisfy(line -> assertThat(line)
                .contains(words));
        EmulatedDevice.forgetViolations();
    }

    private static int status(Callable<Integer> call) {
        try {
            return call.call();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static int elsewhere(Callable<Integer> call) throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            return thread.submit(call).get();
        } finally {
            thread.shutdown();
        }
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

    private static CUstream_st stream() {
        CUstream_st stream = new CUstream_st();
        assertThat(cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking)).isZero();
        return stream;
    }

    private static CUevent_st event() {
        CUevent_st event = new CUevent_st();
        assertThat(cudaEventCreateWithFlags(event, cudaEventDisableTiming)).isZero();
        return event;
    }

    private static String source() {
        try {
            return Files.readString(Path.of(System.getProperty("basedir", ""), "src/test/cpp/test_kernels.cu"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int compile(_nvrtcProgram program, String architecture) {
        try (BytePointer option = new BytePointer("--gpu-architecture=" + architecture);
                PointerPointer<BytePointer> options = new PointerPointer<BytePointer>(1).put(option)) {
            return nvrtcCompileProgram(program, 1, options);
        }
    }

    private static byte[] cubin(String architecture, String source) {
        try (_nvrtcProgram program = new _nvrtcProgram();
                SizeTPointer size = new SizeTPointer(1)) {
            assertThat(nvrtcCreateProgram(program, new BytePointer(source), new BytePointer("k.cu"), 0, NONE, NONE))
                    .isZero();
            assertThat(compile(program, architecture)).isZero();
            assertThat(nvrtcGetCUBINSize(program, size)).isZero();
            byte[] bytes = new byte[(int) size.get()];
            try (BytePointer to = new BytePointer(bytes.length)) {
                assertThat(nvrtcGetCUBIN(program, to)).isZero();
                to.get(bytes);
            }
            assertThat(nvrtcDestroyProgram(program)).isZero();
            return bytes;
        }
    }

    private static CUmod_st module(String architecture) {
        CUmod_st module = new CUmod_st();
        assertThat(cuModuleLoadData(module, new BytePointer(cubin(architecture, source()))))
                .isZero();
        return module;
    }

    private static CUfunc_st function(CUmod_st module, String name) {
        CUfunc_st function = new CUfunc_st();
        assertThat(cuModuleGetFunction(function, module, name)).isZero();
        return function;
    }

    private static int launch(
            CUfunc_st function, CUstream_st stream, int grid, int block, PointerPointer<Pointer> arguments) {
        return cuLaunchKernel(function, grid, 1, 1, block, 1, 1, 0, stream, arguments, NONE);
    }
}
