// CUDA's runtime, its driver and NVRTC, as far as the module calls them. Types and numbers are those of CUDA's documentation.
#include "emulator.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <set>

namespace emulator {

enum Error {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    MEMORY_ALLOCATION = 2,
    NOT_INITIALIZED = 3,
    INVALID_PITCH_VALUE = 12,
    INVALID_MEMCPY_DIRECTION = 21,
    INSUFFICIENT_DRIVER = 35,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    INVALID_KERNEL_IMAGE = 200,
    INVALID_CONTEXT = 201,
    NO_KERNEL_IMAGE_FOR_DEVICE = 209,
    INVALID_RESOURCE_HANDLE = 400,
    SYMBOL_NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    HOST_MEMORY_ALREADY_REGISTERED = 712,
    HOST_MEMORY_NOT_REGISTERED = 713,
    LAUNCH_FAILURE = 719,
    CAPTURE_UNSUPPORTED = 900,
    CAPTURE_INVALIDATED = 901,
    CAPTURE_UNMATCHED = 903,
    CAPTURE_UNJOINED = 904,
    CAPTURE_ISOLATION = 905,
    CAPTURE_IMPLICIT = 906,
    CAPTURED_EVENT = 907,
    CAPTURE_WRONG_THREAD = 908,
};

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

constexpr int RUNTIME_VERSION = 13010;
constexpr int COMPUTE_UNITS = 16;

struct Capture;

// Handles of CUDA are addresses of these. They are never deleted, so that one that was destroyed is known for that.
struct Stream {
    bool alive = true;
    int device = 0;
    bool blocking = true;
    bool legacy = false;
    std::deque<Work> queue;
    std::shared_ptr<Capture> capture;
    // Work captured from this stream, and whether the stream in which the capture began has waited for all of it.
    int captured = 0;
    bool joined = true;
};

struct Event {
    bool alive = true;
    int device = 0;
    bool timed = true;
    Stream* stream = nullptr;
    int64_t recorded = 0, done = 0;
    std::chrono::steady_clock::time_point time;
    std::shared_ptr<Capture> capture;
    int captured = 0;
};

struct Capture {
    int mode;
    void* thread;
    Stream* origin;
    std::set<Stream*> streams;
    std::vector<Work> work;
    bool invalid = false;
};

struct Graph {
    bool alive = true;
    std::vector<Work> work;
};

struct GraphExec {
    bool alive = true;
    int device = 0;
    std::vector<Work> work;
};

struct Function;

struct Module {
    bool alive = true;
    int device = 0;
    const Unit* unit = nullptr;
    std::map<std::string, Function*> functions;
};

struct Function {
    Module* module;
    const Kernel* kernel;
};

struct Cuda {
    std::set<void*> streams, events, graphs, execs, modules, functions;
    std::map<int, Stream*> legacy;
    std::map<uintptr_t, size_t> registered;
    std::set<Capture*> captures;
    bool driverInitialized = false;
    unsigned flags = 0;
};

Cuda& cuda() {
    static Cuda* c = new Cuda;
    return *c;
}

struct Thread {
    int device = 0;
    // Whether a call of the runtime has made the device's context current.
    bool bound = false;
    int lastError = 0;
};

thread_local Thread thread;

const Named* named(int code) {
    for (const Named& e : ERRORS) {
        if (e.code == code) {
            return &e;
        }
    }
    return nullptr;
}

// ---- streams

void invalidate(Capture& capture) { capture.invalid = true; }

void invalidateCapture(Stream* stream) {
    if (stream->capture) {
        invalidate(*stream->capture);
    }
}

bool isCapturing(Stream* stream) { return stream->capture != nullptr; }

int currentDevice() { return thread.device; }

int deviceOf(Stream* stream) { return stream->device; }

Stream* legacyStream(int device) {
    Stream*& stream = cuda().legacy[device];
    if (!stream) {
        stream = new Stream;
        stream->device = device;
        stream->legacy = true;
    }
    return stream;
}

Stream* streamOf(void* handle, const char* function) {
    if (handle == nullptr || handle == (void*)1) {
        return legacyStream(thread.device);
    }
    auto* stream = (Stream*)handle;
    if (!cuda().streams.count(handle) || !stream->alive) {
        violation("%s: no such stream, or one destroyed: %p", function, handle);
        return nullptr;
    }
    return stream;
}

void runOne(Stream* stream) {
    Work work = std::move(stream->queue.front());
    stream->queue.pop_front();
    if (int error = called("work")) {
        deviceFails(error);
    }
    // After an error nothing runs any more.
    if (!deviceError()) {
        work();
    }
}

void finish(Stream* stream) {
    while (!stream->queue.empty()) {
        runOne(stream);
    }
}

template <class F>
void eachStream(F f) {
    for (void* stream : std::set<void*>(cuda().streams)) {
        f((Stream*)stream);
    }
    for (auto& entry : std::map<int, Stream*>(cuda().legacy)) {
        f(entry.second);
    }
}

void finishAll() { eachStream(finish); }

void finishBlocking(int device) {
    eachStream([&](Stream* s) {
        if (s->blocking && s->device == device) {
            finish(s);
        }
    });
}

int issue(Stream* stream, Work work) {
    if (stream->capture) {
        if (stream->capture->invalid) {
            return CAPTURE_INVALIDATED;
        }
        stream->capture->work.push_back(std::move(work));
        stream->captured++;
        stream->joined = false;
        return SUCCESS;
    }
    if (stream->legacy) {
        for (Capture* capture : cuda().captures) {
            for (Stream* s : capture->streams) {
                if (s->blocking && s->device == stream->device) {
                    violation("work for the default stream while a stream that waits for it is captured");
                    invalidate(*capture);
                    return CAPTURE_IMPLICIT;
                }
            }
        }
        finishBlocking(stream->device);
    } else if (stream->blocking) {
        finish(legacyStream(stream->device));
    }
    stream->queue.push_back(std::move(work));
    if (setting("eager")) {
        finish(stream);
    }
    return SUCCESS;
}

// Calls that CUDA forbids while the thread, or in the global mode any thread, captures.
int unsafeCall(const char* function) {
    for (Capture* capture : cuda().captures) {
        if (capture->mode == 0 || (capture->mode == 1 && capture->thread == &thread)) {
            violation("%s while a stream is captured", function);
            invalidate(*capture);
            return CAPTURE_UNSUPPORTED;
        }
    }
    return SUCCESS;
}

void complete(Event* event, int64_t mark, Stream* stream) {
    while (event->done < mark && stream && !stream->queue.empty()) {
        runOne(stream);
    }
}

void endCapture(Stream* origin) {
    auto capture = origin->capture;
    for (Stream* s : capture->streams) {
        s->capture = nullptr;
        s->captured = 0;
        s->joined = true;
    }
    cuda().captures.erase(capture.get());
}

template <class T>
T* live(std::set<void*>& all, void* handle, const char* kind, const char* function) {
    auto* object = (T*)handle;
    if (!all.count(handle) || !object->alive) {
        violation("%s: no such %s, or one destroyed: %p", function, kind, handle);
        return nullptr;
    }
    return object;
}

template <class T>
T* born(std::set<void*>& all, const char* counter) {
    auto* object = new T;
    all.insert(object);
    count(counter);
    return object;
}

void resetCuda() {
    Cuda& c = cuda();
    c.captures.clear();
    eachStream([](Stream* s) {
        s->queue.clear();
        s->capture = nullptr;
    });
    auto kill = [](std::set<void*>& all, const char* counter, auto* kind) {
        for (void* object : all) {
            auto* o = (decltype(kind))object;
            if (o->alive) {
                o->alive = false;
                count(counter, -1);
            }
        }
    };
    kill(c.streams, "live.streams", (Stream*)nullptr);
    kill(c.events, "live.events", (Event*)nullptr);
    kill(c.graphs, "live.graphs", (Graph*)nullptr);
    kill(c.execs, "live.graphExecs", (GraphExec*)nullptr);
    kill(c.modules, "live.modules", (Module*)nullptr);
    count("live.registered", -(int64_t)c.registered.size());
    for (auto& entry : c.registered) {
        count("live.registered.bytes", -(int64_t)entry.second);
    }
    c.registered.clear();
    releaseAll();
}

// ---- memory

bool pinnedOrRegistered(const void* memory, size_t bytes) {
    if (isPinned(memory, bytes)) {
        return true;
    }
    auto& all = cuda().registered;
    auto after = all.upper_bound((uintptr_t)memory);
    if (after == all.begin()) {
        return false;
    }
    auto& found = *std::prev(after);
    return (uintptr_t)memory + bytes <= found.first + found.second;
}

enum Direction { HOST_TO_HOST, HOST_TO_DEVICE, DEVICE_TO_HOST, DEVICE_TO_DEVICE, DEFAULT };

int direction(int kind, const void* to, const void* from) {
    if (kind != DEFAULT) {
        return kind;
    }
    return (touchesDevice(from, 1) ? 2 : 0) + (touchesDevice(to, 1) ? 1 : 0);
}

// One copy of rows; checked when it is issued and again when it runs.
struct Copy {
    const char* function;
    char* to;
    size_t toPitch;
    const char* from;
    size_t fromPitch;
    size_t width, height;
    int kind;
    bool async;

    size_t toBytes() const { return height == 0 ? 0 : toPitch * (height - 1) + width; }
    size_t fromBytes() const { return height == 0 ? 0 : fromPitch * (height - 1) + width; }
    bool toDevice() const { return kind == HOST_TO_DEVICE || kind == DEVICE_TO_DEVICE; }
    bool fromDevice() const { return kind == DEVICE_TO_HOST || kind == DEVICE_TO_DEVICE; }

    bool pinned() const {
        return (toDevice() || pinnedOrRegistered(to, toBytes())) && (fromDevice() || pinnedOrRegistered(from, fromBytes()));
    }

    int check(const char* when) const {
        if (kind < 0 || kind > DEVICE_TO_DEVICE) {
            violation("%s: no direction %d", function, kind);
            return INVALID_MEMCPY_DIRECTION;
        }
        if (width > toPitch || width > fromPitch) {
            violation("%s: rows of %zu bytes in pitches of %zu and %zu", function, width, toPitch, fromPitch);
            return INVALID_PITCH_VALUE;
        }
        return side("to", to, toBytes(), toDevice(), when) | side("from", from, fromBytes(), fromDevice(), when)
            ? INVALID_VALUE
            : SUCCESS;
    }

    int side(const char* name, const void* memory, size_t bytes, bool device, const char* when) const {
        if (bytes == 0) {
            return 0;
        }
        if (device ? !onDevice(memory, bytes) : touchesDevice(memory, bytes) || memory == nullptr) {
            violation("%s: %s %p, %zu bytes are not all in one live allocation of the %s, %s", function, name, memory, bytes,
                device ? "device" : "host", when);
            return 1;
        }
        return 0;
    }

    void run() const {
        if (int error = check("when it ran")) {
            deviceFails(error == INVALID_VALUE ? ILLEGAL_ADDRESS : error);
            return;
        }
        for (size_t y = 0; y < height; y++) {
            memmove(to + y * toPitch, from + y * fromPitch, width);
        }
        const char* name[] = {"h2h", "h2d", "d2h", "d2d"};
        count(std::string(name[kind]) + ".copies");
        count(std::string(name[kind]) + ".bytes", (int64_t)(width * height));
    }
};

int copy(Copy c, void* handle) {
    Stream* stream = streamOf(handle, c.function);
    if (!stream) {
        return INVALID_RESOURCE_HANDLE;
    }
    c.kind = direction(c.kind, c.to, c.from);
    if (int error = c.check("when it was issued")) {
        return error;
    }
    if (c.async) {
        if (c.kind != HOST_TO_HOST && !c.pinned()) {
            // CUDA copies such memory through a buffer of its own, and waits.
            violation("%s: host memory of %zu bytes is not page-locked", c.function, c.width * c.height);
            if (stream->capture) {
                invalidateCapture(stream);
                return CAPTURE_UNSUPPORTED;
            }
            int error = issue(stream, [c] { c.run(); });
            finish(stream);
            return error;
        }
        return issue(stream, [c] { c.run(); });
    }
    if (int error = unsafeCall(c.function)) {
        return error;
    }
    if (int error = issue(legacyStream(thread.device), [c] { c.run(); })) {
        return error;
    }
    finish(legacyStream(thread.device));
    return deviceError();
}

int set(const char* function, void* memory, int value, size_t bytes, void* handle, bool async) {
    Stream* stream = streamOf(handle, function);
    if (!stream) {
        return INVALID_RESOURCE_HANDLE;
    }
    if (bytes && !onDevice(memory, bytes)) {
        violation("%s: %p, %zu bytes are not all in one live allocation of the device", function, memory, bytes);
        return INVALID_VALUE;
    }
    if (!async) {
        if (int error = unsafeCall(function)) {
            return error;
        }
    }
    return issue(stream, [=] {
        if (bytes && !onDevice(memory, bytes)) {
            violation("%s: %p, %zu bytes are gone when it ran", function, memory, bytes);
            deviceFails(ILLEGAL_ADDRESS);
            return;
        }
        memset(memory, value, bytes);
    });
}

// ---- entry

int usable(int driver) {
    if (setting("driver") / 1000 < driver / 1000) {
        return INSUFFICIENT_DRIVER;
    }
    return setting("devices") <= 0 ? NO_DEVICE : SUCCESS;
}

// What each call of the runtime begins with.
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

// Calls that work on a context: the thread must have one.
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

int last(int error) {
    if (error != SUCCESS) {
        thread.lastError = error;
    }
    return error;
}

}  // namespace emulator

using namespace emulator;

#define RUNTIME(name)                \
    Lock lock;                       \
    if (int error = enter(name)) {   \
        return last(error);          \
    }

#define REQUIRE(expression)          \
    if (int error = (expression)) {  \
        return last(error);          \
    }

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

static int attribute(int which) {
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

// ---- memory

EXPORT int cudaMalloc(void** memory, size_t bytes) {
    RUNTIME("cudaMalloc");
    REQUIRE(unsafeCall("cudaMalloc"));
    *memory = nullptr;
    if (bytes == 0) {
        return SUCCESS;
    }
    *memory = allocate(Kind::DEVICE, bytes);
    return last(*memory ? SUCCESS : MEMORY_ALLOCATION);
}

EXPORT int cudaFree(void* memory) {
    RUNTIME("cudaFree");
    REQUIRE(unsafeCall("cudaFree"));
    if (memory == nullptr) {
        return SUCCESS;
    }
    // It waits for the device, as the real one does.
    finishAll();
    if (!release(Kind::DEVICE, memory)) {
        violation("cudaFree: %p is not allocated on the device, or freed already", memory);
        return last(INVALID_VALUE);
    }
    return SUCCESS;
}

EXPORT int cudaMemGetInfo(size_t* available, size_t* total) {
    RUNTIME("cudaMemGetInfo");
    *available = (size_t)freeMemory();
    *total = (size_t)setting("memory");
    return SUCCESS;
}

static int allocateHost(const char* function, void** memory, size_t bytes) {
    REQUIRE(unsafeCall(function));
    *memory = nullptr;
    if (bytes == 0) {
        return SUCCESS;
    }
    *memory = allocate(Kind::PINNED, bytes);
    return last(*memory ? SUCCESS : MEMORY_ALLOCATION);
}

EXPORT int cudaHostAlloc(void** memory, size_t bytes, unsigned) {
    RUNTIME("cudaHostAlloc");
    return allocateHost("cudaHostAlloc", memory, bytes);
}

EXPORT int cudaMallocHost(void** memory, size_t bytes) {
    RUNTIME("cudaMallocHost");
    return allocateHost("cudaMallocHost", memory, bytes);
}

EXPORT int cudaFreeHost(void* memory) {
    RUNTIME("cudaFreeHost");
    REQUIRE(unsafeCall("cudaFreeHost"));
    if (memory == nullptr) {
        return SUCCESS;
    }
    finishAll();
    if (!release(Kind::PINNED, memory)) {
        violation("cudaFreeHost: %p is not allocated page-locked, or freed already", memory);
        return last(INVALID_VALUE);
    }
    return SUCCESS;
}

EXPORT int cudaHostGetDevicePointer(void** device, void* host, unsigned) {
    RUNTIME("cudaHostGetDevicePointer");
    if (!pinnedOrRegistered(host, 1)) {
        violation("cudaHostGetDevicePointer: %p is not page-locked", host);
        return last(INVALID_VALUE);
    }
    *device = host;
    return SUCCESS;
}

EXPORT int cudaHostRegister(void* memory, size_t bytes, unsigned) {
    RUNTIME("cudaHostRegister");
    REQUIRE(unsafeCall("cudaHostRegister"));
    if (memory == nullptr || bytes == 0) {
        return last(INVALID_VALUE);
    }
    auto begin = (uintptr_t)memory;
    for (auto& other : cuda().registered) {
        if (begin < other.first + other.second && other.first < begin + bytes) {
            violation("cudaHostRegister: %p, %zu bytes overlap memory registered already", memory, bytes);
            return last(HOST_MEMORY_ALREADY_REGISTERED);
        }
    }
    if (isPinned(memory, 1)) {
        violation("cudaHostRegister: %p is page-locked already", memory);
        return last(HOST_MEMORY_ALREADY_REGISTERED);
    }
    cuda().registered[begin] = bytes;
    count("live.registered");
    count("live.registered.bytes", (int64_t)bytes);
    return SUCCESS;
}

EXPORT int cudaHostUnregister(void* memory) {
    RUNTIME("cudaHostUnregister");
    REQUIRE(unsafeCall("cudaHostUnregister"));
    auto found = cuda().registered.find((uintptr_t)memory);
    if (found == cuda().registered.end()) {
        violation("cudaHostUnregister: %p is not registered", memory);
        return last(HOST_MEMORY_NOT_REGISTERED);
    }
    finishAll();
    count("live.registered", -1);
    count("live.registered.bytes", -(int64_t)found->second);
    cuda().registered.erase(found);
    return SUCCESS;
}

EXPORT int cudaMemcpy(void* to, const void* from, size_t bytes, int kind) {
    RUNTIME("cudaMemcpy");
    return last(copy({"cudaMemcpy", (char*)to, bytes, (const char*)from, bytes, bytes, 1, kind, false}, nullptr));
}

EXPORT int cudaMemcpyAsync(void* to, const void* from, size_t bytes, int kind, void* stream) {
    RUNTIME("cudaMemcpyAsync");
    return last(copy({"cudaMemcpyAsync", (char*)to, bytes, (const char*)from, bytes, bytes, 1, kind, true}, stream));
}

EXPORT int cudaMemcpy2D(void* to, size_t toPitch, const void* from, size_t fromPitch, size_t width, size_t height, int kind) {
    RUNTIME("cudaMemcpy2D");
    return last(copy(
        {"cudaMemcpy2D", (char*)to, toPitch, (const char*)from, fromPitch, width, height, kind, false}, nullptr));
}

EXPORT int cudaMemcpy2DAsync(
    void* to, size_t toPitch, const void* from, size_t fromPitch, size_t width, size_t height, int kind, void* stream) {
    RUNTIME("cudaMemcpy2DAsync");
    return last(copy(
        {"cudaMemcpy2DAsync", (char*)to, toPitch, (const char*)from, fromPitch, width, height, kind, true}, stream));
}

EXPORT int cudaMemset(void* memory, int value, size_t bytes) {
    RUNTIME("cudaMemset");
    return last(set("cudaMemset", memory, value, bytes, nullptr, false));
}

EXPORT int cudaMemsetAsync(void* memory, int value, size_t bytes, void* stream) {
    RUNTIME("cudaMemsetAsync");
    return last(set("cudaMemsetAsync", memory, value, bytes, stream, true));
}

// ---- streams

static int createStream(void** stream, unsigned flags) {
    auto* created = born<Stream>(cuda().streams, "live.streams");
    created->device = thread.device;
    created->blocking = (flags & 1) == 0;
    *stream = created;
    return SUCCESS;
}

EXPORT int cudaStreamCreate(void** stream) {
    RUNTIME("cudaStreamCreate");
    return createStream(stream, 0);
}

EXPORT int cudaStreamCreateWithFlags(void** stream, unsigned flags) {
    RUNTIME("cudaStreamCreateWithFlags");
    return createStream(stream, flags);
}

EXPORT int cudaStreamCreateWithPriority(void** stream, unsigned flags, int) {
    RUNTIME("cudaStreamCreateWithPriority");
    return createStream(stream, flags);
}

EXPORT int cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
    RUNTIME("cudaDeviceGetStreamPriorityRange");
    if (least) {
        *least = 0;
    }
    if (greatest) {
        *greatest = -5;
    }
    return SUCCESS;
}

EXPORT int cudaStreamDestroy(void* handle) {
    RUNTIME("cudaStreamDestroy");
    auto* stream = live<Stream>(cuda().streams, handle, "stream", "cudaStreamDestroy");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (stream->capture) {
        violation("cudaStreamDestroy of a stream that is captured");
        invalidateCapture(stream);
        return last(CAPTURE_UNSUPPORTED);
    }
    finish(stream);
    stream->alive = false;
    count("live.streams", -1);
    return SUCCESS;
}

EXPORT int cudaStreamSynchronize(void* handle) {
    RUNTIME("cudaStreamSynchronize");
    Stream* stream = streamOf(handle, "cudaStreamSynchronize");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (stream->capture) {
        violation("cudaStreamSynchronize of a stream that is captured");
        invalidateCapture(stream);
        return last(CAPTURE_UNSUPPORTED);
    }
    if (stream->legacy) {
        finishBlocking(stream->device);
    }
    finish(stream);
    return last(deviceError());
}

// Answers once that it is not ready where there was work, so that those who ask again and again come to an end.
EXPORT int cudaStreamQuery(void* handle) {
    RUNTIME("cudaStreamQuery");
    Stream* stream = streamOf(handle, "cudaStreamQuery");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (stream->capture) {
        violation("cudaStreamQuery of a stream that is captured");
        invalidateCapture(stream);
        return last(CAPTURE_UNSUPPORTED);
    }
    bool pending = !stream->queue.empty();
    finish(stream);
    REQUIRE(deviceError());
    return pending ? NOT_READY : SUCCESS;
}

EXPORT int cudaStreamWaitEvent(void* handle, void* eventHandle, unsigned) {
    RUNTIME("cudaStreamWaitEvent");
    Stream* stream = streamOf(handle, "cudaStreamWaitEvent");
    auto* event = live<Event>(cuda().events, eventHandle, "event", "cudaStreamWaitEvent");
    if (!stream || !event) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (event->capture) {
        if (!stream->capture) {
            stream->capture = event->capture;
            event->capture->streams.insert(stream);
        } else if (stream->capture != event->capture) {
            violation("cudaStreamWaitEvent between two captures");
            return last(CAPTURE_ISOLATION);
        }
        // Work is captured in the order of issue; what is left to know is whether all of it is waited for.
        if (stream != event->stream && event->captured == event->stream->captured) {
            event->stream->joined = true;
        }
        if (stream != stream->capture->origin) {
            stream->joined = false;
        }
        return SUCCESS;
    }
    if (stream->capture) {
        violation("cudaStreamWaitEvent of a captured stream for work outside of the capture");
        invalidateCapture(stream);
        return last(CAPTURE_ISOLATION);
    }
    int64_t mark = event->recorded;
    Stream* source = event->stream;
    return last(issue(stream, [=] { complete(event, mark, source); }));
}

EXPORT int cudaStreamBeginCapture(void* handle, int mode) {
    RUNTIME("cudaStreamBeginCapture");
    Stream* stream = streamOf(handle, "cudaStreamBeginCapture");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (stream->legacy || stream->capture) {
        violation("cudaStreamBeginCapture of the default stream, or of one that is captured already");
        return last(stream->legacy ? CAPTURE_UNSUPPORTED : INVALID_VALUE);
    }
    stream->capture = std::make_shared<Capture>();
    stream->capture->mode = mode;
    stream->capture->thread = &thread;
    stream->capture->origin = stream;
    stream->capture->streams.insert(stream);
    cuda().captures.insert(stream->capture.get());
    return SUCCESS;
}

EXPORT int cudaStreamEndCapture(void* handle, void** graph) {
    RUNTIME("cudaStreamEndCapture");
    *graph = nullptr;
    Stream* stream = streamOf(handle, "cudaStreamEndCapture");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (!stream->capture || stream->capture->origin != stream) {
        violation("cudaStreamEndCapture of a stream in which no capture began");
        return last(stream->capture ? CAPTURE_UNMATCHED : INVALID_VALUE);
    }
    auto capture = stream->capture;
    if (capture->mode != 2 && capture->thread != &thread) {
        violation("cudaStreamEndCapture in another thread than the one that began");
        return last(CAPTURE_WRONG_THREAD);
    }
    bool joined = true;
    for (Stream* s : capture->streams) {
        joined = joined && (s == stream || s->joined);
    }
    endCapture(stream);
    if (capture->invalid) {
        return last(CAPTURE_INVALIDATED);
    }
    if (!joined) {
        violation("cudaStreamEndCapture: another stream's work is not waited for");
        return last(CAPTURE_UNJOINED);
    }
    auto* made = born<Graph>(cuda().graphs, "live.graphs");
    made->work = capture->work;
    *graph = made;
    return SUCCESS;
}

EXPORT int cudaStreamIsCapturing(void* handle, int* status) {
    RUNTIME("cudaStreamIsCapturing");
    Stream* stream = streamOf(handle, "cudaStreamIsCapturing");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    *status = !stream->capture ? 0 : stream->capture->invalid ? 2 : 1;
    return SUCCESS;
}

// ---- graphs

static int instantiate(const char* function, void** exec, void* handle) {
    auto* graph = live<Graph>(cuda().graphs, handle, "graph", function);
    if (!graph) {
        return last(INVALID_VALUE);
    }
    auto* made = born<GraphExec>(cuda().execs, "live.graphExecs");
    made->device = thread.device;
    made->work = graph->work;
    *exec = made;
    return SUCCESS;
}

EXPORT int cudaGraphInstantiate(void** exec, void* graph, unsigned long long) {
    RUNTIME("cudaGraphInstantiate");
    return instantiate("cudaGraphInstantiate", exec, graph);
}

EXPORT int cudaGraphInstantiateWithFlags(void** exec, void* graph, unsigned long long) {
    RUNTIME("cudaGraphInstantiateWithFlags");
    return instantiate("cudaGraphInstantiateWithFlags", exec, graph);
}

EXPORT int cudaGraphGetNodes(void* handle, void**, size_t* nodes) {
    RUNTIME("cudaGraphGetNodes");
    auto* graph = live<Graph>(cuda().graphs, handle, "graph", "cudaGraphGetNodes");
    if (!graph) {
        return last(INVALID_VALUE);
    }
    *nodes = graph->work.size();
    return SUCCESS;
}

EXPORT int cudaGraphUpload(void* handle, void* streamHandle) {
    RUNTIME("cudaGraphUpload");
    auto* exec = live<GraphExec>(cuda().execs, handle, "executable graph", "cudaGraphUpload");
    return last(exec && streamOf(streamHandle, "cudaGraphUpload") ? SUCCESS : INVALID_VALUE);
}

EXPORT int cudaGraphLaunch(void* handle, void* streamHandle) {
    RUNTIME("cudaGraphLaunch");
    auto* exec = live<GraphExec>(cuda().execs, handle, "executable graph", "cudaGraphLaunch");
    Stream* stream = streamOf(streamHandle, "cudaGraphLaunch");
    if (!exec || !stream) {
        return last(exec ? INVALID_RESOURCE_HANDLE : INVALID_VALUE);
    }
    return last(issue(stream, [exec] {
        count("graphs.run");
        for (const Work& work : exec->work) {
            if (!deviceError()) {
                work();
            }
        }
    }));
}

EXPORT int cudaGraphDestroy(void* handle) {
    RUNTIME("cudaGraphDestroy");
    auto* graph = live<Graph>(cuda().graphs, handle, "graph", "cudaGraphDestroy");
    if (!graph) {
        return last(INVALID_VALUE);
    }
    graph->alive = false;
    graph->work.clear();
    count("live.graphs", -1);
    return SUCCESS;
}

EXPORT int cudaGraphExecDestroy(void* handle) {
    RUNTIME("cudaGraphExecDestroy");
    auto* exec = live<GraphExec>(cuda().execs, handle, "executable graph", "cudaGraphExecDestroy");
    if (!exec) {
        return last(INVALID_VALUE);
    }
    finishAll();
    exec->alive = false;
    exec->work.clear();
    count("live.graphExecs", -1);
    return SUCCESS;
}

// ---- events

static int createEvent(void** event, unsigned flags) {
    auto* created = born<Event>(cuda().events, "live.events");
    created->device = thread.device;
    created->timed = (flags & 2) == 0;
    *event = created;
    return SUCCESS;
}

EXPORT int cudaEventCreate(void** event) {
    RUNTIME("cudaEventCreate");
    return createEvent(event, 0);
}

EXPORT int cudaEventCreateWithFlags(void** event, unsigned flags) {
    RUNTIME("cudaEventCreateWithFlags");
    return createEvent(event, flags);
}

static int record(const char* function, void* handle, void* streamHandle, bool asNode) {
    Stream* stream = streamOf(streamHandle, function);
    auto* event = live<Event>(cuda().events, handle, "event", function);
    if (!stream || !event) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (event->device != stream->device) {
        violation("%s: event of device %d in a stream of device %d", function, event->device, stream->device);
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (stream->capture && !asNode) {
        event->capture = stream->capture;
        event->stream = stream;
        event->captured = stream->captured;
        return stream->capture->invalid ? last(CAPTURE_INVALIDATED) : SUCCESS;
    }
    event->capture = nullptr;
    if (stream->capture) {
        return last(issue(stream, [event] {
            event->recorded++;
            event->done = event->recorded;
            event->time = std::chrono::steady_clock::now();
        }));
    }
    event->stream = stream;
    int64_t mark = ++event->recorded;
    return last(issue(stream, [event, mark] {
        event->done = mark;
        event->time = std::chrono::steady_clock::now();
    }));
}

EXPORT int cudaEventRecord(void* event, void* stream) {
    RUNTIME("cudaEventRecord");
    return record("cudaEventRecord", event, stream, false);
}

EXPORT int cudaEventRecordWithFlags(void* event, void* stream, unsigned flags) {
    RUNTIME("cudaEventRecordWithFlags");
    return record("cudaEventRecordWithFlags", event, stream, flags == 1);
}

static int ask(const char* function, void* handle, bool* pending) {
    auto* event = live<Event>(cuda().events, handle, "event", function);
    if (!event) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (event->capture) {
        violation("%s of an event that was last recorded in a capture", function);
        return last(CAPTURED_EVENT);
    }
    *pending = event->done < event->recorded;
    complete(event, event->recorded, event->stream);
    return last(deviceError());
}

EXPORT int cudaEventQuery(void* event) {
    RUNTIME("cudaEventQuery");
    bool pending = false;
    REQUIRE(ask("cudaEventQuery", event, &pending));
    return pending ? NOT_READY : SUCCESS;
}

EXPORT int cudaEventSynchronize(void* event) {
    RUNTIME("cudaEventSynchronize");
    bool pending = false;
    return ask("cudaEventSynchronize", event, &pending);
}

EXPORT int cudaEventElapsedTime(float* milliseconds, void* from, void* to) {
    RUNTIME("cudaEventElapsedTime");
    auto* start = live<Event>(cuda().events, from, "event", "cudaEventElapsedTime");
    auto* end = live<Event>(cuda().events, to, "event", "cudaEventElapsedTime");
    if (!start || !end || !start->timed || !end->timed || !start->recorded || !end->recorded) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (start->done < start->recorded || end->done < end->recorded) {
        return last(NOT_READY);
    }
    *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
    return SUCCESS;
}

EXPORT int cudaEventDestroy(void* handle) {
    RUNTIME("cudaEventDestroy");
    auto* event = live<Event>(cuda().events, handle, "event", "cudaEventDestroy");
    if (!event) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    event->alive = false;
    count("live.events", -1);
    return SUCCESS;
}

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

#define DRIVER(enter, name)         \
    Lock lock;                      \
    if (int error = enter(name)) {  \
        return error;               \
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

// ---- modules; a cubin here is a header, the architecture, the length of the source, and the source

static const char CUBIN[] = "DERM-EMULATED-CUBIN";

static int loadModule(void** handle, const char* image) {
    char architecture[16];
    size_t length = 0;
    int header = 0;
    int major = 0, minor = 0;
    if (!image || strncmp(image, CUBIN, sizeof CUBIN - 1) != 0
        || sscanf(image + sizeof CUBIN - 1, "\nsm_%15[0-9]\n%zu\n%n", architecture, &length, &header) != 2) {
        return INVALID_KERNEL_IMAGE;
    }
    int number = atoi(architecture);
    major = number / 10;
    minor = number % 10;
    if (major != setting("major") || minor > setting("minor")) {
        return NO_KERNEL_IMAGE_FOR_DEVICE;
    }
    std::string hash = hashOf(std::string(image + sizeof CUBIN - 1 + header, length));
    for (const Unit& unit : units()) {
        if (hash == unit.hash) {
            auto* module = born<Module>(cuda().modules, "live.modules");
            module->device = thread.device;
            module->unit = &unit;
            *handle = module;
            return SUCCESS;
        }
    }
    return INVALID_KERNEL_IMAGE;
}

EXPORT int cuModuleLoadData(void** module, const void* image) {
    DRIVER(enterContext, "cuModuleLoadData");
    if (int error = unsafeCall("cuModuleLoadData")) {
        return error;
    }
    return loadModule(module, (const char*)image);
}

EXPORT int cuModuleLoadDataEx(void** module, const void* image, unsigned, int*, void**) {
    DRIVER(enterContext, "cuModuleLoadDataEx");
    if (int error = unsafeCall("cuModuleLoadDataEx")) {
        return error;
    }
    return loadModule(module, (const char*)image);
}

EXPORT int cuModuleGetFunction(void** function, void* handle, const char* name) {
    DRIVER(enterContext, "cuModuleGetFunction");
    auto* module = live<Module>(cuda().modules, handle, "module", "cuModuleGetFunction");
    if (!module) {
        return INVALID_RESOURCE_HANDLE;
    }
    for (const Kernel& kernel : module->unit->kernels) {
        if (strcmp(kernel.name, name) == 0) {
            Function*& made = module->functions[name];
            if (!made) {
                made = new Function{module, &kernel};
                cuda().functions.insert(made);
            }
            *function = made;
            return SUCCESS;
        }
    }
    return SYMBOL_NOT_FOUND;
}

EXPORT int cuModuleUnload(void* handle) {
    DRIVER(enterContext, "cuModuleUnload");
    auto* module = live<Module>(cuda().modules, handle, "module", "cuModuleUnload");
    if (!module) {
        return INVALID_RESOURCE_HANDLE;
    }
    finishAll();
    module->alive = false;
    count("live.modules", -1);
    return SUCCESS;
}

EXPORT int cuFuncGetAttribute(int* value, int, void*) {
    DRIVER(enterContext, "cuFuncGetAttribute");
    *value = 0;
    return SUCCESS;
}

EXPORT int cuLaunchKernel(void* handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
    unsigned blockZ, unsigned shared, void* streamHandle, void** arguments, void** extra) {
    DRIVER(enterContext, "cuLaunchKernel");
    auto* function = (Function*)handle;
    if (!cuda().functions.count(handle) || !function->module->alive) {
        violation("cuLaunchKernel: no such function, or its module is unloaded: %p", handle);
        return INVALID_RESOURCE_HANDLE;
    }
    const char* name = function->kernel->name;
    Stream* stream = streamOf(streamHandle, "cuLaunchKernel");
    if (!stream || stream->device != thread.device || function->module->device != thread.device) {
        violation("cuLaunchKernel: %s, its stream and the thread are of different devices", name);
        return INVALID_RESOURCE_HANDLE;
    }
    dim grid{gridX, gridY, gridZ}, block{blockX, blockY, blockZ};
    if (!gridX || !gridY || !gridZ || gridX > 2147483647u || gridY > 65535 || gridZ > 65535 || !blockX || !blockY || !blockZ
        || blockX > 1024 || blockY > 1024 || blockZ > 64 || (uint64_t)blockX * blockY * blockZ > 1024 || shared > 49152) {
        violation("cuLaunchKernel: %s with a grid of %ux%ux%u, blocks of %ux%ux%u and %u bytes", name, gridX, gridY, gridZ,
            blockX, blockY, blockZ, shared);
        return INVALID_VALUE;
    }
    if (extra || !arguments) {
        violation("cuLaunchKernel: %s without kernelParams, which the emulation needs", name);
        return INVALID_VALUE;
    }
    std::vector<const void*> pointers;
    Threads threads = function->kernel->bind(arguments, pointers);
    Module* module = function->module;
    return issue(stream, [=] {
        if (!module->alive) {
            violation("%s ran after its module was unloaded", name);
        }
        for (const void* pointer : pointers) {
            if (pointer && !onDevice(pointer, 1) && !pinnedOrRegistered(pointer, 1)) {
                violation("%s ran with %p, where the device has no memory", name, pointer);
                deviceFails(ILLEGAL_ADDRESS);
                return;
            }
        }
        count(std::string("kernels.") + name);
        threads(grid, block);
        checkHeap(name);
    });
}

// ---- NVRTC

namespace {

constexpr int NVRTC_INVALID_PROGRAM = 4, NVRTC_INVALID_OPTION = 5, NVRTC_COMPILATION = 6;

const int ARCHITECTURES[] = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};

struct Program {
    std::string source, name, log, cubin;
};

std::set<void*>& programs() {
    static auto* all = new std::set<void*>;
    return *all;
}

Program* program(void* handle, const char* function) {
    if (!programs().count(handle)) {
        violation("%s: no such program, or one destroyed: %p", function, handle);
        return nullptr;
    }
    return (Program*)handle;
}

}  // namespace

EXPORT int nvrtcVersion(int* major, int* minor) {
    *major = RUNTIME_VERSION / 1000;
    *minor = RUNTIME_VERSION % 1000 / 10;
    return called("nvrtcVersion");
}

EXPORT int nvrtcGetNumSupportedArchs(int* n) {
    *n = std::size(ARCHITECTURES);
    return SUCCESS;
}

EXPORT int nvrtcGetSupportedArchs(int* architectures) {
    memcpy(architectures, ARCHITECTURES, sizeof ARCHITECTURES);
    return SUCCESS;
}

EXPORT const char* nvrtcGetErrorString(int error) {
    const char* names[] = {"NVRTC_SUCCESS", "NVRTC_ERROR_OUT_OF_MEMORY", "NVRTC_ERROR_PROGRAM_CREATION_FAILURE",
        "NVRTC_ERROR_INVALID_INPUT", "NVRTC_ERROR_INVALID_PROGRAM", "NVRTC_ERROR_INVALID_OPTION", "NVRTC_ERROR_COMPILATION"};
    return error >= 0 && error < (int)std::size(names) ? names[error] : "NVRTC_ERROR unknown";
}

EXPORT int nvrtcCreateProgram(
    void** handle, const char* source, const char* name, int, const char* const*, const char* const*) {
    Lock lock;
    if (int error = called("nvrtcCreateProgram")) {
        return error;
    }
    auto* made = new Program;
    made->source = source;
    made->name = name ? name : "default_program";
    programs().insert(made);
    count("live.programs");
    *handle = made;
    return SUCCESS;
}

EXPORT int nvrtcCompileProgram(void* handle, int options, const char* const* option) {
    Lock lock;
    Program* p = program(handle, "nvrtcCompileProgram");
    if (!p) {
        return NVRTC_INVALID_PROGRAM;
    }
    p->log = p->cubin = "";
    if (int error = called("nvrtcCompileProgram")) {
        p->log = p->name + "(1): error: emulated failure\n1 error detected in the compilation of \"" + p->name + "\".\n";
        return error;
    }
    int architecture = 0;
    for (int i = 0; i < options; i++) {
        std::string o = option[i];
        for (std::string prefix : {"--gpu-architecture=sm_", "-arch=sm_"}) {
            if (o.rfind(prefix, 0) == 0) {
                architecture = atoi(o.c_str() + prefix.size());
            }
        }
    }
    bool known = false;
    for (int a : ARCHITECTURES) {
        known = known || a == architecture;
    }
    if (!known) {
        p->log = "nvrtc: error: invalid value for --gpu-architecture (-arch)\n";
        return NVRTC_INVALID_OPTION;
    }
    std::string hash = hashOf(p->source);
    for (const Unit& unit : units()) {
        if (hash == unit.hash) {
            p->cubin = std::string(CUBIN) + "\nsm_" + std::to_string(architecture) + "\n" + std::to_string(p->source.size())
                + "\n" + p->source;
            return SUCCESS;
        }
    }
    p->log = p->name + "(1): error: the emulated device was compiled with other sources\n";
    return NVRTC_COMPILATION;
}

EXPORT int nvrtcGetCUBINSize(void* handle, size_t* bytes) {
    Lock lock;
    Program* p = program(handle, "nvrtcGetCUBINSize");
    *bytes = p ? p->cubin.size() : 0;
    return p ? int{SUCCESS} : NVRTC_INVALID_PROGRAM;
}

EXPORT int nvrtcGetCUBIN(void* handle, char* cubin) {
    Lock lock;
    Program* p = program(handle, "nvrtcGetCUBIN");
    if (!p || p->cubin.empty()) {
        return NVRTC_INVALID_PROGRAM;
    }
    memcpy(cubin, p->cubin.data(), p->cubin.size());
    return SUCCESS;
}

EXPORT int nvrtcGetProgramLogSize(void* handle, size_t* bytes) {
    Lock lock;
    Program* p = program(handle, "nvrtcGetProgramLogSize");
    *bytes = p ? p->log.size() + 1 : 0;
    return p ? int{SUCCESS} : NVRTC_INVALID_PROGRAM;
}

EXPORT int nvrtcGetProgramLog(void* handle, char* log) {
    Lock lock;
    Program* p = program(handle, "nvrtcGetProgramLog");
    if (!p) {
        return NVRTC_INVALID_PROGRAM;
    }
    memcpy(log, p->log.c_str(), p->log.size() + 1);
    return SUCCESS;
}

EXPORT int nvrtcDestroyProgram(void** handle) {
    Lock lock;
    Program* p = program(*handle, "nvrtcDestroyProgram");
    if (!p) {
        return NVRTC_INVALID_PROGRAM;
    }
    programs().erase(p);
    delete p;
    *handle = nullptr;
    count("live.programs", -1);
    return SUCCESS;
}
