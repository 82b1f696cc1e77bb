// Counters, faults, the heap, and what the Java class EmulatedDevice asks.
#include "emulator.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>

namespace emulator {
namespace {

constexpr size_t GUARD = 256;
constexpr unsigned char GUARD_BYTE = 0xA5, FREED_BYTE = 0xDD;
// NaN as a float and as a half.
constexpr unsigned char UNWRITTEN_BYTE = 0xFF;
constexpr size_t QUARANTINE = 64u << 20;
constexpr size_t KEPT_VIOLATIONS = 32;

struct Block {
    Kind kind;
    unsigned char* raw;
    size_t bytes;
    bool ofTensorRt;

    unsigned char* begin() const { return raw + GUARD; }
    // Up to the end of what was reserved, so that bounds are exact.
    size_t after() const { return (bytes + GUARD - 1) / GUARD * GUARD - bytes + GUARD; }
    size_t reserved() const { return GUARD + bytes + after(); }
};

struct Fault {
    int64_t at;
    int code;
};

struct State {
    std::recursive_mutex mutex;
    std::map<std::string, int64_t> counters;
    std::map<std::string, std::deque<Fault>> faults;
    std::map<std::string, int64_t> seen;
    std::map<std::string, int64_t> settings;
    std::vector<std::string> violations;
    std::map<uintptr_t, Block> blocks;
    std::deque<Block> freed;
    size_t freedBytes = 0;
    int64_t used = 0;
    int error = 0;
};

// Never destroyed: threads may still call while the process ends.
State& state() {
    static State* s = new State;
    return *s;
}

void defaults() {
    state().settings = {{"devices", 1}, {"driver", 13010}, {"major", 8}, {"minor", 6}, {"memory", int64_t(8) << 30},
        {"eager", 0}, {"integrated", 0}, {"tensorrt.build", EMULATED_TENSORRT_BUILD}};
}

JavaVM* vm = nullptr;
jclass networks = nullptr;

const Block* blockOf(const void* memory) {
    auto& blocks = state().blocks;
    auto after = blocks.upper_bound((uintptr_t)memory);
    if (after == blocks.begin()) {
        return nullptr;
    }
    const Block& block = std::prev(after)->second;
    return (unsigned char*)memory < block.begin() + block.bytes || memory == block.begin() ? &block : nullptr;
}

bool inside(const Block* block, const void* memory, size_t bytes) {
    return block && (unsigned char*)memory + bytes <= block->begin() + block->bytes;
}

bool all(const unsigned char* from, size_t bytes, unsigned char value) {
    for (size_t i = 0; i < bytes; i++) {
        if (from[i] != value) {
            return false;
        }
    }
    return true;
}

bool guarded(const Block& block) {
    return all(block.raw, GUARD, GUARD_BYTE) && all(block.begin() + block.bytes, block.after(), GUARD_BYTE);
}

void guard(const Block& block) {
    memset(block.raw, GUARD_BYTE, GUARD);
    memset(block.begin() + block.bytes, GUARD_BYTE, block.after());
}

const char* counterOf(const Block& block) {
    return block.kind == Kind::PINNED ? "live.pinned" : block.ofTensorRt ? "live.tensorrt.memory" : "live.device";
}

void account(const Block& block, int sign) {
    count(counterOf(block), sign);
    count(std::string(counterOf(block)) + ".bytes", sign * (int64_t)block.bytes);
    if (block.kind == Kind::DEVICE) {
        state().used += sign * (int64_t)block.bytes;
    }
}

void forget(Block& block) {
    if (!all(block.raw, block.reserved(), FREED_BYTE)) {
        violation("memory of %zu bytes at %p was written after it was freed", block.bytes, (void*)block.begin());
    }
    free(block.raw);
}

}  // namespace

Lock::Lock() { state().mutex.lock(); }
Lock::~Lock() { state().mutex.unlock(); }

void violation(const char* format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    Lock lock;
    count("violations");
    if (state().violations.size() < KEPT_VIOLATIONS) {
        state().violations.push_back(line);
    }
}

void count(const std::string& name, int64_t by) {
    Lock lock;
    state().counters[name] += by;
}

void setCounter(const std::string& name, int64_t value) {
    Lock lock;
    state().counters[name] = value;
}

int called(const char* function) {
    Lock lock;
    count(std::string("calls.") + function);
    auto faults = state().faults.find(function);
    if (faults == state().faults.end()) {
        return 0;
    }
    int64_t n = ++state().seen[function];
    for (Fault& fault : faults->second) {
        if (fault.at == n) {
            return fault.code;
        }
    }
    return 0;
}

int64_t setting(const char* name) {
    Lock lock;
    auto found = state().settings.find(name);
    return found == state().settings.end() ? 0 : found->second;
}

void deviceFails(int error) {
    if (state().error == 0) {
        state().error = error;
    }
}

int deviceError() { return state().error; }

void* allocate(Kind kind, size_t bytes, bool ofTensorRt) {
    if (kind == Kind::DEVICE && (int64_t)bytes > freeMemory()) {
        return nullptr;
    }
    Block block{kind, nullptr, bytes, ofTensorRt};
    block.raw = (unsigned char*)aligned_alloc(GUARD, block.reserved());
    if (!block.raw) {
        return nullptr;
    }
    memset(block.begin(), UNWRITTEN_BYTE, bytes);
    guard(block);
    state().blocks[(uintptr_t)block.begin()] = block;
    account(block, 1);
    return block.begin();
}

bool release(Kind kind, void* memory) {
    auto found = state().blocks.find((uintptr_t)memory);
    if (found == state().blocks.end() || found->second.kind != kind) {
        return false;
    }
    Block block = found->second;
    if (!guarded(block)) {
        violation("memory of %zu bytes at %p was written outside of its bounds", block.bytes, memory);
    }
    state().blocks.erase(found);
    account(block, -1);
    // What is freed is kept a while, so that use after that shows instead of crashing.
    memset(block.raw, FREED_BYTE, block.reserved());
    state().freed.push_back(block);
    state().freedBytes += block.reserved();
    while (state().freedBytes > QUARANTINE && state().freed.size() > 1) {
        state().freedBytes -= state().freed.front().reserved();
        forget(state().freed.front());
        state().freed.pop_front();
    }
    return true;
}

void releaseAll() {
    while (!state().blocks.empty()) {
        const Block& block = state().blocks.begin()->second;
        release(block.kind, block.begin());
    }
}

bool onDevice(const void* memory, size_t bytes) {
    const Block* block = blockOf(memory);
    return block && block->kind == Kind::DEVICE && inside(block, memory, bytes);
}

bool touchesDevice(const void* memory, size_t bytes) {
    const Block* first = blockOf(memory);
    const Block* last = blockOf((const char*)memory + (bytes ? bytes - 1 : 0));
    return (first && first->kind == Kind::DEVICE) || (last && last->kind == Kind::DEVICE);
}

bool isPinned(const void* memory, size_t bytes) {
    const Block* block = blockOf(memory);
    return block && block->kind == Kind::PINNED && inside(block, memory, bytes);
}

size_t deviceBytesFrom(const void* memory) {
    const Block* block = blockOf(memory);
    return block && block->kind == Kind::DEVICE ? block->begin() + block->bytes - (unsigned char*)memory : 0;
}

void checkHeap(const char* after, bool freedToo) {
    for (auto& entry : state().blocks) {
        if (!guarded(entry.second)) {
            violation("%s: memory of %zu bytes at %p was written outside of its bounds", after, entry.second.bytes,
                (void*)entry.second.begin());
            guard(entry.second);
        }
    }
    if (!freedToo) {
        return;
    }
    for (Block& block : state().freed) {
        if (!all(block.raw, block.reserved(), FREED_BYTE)) {
            violation("%s: memory of %zu bytes at %p was written after it was freed", after, block.bytes,
                (void*)block.begin());
            memset(block.raw, FREED_BYTE, block.reserved());
        }
    }
}

int64_t freeMemory() { return setting("memory") - state().used; }

std::vector<Unit>& units() {
    static std::vector<Unit>* all = new std::vector<Unit>;
    return *all;
}

// FNV-1a of 64 bits, as the Java side computes it.
std::string hashOf(const std::string& source) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (unsigned char c : source) {
        hash = (hash ^ c) * 0x100000001b3u;
    }
    char digits[17];
    snprintf(digits, sizeof digits, "%016llx", (unsigned long long)hash);
    return digits;
}

JNIEnv* java() {
    void* env = nullptr;
    if (vm->GetEnv(&env, JNI_VERSION_1_8) == JNI_EDETACHED) {
        vm->AttachCurrentThreadAsDaemon(&env, nullptr);
    }
    return (JNIEnv*)env;
}

jclass emulatedNetworks() { return networks; }

std::string text(JNIEnv* env, jstring s) {
    if (!s) {
        return "";
    }
    const char* chars = env->GetStringUTFChars(s, nullptr);
    std::string copy = chars;
    env->ReleaseStringUTFChars(s, chars);
    return copy;
}

std::string takeException(JNIEnv* env) {
    jthrowable thrown = env->ExceptionOccurred();
    if (!thrown) {
        return "";
    }
    env->ExceptionClear();
    jclass object = env->FindClass("java/lang/Object");
    auto s = (jstring)env->CallObjectMethod(thrown, env->GetMethodID(object, "toString", "()Ljava/lang/String;"));
    if (env->ExceptionCheck()) {
        env->ExceptionClear();
        return "an exception that cannot be told";
    }
    return text(env, s);
}

}  // namespace emulator

using namespace emulator;

EXPORT jint JNI_OnLoad(JavaVM* theVm, void*) {
    vm = theVm;
    JNIEnv* env = java();
    networks = (jclass)env->NewGlobalRef(env->FindClass("io/derm/trt/EmulatedNetworks"));
    defaults();
    return JNI_VERSION_1_8;
}

EXPORT void Java_io_derm_trt_EmulatedDevice_call0(JNIEnv*, jclass, jlong object, jint slot) {
    ((void (*)(void*))(*(void***)object)[slot])((void*)object);
}

EXPORT jlong Java_io_derm_trt_EmulatedDevice_counter0(JNIEnv* env, jclass, jstring name) {
    Lock lock;
    auto found = state().counters.find(text(env, name));
    return found == state().counters.end() ? 0 : found->second;
}

// All counters that are not 0, one a line: name, space, value.
EXPORT jstring Java_io_derm_trt_EmulatedDevice_counters0(JNIEnv* env, jclass) {
    Lock lock;
    std::string all;
    for (auto& entry : state().counters) {
        if (entry.second != 0) {
            all += entry.first + ' ' + std::to_string(entry.second) + '\n';
        }
    }
    return env->NewStringUTF(all.c_str());
}

EXPORT jstring Java_io_derm_trt_EmulatedDevice_violations0(JNIEnv* env, jclass) {
    Lock lock;
    checkHeap("at the end", true);
    std::string all;
    for (auto& line : state().violations) {
        all += line + '\n';
    }
    return env->NewStringUTF(all.c_str());
}

EXPORT void Java_io_derm_trt_EmulatedDevice_forgetViolations0(JNIEnv*, jclass) {
    Lock lock;
    state().violations.clear();
    state().counters.erase("violations");
}

EXPORT void Java_io_derm_trt_EmulatedDevice_fail0(JNIEnv* env, jclass, jstring function, jlong nth, jint code) {
    Lock lock;
    std::string name = text(env, function);
    state().faults[name].push_back({state().seen[name] + nth, code});
}

EXPORT void Java_io_derm_trt_EmulatedDevice_set0(JNIEnv* env, jclass, jstring name, jlong value) {
    Lock lock;
    state().settings[text(env, name)] = value;
}

EXPORT void Java_io_derm_trt_EmulatedDevice_reset0(JNIEnv*, jclass, jboolean everything) {
    Lock lock;
    if (everything) {
        resetTensorRt();
        resetCuda();
    }
    checkHeap("at a reset", true);
    for (auto entry = state().counters.begin(); entry != state().counters.end();) {
        entry = entry->first.rfind("live.", 0) == 0 ? std::next(entry) : state().counters.erase(entry);
    }
    state().faults.clear();
    state().seen.clear();
    state().violations.clear();
    state().error = 0;
    forgetLastError();
    defaults();
}

EXPORT jobject Java_io_derm_trt_EmulatedNetworks_buffer(JNIEnv* env, jclass, jlong address, jlong bytes) {
    return env->NewDirectByteBuffer((void*)address, bytes);
}
