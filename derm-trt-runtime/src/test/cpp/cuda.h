// What the parts of the emulated CUDA share: handles, the state of threads, and how calls begin. Types and numbers are those of CUDA's
// documentation.
#pragma once

#include "emulator.h"

#include <chrono>
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

// That of the presets, by which EmulatedLibraries compiles this.
constexpr int RUNTIME_VERSION = EMULATED_CUDA;
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

Cuda& cuda();

struct Thread {
    int device = 0;
    // Whether a call of the runtime has made the device's context current.
    bool bound = false;
    int lastError = 0;
};

extern thread_local Thread thread;

// ---- how calls begin and end

// What each call of the runtime begins with.
int enter(const char* function);
int enterDriver(const char* function);
// Calls that work on a context: the thread must have one.
int enterContext(const char* function);
// Whether there is a device that a runtime of this version can use.
int usable(int runtime);
// Keeps an error for cudaGetLastError.
int last(int error);
// Calls that CUDA forbids while the thread, or in the global mode any thread, captures.
int unsafeCall(const char* function);
int attribute(int which);

void finish(Stream* stream);
void finishBlocking(int device);
Stream* legacyStream(int device);
bool pinnedOrRegistered(const void* memory, size_t bytes);
void forgetRegistrations();

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

}  // namespace emulator

#define RUNTIME(name)                \
    Lock lock;                       \
    if (int error = enter(name)) {   \
        return last(error);          \
    }

#define REQUIRE(expression)          \
    if (int error = (expression)) {  \
        return last(error);          \
    }

#define DRIVER(enter, name)         \
    Lock lock;                      \
    if (int error = enter(name)) {  \
        return error;               \
    }
