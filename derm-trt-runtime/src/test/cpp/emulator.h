// What the emulated device's parts share: one lock, counters, violations, faults, the heap, streams and the way to Java.
//
// It stands in for an NVIDIA device in tests, to prove order, ownership, counts and numbers; it proves nothing of speed. Work given to a
// stream waits there until something synchronises, so that a result read too early is a result not yet there.
#pragma once

#include <jni.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace emulator {

// Held by every entry point; recursive, because work that runs may call back.
struct Lock {
    Lock();
    ~Lock();
    Lock(const Lock&) = delete;
};

// Counts something the caller must not do, and keeps the texts of the first ones.
void violation(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Adds to a counter; names are those that tests ask for.
void count(const std::string& name, int64_t by = 1);
void setCounter(const std::string& name, int64_t value);

// Counts a call and tells the error code that a test wants of it, 0 for none.
int called(const char* function);

// ---- settings, by name: devices, driver, major, minor, memory, eager, integrated
int64_t setting(const char* name);

// ---- errors of the device, which stay until a reset
void deviceFails(int error);
int deviceError();

// ---- heap
enum class Kind { DEVICE, PINNED };

// Memory with guards on both sides, filled so that what was never written shows; null where the device has not as much left.
void* allocate(Kind kind, size_t bytes, bool ofTensorRt = false);
bool release(Kind kind, void* memory);
void releaseAll();
// Whether all of a range lies in one allocation on the device.
bool onDevice(const void* memory, size_t bytes);
// Whether all of a range lies in page-locked memory of cudaHostAlloc.
bool isPinned(const void* memory, size_t bytes);
bool touchesDevice(const void* memory, size_t bytes);
// Bytes from here to the end of the allocation that holds it, 0 for none.
size_t deviceBytesFrom(const void* memory);
// Counts a violation for each allocation written outside of its bounds and, if asked, for each one written after it was freed.
void checkHeap(const char* after, bool freedToo = false);
int64_t freeMemory();

// ---- streams
struct Stream;
using Work = std::function<void()>;
// The stream of a handle; null, counted as a violation, if there is none.
Stream* streamOf(void* handle, const char* function);
bool isCapturing(Stream* stream);
void invalidateCapture(Stream* stream);
// Puts work into the stream, or into the graph that is captured from it. Returns CUDA's error code.
int issue(Stream* stream, Work work);
// The device of the calling thread.
int currentDevice();
int deviceOf(Stream* stream);
// The calling thread's error that cudaGetLastError would give.
int lastError();
void forgetLastError();
// Runs all work of all streams.
void finishAll();
// Ends everything that is alive, as a reset of the device does.
void resetCuda();

// ---- kernels
struct dim {
    unsigned x, y, z;
};
using Threads = std::function<void(dim grid, dim block)>;
struct Kernel {
    const char* name;
    // Copies the arguments; tells the pointers among them.
    Threads (*bind)(void** arguments, std::vector<const void*>& pointers);
};
// A source that the emulator was compiled with.
struct Unit {
    const char* hash;
    std::vector<Kernel> kernels;
};
std::vector<Unit>& units();
std::string hashOf(const std::string& source);

// ---- TensorRT
void resetTensorRt();

// ---- Java
// The environment of the calling thread, attached if it was not.
JNIEnv* java();
jclass emulatedNetworks();
// Takes a pending exception's text, empty if there is none.
std::string takeException(JNIEnv* env);
std::string text(JNIEnv* env, jstring s);

}  // namespace emulator
