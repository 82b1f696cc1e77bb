// CUDA's devices, versions and errors, of the runtime and of the driver.
#include "cuda.h"

#include <cstdio>
#include <cstring>

namespace emulator {
namespace {

struct Named {
    int code;
    const char *runtime, *driver, *meaning;
};

constexpr Named ERRORS[] = {
    {0, "cudaSuccess", "CUDA_SUCCESS", "no error"},
    {1, "cudaErrorInvalidValue", "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, "cudaErrorMemoryAllocation", "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {3, "cudaErrorInitializationError", "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {12, "cudaErrorInvalidPitchValue", nullptr, "invalid pitch argument"},
    {21, "cudaErrorInvalidMemcpyDirection", nullptr, "invalid copy direction for memcpy"},
    {35, "cudaErrorInsufficientDriver", nullptr, "CUDA driver version is insufficient for CUDA runtime version"},
    {46, "cudaErrorDevicesUnavailable", "CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA-capable device(s) is/are busy or unavailable"},
    {100, "cudaErrorNoDevice", "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, "cudaErrorInvalidDevice", "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {200, "cudaErrorInvalidKernelImage", "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {201, "cudaErrorDeviceUninitialized", "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {209, "cudaErrorNoKernelImageForDevice", "CUDA_ERROR_NO_BINARY_FOR_GPU",
        "no kernel image is available for execution on the device"},
    {214, "cudaErrorECCUncorrectable", "CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"},
    {400, "cudaErrorInvalidResourceHandle", "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {500, "cudaErrorSymbolNotFound", "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {600, "cudaErrorNotReady", "CUDA_ERROR_NOT_READY", "device not ready"},
    {700, "cudaErrorIllegalAddress", "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {701, "cudaErrorLaunchOutOfResources", "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {702, "cudaErrorLaunchTimeout", "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {712, "cudaErrorHostMemoryAlreadyRegistered", "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED",
        "part or all of the requested memory range is already mapped"},
    {713, "cudaErrorHostMemoryNotRegistered", "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED",
        "pointer does not correspond to a registered memory region"},
    {719, "cudaErrorLaunchFailure", "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {801, "cudaErrorNotSupported", "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {900, "cudaErrorStreamCaptureUnsupported", "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
        "operation not permitted when stream is capturing"},
    {901, "cudaErrorStreamCaptureInvalidated", "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
        "operation failed due to a previous error during capture"},
    {903, "cudaErrorStreamCaptureUnmatched", "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED",
        "capture was not initiated in this stream"},
    {904, "cudaErrorStreamCaptureUnjoined", "CUDA_ERROR_STREAM_CAPTURE_UNJOINED",
        "capturing stream has unjoined work"},
    {905, "cudaErrorStreamCaptureIsolation", "CUDA_ERROR_STREAM_CAPTURE_ISOLATION",
        "dependency created on uncaptured work in another stream"},
    {906, "cudaErrorStreamCaptureImplicit", "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT",
        "operation would make the legacy stream depend on a capturing blocking stream"},
    {907, "cudaErrorCapturedEvent", "CUDA_ERROR_CAPTURED_EVENT", "operation not permitted on an event last recorded in a capturing stream"},
    {908, "cudaErrorStreamCaptureWrongThread", "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD",
        "attempt to terminate a thread-local capture sequence from another thread"},
    {999, "cudaErrorUnknown", "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const Named* named(int code) {
    for (const Named& e : ERRORS) {
        if (e.code == code) {
            return &e;
        }
    }
    return nullptr;
}

}  // namespace

thread_local Thread thread;

Cuda& cuda() {
    static Cuda* c = new Cuda;
    return *c;
}

int currentDevice() { return thread.device; }

int usable(int driver) {
    if (setting("driver") / 1000 < driver / 1000) {
        return INSUFFICIENT_DRIVER;
    }
    return setting("devices") <= 0 ? NO_DEVICE : SUCCESS;
}

int enter(const char* function) {
    if (int error = called(function)) {
        return error;
    }
    if (int error = usable(RUNTIME_VERSION)) {
        return error;
    }
    thread.bound = true;
    cuda().driverInitialized = true;
    return deviceError();
}

int enterDriver(const char* function) {
    if (int error = called(function)) {
        return error;
    }
    if (!cuda().driverInitialized) {
        return NOT_INITIALIZED;
    }
    return deviceError();
}

int enterContext(const char* function) {
    if (int error = enterDriver(function)) {
        return error;
    }
    if (!thread.bound) {
        violation("%s in a thread that has no context, call cudaSetDevice first", function);
        return INVALID_CONTEXT;
    }
    return SUCCESS;
}

int lastError() { return thread.lastError; }

void forgetLastError() { thread.lastError = SUCCESS; }

int last(int error) {
    if (error != SUCCESS) {
        thread.lastError = error;
    }
    return error;
}

int attribute(int which) {
    switch (which) {
        case 1: return 1024;                          // threads a block
        case 2: case 3: return 1024;
        case 4: return 64;
        case 5: return 2147483647;
        case 6: case 7: return 65535;
        case 8: return 49152;                         // shared memory a block
        case 10: return 32;                           // warp
        case 13: return 1500000;                      // clock, kHz
        case 14: return 512;                          // alignment of textures
        case 16: return COMPUTE_UNITS;
        case 18: return (int)setting("integrated");
        case 19: case 31: case 41: case 78: return 1; // mapped host memory, concurrent kernels, unified addresses, priorities
        case 36: return 5000000;                      // memory clock, kHz
        case 37: return 128;                          // memory bus, bits
        case 38: return 4 << 20;                      // L2
        case 39: return 1536;
        case 40: return 2;                            // copy engines
        case 75: return (int)setting("major");
        case 76: return (int)setting("minor");
        case 99: return 1;                            // host memory can be registered
        default: return 0;
    }
}

}  // namespace emulator

using namespace emulator;

// ---- devices

EXPORT int cudaGetDeviceCount(int* devices) {
    Lock lock;
    *devices = 0;
    REQUIRE(called("cudaGetDeviceCount"));
    REQUIRE(usable(RUNTIME_VERSION));
    *devices = (int)setting("devices");
    return SUCCESS;
}

EXPORT int cudaDriverGetVersion(int* version) {
    Lock lock;
    REQUIRE(called("cudaDriverGetVersion"));
    *version = (int)setting("driver");
    return SUCCESS;
}

EXPORT int cudaRuntimeGetVersion(int* version) {
    Lock lock;
    REQUIRE(called("cudaRuntimeGetVersion"));
    *version = RUNTIME_VERSION;
    return SUCCESS;
}

EXPORT int cudaDeviceGetAttribute(int* value, int which, int device) {
    RUNTIME("cudaDeviceGetAttribute");
    if (device < 0 || device >= setting("devices")) {
        return last(INVALID_DEVICE);
    }
    *value = attribute(which);
    return SUCCESS;
}

// Offsets of the fields in cudaDeviceProp of CUDA 13, as offsetof gives them.
EXPORT int cudaGetDeviceProperties(char* properties, int device) {
    RUNTIME("cudaGetDeviceProperties");
    if (device < 0 || device >= setting("devices")) {
        return last(INVALID_DEVICE);
    }
    auto put = [&](size_t at, int value) { memcpy(properties + at, &value, sizeof value); };
    memset(properties, 0, 1008);
    strcpy(properties, "Emulated device (CPU)");
    memset(properties + 256, 0xE0 + device, 16);
    int64_t memory = setting("memory");
    memcpy(properties + 288, &memory, sizeof memory);
    put(308, 32);
    put(320, 1024);
    put(360, (int)setting("major"));
    put(364, (int)setting("minor"));
    put(384, COMPUTE_UNITS);
    put(388, (int)setting("integrated"));
    put(392, 1);
    put(560, 1);
    put(572, device);
    put(584, 2);
    put(588, 1);
    put(592, 128);
    put(596, 4 << 20);
    put(704, 1);
    return SUCCESS;
}

EXPORT int cudaDeviceGetPCIBusId(char* id, int length, int device) {
    RUNTIME("cudaDeviceGetPCIBusId");
    snprintf(id, (size_t)length, "0000:%02x:00.0", device);
    return SUCCESS;
}

EXPORT int cudaSetDevice(int device) {
    RUNTIME("cudaSetDevice");
    if (device < 0 || device >= setting("devices")) {
        return last(INVALID_DEVICE);
    }
    thread.device = device;
    return SUCCESS;
}

EXPORT int cudaGetDevice(int* device) {
    RUNTIME("cudaGetDevice");
    *device = thread.device;
    return SUCCESS;
}

EXPORT int cudaSetDeviceFlags(unsigned flags) {
    RUNTIME("cudaSetDeviceFlags");
    cuda().flags = flags;
    return SUCCESS;
}

EXPORT int cudaGetDeviceFlags(unsigned* flags) {
    RUNTIME("cudaGetDeviceFlags");
    *flags = cuda().flags;
    return SUCCESS;
}

EXPORT int cudaDeviceSynchronize() {
    RUNTIME("cudaDeviceSynchronize");
    REQUIRE(unsafeCall("cudaDeviceSynchronize"));
    finishAll();
    return last(deviceError());
}

EXPORT int cudaDeviceReset() {
    Lock lock;
    REQUIRE(called("cudaDeviceReset"));
    resetCuda();
    return SUCCESS;
}

EXPORT const char* cudaGetErrorName(int error) {
    const Named* e = named(error);
    return e ? e->runtime : "unrecognized error code";
}

EXPORT const char* cudaGetErrorString(int error) {
    const Named* e = named(error);
    return e ? e->meaning : "unrecognized error code";
}

EXPORT int cudaGetLastError() {
    int error = thread.lastError;
    thread.lastError = SUCCESS;
    return error;
}

EXPORT int cudaPeekAtLastError() { return thread.lastError; }

// ---- driver

EXPORT int cuInit(unsigned) {
    Lock lock;
    if (int error = called("cuInit")) {
        return error;
    }
    if (setting("devices") <= 0) {
        return NO_DEVICE;
    }
    cuda().driverInitialized = true;
    return SUCCESS;
}

EXPORT int cuDriverGetVersion(int* version) {
    Lock lock;
    *version = (int)setting("driver");
    return called("cuDriverGetVersion");
}

EXPORT int cuDeviceGetCount(int* devices) {
    DRIVER(enterDriver, "cuDeviceGetCount");
    *devices = (int)setting("devices");
    return SUCCESS;
}

EXPORT int cuDeviceGet(int* device, int ordinal) {
    DRIVER(enterDriver, "cuDeviceGet");
    *device = ordinal;
    return ordinal < 0 || ordinal >= setting("devices") ? INVALID_DEVICE : SUCCESS;
}

EXPORT int cuDeviceGetName(char* name, int length, int device) {
    DRIVER(enterDriver, "cuDeviceGetName");
    snprintf(name, (size_t)length, "Emulated device (CPU)");
    return device < 0 || device >= setting("devices") ? INVALID_DEVICE : SUCCESS;
}

EXPORT int cuDeviceGetAttribute(int* value, int which, int device) {
    DRIVER(enterDriver, "cuDeviceGetAttribute");
    *value = attribute(which);
    return device < 0 || device >= setting("devices") ? INVALID_DEVICE : SUCCESS;
}

static int uuid(char* bytes, int device) {
    memset(bytes, 0xE0 + device, 16);
    return device < 0 || device >= setting("devices") ? INVALID_DEVICE : SUCCESS;
}

EXPORT int cuDeviceGetUuid(char* bytes, int device) {
    DRIVER(enterDriver, "cuDeviceGetUuid");
    return uuid(bytes, device);
}

EXPORT int cuDeviceGetUuid_v2(char* bytes, int device) {
    DRIVER(enterDriver, "cuDeviceGetUuid_v2");
    return uuid(bytes, device);
}

EXPORT int cuDeviceTotalMem_v2(size_t* bytes, int) {
    DRIVER(enterDriver, "cuDeviceTotalMem_v2");
    *bytes = (size_t)setting("memory");
    return SUCCESS;
}

EXPORT int cuGetErrorName(int error, const char** name) {
    const Named* e = named(error);
    *name = e ? e->driver : nullptr;
    return e ? SUCCESS : INVALID_VALUE;
}

EXPORT int cuGetErrorString(int error, const char** meaning) {
    const Named* e = named(error);
    *meaning = e ? e->meaning : nullptr;
    return e ? SUCCESS : INVALID_VALUE;
}
