// CUDA's memory: of the device, page-locked and registered, and copies.
#include "cuda.h"

#include <cstring>
#include <iterator>

namespace emulator {

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

void forgetRegistrations() {
    auto& all = cuda().registered;
    for (auto& entry : all) {
        count("live.registered", -1);
        count("live.registered.bytes", -(int64_t)entry.second);
    }
    all.clear();
}

namespace {

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

}  // namespace
}  // namespace emulator

using namespace emulator;

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
