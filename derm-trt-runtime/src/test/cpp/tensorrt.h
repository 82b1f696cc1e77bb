// What the parts of the emulated TensorRT share: its objects, with virtual tables built by hand as NVIDIA's inline headers, compiled into the
// presets, expect them. A public object is a table and a pointer to an implementation, whose table has the functions.
#pragma once

#include "emulator.h"
#include "tensorrt_slots.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace emulator::trt {

struct Dims {
    int32_t nbDims;
    int64_t d[8];
};

enum Severity { INTERNAL_ERROR, ERROR, WARNING, INFO, VERBOSE };
enum Type { FLOAT = 0, HALF = 1, INT8 = 2, INT32 = 3, BOOL = 4, UINT8 = 5, INT64 = 8 };

enum class Kind {
    BUILDER,
    NETWORK,
    TENSOR,
    CONFIG,
    PROFILE,
    TIMING_CACHE,
    HOST_MEMORY,
    RUNTIME,
    ENGINE,
    CONTEXT,
    INSPECTOR,
    PARSER,
    PARSER_ERROR,
    COUNT
};

constexpr int MOST_SLOTS = 96;
using Table = void* [MOST_SLOTS];

// The table of a kind's functions; those that are not emulated tell so and end the process.
Table& functions(Kind kind);

template <class R, class... A>
void put(Kind kind, int slot, R (*function)(A...)) {
    functions(kind)[slot] = (void*)function;
}

struct Object {
    void** publicTable;
    void* implementation;
    void** implementationTable;
    Kind kind;
    Object* parent;
    int children = 0;
    bool alive = true;

    // What lives no longer than its parent is its child; what the parent owns has none and is not counted.
    Object(Kind kind, Object* parent, bool counted = true);
};

// The object of a public pointer.
template <class T>
T* object(const void* pointer) {
    return (T*)pointer;
}

// The object of the pointer that functions of the implementation get.
template <class T>
T* self(void* implementation) {
    return (T*)((char*)implementation - 2 * sizeof(void*));
}

// Ends an object: it stays in memory and tells who still calls it.
void end(Object* object);
// Frees what a context has of its own.
void endContext(Object* context);

void log(void* logger, Severity severity, const char* format, ...) __attribute__((format(printf, 3, 4)));

struct TensorDescription {
    std::string name;
    bool input;
    int type;
    std::vector<int64_t> shape;
};

struct ProfileShapes {
    // By input, for the smallest, the best and the largest.
    std::map<std::string, std::vector<int64_t>[3]> shapes;
};

struct Plan {
    std::string name, build, gpu, onnx, path;
    int compatibility = 0, verbosity = 0;
    std::vector<TensorDescription> tensors;
    std::vector<ProfileShapes> profiles;

    const TensorDescription* tensor(const std::string& name) const;
    std::string write() const;
    // Empty where it was read, else why not.
    std::string read(const void* bytes, size_t size);
};

std::string version();
std::string gpu();
Dims dims(const std::vector<int64_t>& shape);
std::vector<int64_t> shape(const Dims& dims);
std::string text(const std::vector<int64_t>& shape);
bool isDynamic(const std::vector<int64_t>& shape);
int64_t elements(const std::vector<int64_t>& shape);
int bytesOf(int type);

Object* hostMemory(std::string bytes);

// ---- the network's numbers, in Java
std::string describe(const std::string& onnx, const std::string& path);
std::string openNetwork(void* engine, const std::string& onnx, const std::string& path);
void closeNetwork(void* engine);
// Lines of name, tab, shape for the outputs at these inputs; an exception's text after "error\t".
std::string outputShapes(void* engine, const std::map<std::string, std::vector<int64_t>>& inputs);
struct Binding {
    std::string name;
    void* address;
    int type;
    std::vector<int64_t> shape;
    bool input;
};
// Empty, or what went wrong.
std::string runNetwork(void* engine, const std::vector<Binding>& bindings);

std::vector<std::string> split(const std::string& text, char separator);

}  // namespace emulator::trt
