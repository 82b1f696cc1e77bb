// TensorRT's objects: their tables, lifetimes and log, and the plan.
#include "tensorrt.h"

#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

namespace emulator::trt {
namespace {

constexpr const char* NAMES[] = {"IBuilder", "INetworkDefinition", "ITensor", "IBuilderConfig", "IOptimizationProfile",
    "ITimingCache", "IHostMemory", "IRuntime", "ICudaEngine", "IExecutionContext", "IEngineInspector", "IParser",
    "IParserError"};

template <int KIND, int SLOT>
void notEmulated() {
    fprintf(stderr, "not emulated: %s, slot %d\n", NAMES[KIND], SLOT);
    abort();
}

int64_t ofDeleted() {
    Lock lock;
    violation("a function of a deleted object of TensorRT is called");
    return 0;
}

template <int KIND, int... SLOTS>
void fill(Table& table, std::integer_sequence<int, SLOTS...>) {
    ((table[SLOTS] = (void*)&notEmulated<KIND, SLOTS>), ...);
}

template <int... KINDS>
void fillAll(Table* tables, std::integer_sequence<int, KINDS...>) {
    (fill<KINDS>(tables[KINDS], std::make_integer_sequence<int, MOST_SLOTS>()), ...);
}

Table& deleted() {
    static Table* table = [] {
        auto* t = (Table*)malloc(sizeof(Table));
        for (void*& slot : *t) {
            slot = (void*)&ofDeleted;
        }
        return t;
    }();
    return *table;
}

// The public tables have destructors alone.
void destroyOnly(void* self) {
    Lock lock;
    violation("the destructor of %s that does not free is called", NAMES[(int)object<Object>(self)->kind]);
}

void deleteThis(void* self) {
    Lock lock;
    Object* o = object<Object>(self);
    called((std::string("delete.") + NAMES[(int)o->kind]).c_str());
    if (o->kind == Kind::TENSOR || o->kind == Kind::PROFILE) {
        violation("an %s is deleted, which is its parent's", NAMES[(int)o->kind]);
        return;
    }
    end(o);
}

Table& publicTable() {
    static Table* table = [] {
        auto* t = (Table*)malloc(sizeof(Table));
        for (void*& slot : *t) {
            slot = (void*)&ofDeleted;
        }
        (*t)[slots::DESTROY] = (void*)&destroyOnly;
        (*t)[slots::DELETE] = (void*)&deleteThis;
        return t;
    }();
    return *table;
}

std::set<Object*>& living() {
    static auto* all = new std::set<Object*>;
    return *all;
}

std::string counter(Kind kind) { return std::string("live.") + NAMES[(int)kind]; }

}  // namespace

Table& functions(Kind kind) {
    static Table* tables = [] {
        auto* all = (Table*)malloc(sizeof(Table) * (int)Kind::COUNT);
        fillAll(all, std::make_integer_sequence<int, (int)Kind::COUNT>());
        return all;
    }();
    Table& table = tables[(int)kind];
    if (kind == Kind::PARSER) {
        table[slots::IParser::destroy] = (void*)&destroyOnly;
        table[slots::IParser::deleteThis] = (void*)&deleteThis;
    }
    return table;
}

Object::Object(Kind kind, Object* parent, bool counted) : kind(kind), parent(parent) {
    bool direct = kind == Kind::PARSER || kind == Kind::PARSER_ERROR;
    publicTable = direct ? functions(kind) : trt::publicTable();
    implementation = &implementationTable;
    implementationTable = functions(kind);
    if (counted) {
        count(counter(kind));
        living().insert(this);
        if (parent) {
            parent->children++;
        }
    }
}

void end(Object* o) {
    if (!living().erase(o)) {
        return;
    }
    if (o->children > 0) {
        violation("an %s is deleted before %d objects that need it", NAMES[(int)o->kind], o->children);
    }
    if (o->parent) {
        o->parent->children--;
    }
    if (o->kind == Kind::ENGINE) {
        closeNetwork(o);
    } else if (o->kind == Kind::CONTEXT) {
        endContext(o);
    }
    o->alive = false;
    o->publicTable = deleted();
    o->implementationTable = deleted();
    count(counter(o->kind), -1);
}

void log(void* logger, Severity severity, const char* format, ...) {
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (logger) {
        auto function = (void (*)(void*, int, const char*))(*(void***)logger)[slots::ILogger::log];
        function(logger, severity, line);
    }
}

// ---- shapes

Dims dims(const std::vector<int64_t>& shape) {
    Dims d{(int32_t)shape.size(), {}};
    for (size_t i = 0; i < shape.size() && i < 8; i++) {
        d.d[i] = shape[i];
    }
    return d;
}

std::vector<int64_t> shape(const Dims& dims) {
    return {dims.d, dims.d + (dims.nbDims < 0 ? 0 : dims.nbDims > 8 ? 8 : dims.nbDims)};
}

std::string text(const std::vector<int64_t>& shape) {
    std::string all;
    for (int64_t d : shape) {
        all += (all.empty() ? "" : ",") + std::to_string(d);
    }
    return all;
}

bool isDynamic(const std::vector<int64_t>& shape) {
    for (int64_t d : shape) {
        if (d < 0) {
            return true;
        }
    }
    return false;
}

int64_t elements(const std::vector<int64_t>& shape) {
    int64_t n = 1;
    for (int64_t d : shape) {
        n *= d;
    }
    return n;
}

int bytesOf(int type) {
    switch (type) {
        case FLOAT: case INT32: return 4;
        case HALF: return 2;
        case INT64: return 8;
        default: return 1;
    }
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    size_t from = 0;
    for (size_t at; (at = text.find(separator, from)) != std::string::npos; from = at + 1) {
        parts.push_back(text.substr(from, at - from));
    }
    parts.push_back(text.substr(from));
    return parts;
}

// ---- the plan: a magic, fields each with its length before it, and a checksum of all

namespace {

constexpr char MAGIC[] = "DERM-EMULATED-PLAN";

struct Writer {
    std::string bytes;

    void put(const std::string& s) {
        bytes += std::to_string(s.size()) + '\n' + s;
    }
    void put(int64_t n) { put(std::to_string(n)); }
};

struct Reader {
    const std::string& bytes;
    size_t at = 0;

    std::string next() {
        size_t end = bytes.find('\n', at);
        size_t length = strtoull(bytes.c_str() + at, nullptr, 10);
        at = end + 1 + length;
        return bytes.substr(end + 1, length);
    }
    int64_t number() { return strtoll(next().c_str(), nullptr, 10); }
    std::vector<int64_t> shape() {
        std::vector<int64_t> all;
        std::string s = next();
        if (!s.empty()) {
            for (auto& d : split(s, ',')) {
                all.push_back(strtoll(d.c_str(), nullptr, 10));
            }
        }
        return all;
    }
};

}  // namespace

std::string version() {
    return "10." + std::to_string(EMULATED_TENSORRT_MINOR) + "." + std::to_string(EMULATED_TENSORRT_PATCH) + "."
        + std::to_string(setting("tensorrt.build"));
}

std::string gpu() { return std::to_string(setting("major")) + "." + std::to_string(setting("minor")); }

const TensorDescription* Plan::tensor(const std::string& which) const {
    for (auto& t : tensors) {
        if (t.name == which) {
            return &t;
        }
    }
    return nullptr;
}

std::string Plan::write() const {
    Writer w;
    w.put(build);
    w.put(gpu);
    w.put(compatibility);
    w.put(verbosity);
    w.put(name);
    w.put(path);
    w.put(onnx);
    w.put((int64_t)tensors.size());
    for (auto& t : tensors) {
        w.put(t.name);
        w.put(t.input);
        w.put(t.type);
        w.put(text(t.shape));
    }
    w.put((int64_t)profiles.size());
    for (auto& p : profiles) {
        w.put((int64_t)p.shapes.size());
        for (auto& input : p.shapes) {
            w.put(input.first);
            for (auto& s : input.second) {
                w.put(text(s));
            }
        }
    }
    return MAGIC + hashOf(w.bytes) + w.bytes;
}

std::string Plan::read(const void* bytes, size_t size) {
    constexpr size_t HEADER = sizeof MAGIC - 1 + 16;
    if (!bytes || size < HEADER || memcmp(bytes, MAGIC, sizeof MAGIC - 1) != 0) {
        return "Serialization assertion stdVersionRead == kSERIALIZATION_VERSION failed. Magic tag does not match";
    }
    std::string all((const char*)bytes, size);
    std::string content = all.substr(HEADER);
    if (hashOf(content) != all.substr(sizeof MAGIC - 1, 16)) {
        return "Serialization assertion failed. The engine plan file is corrupted";
    }
    Reader r{content};
    build = r.next();
    gpu = r.next();
    compatibility = (int)r.number();
    verbosity = (int)r.number();
    name = r.next();
    path = r.next();
    onnx = r.next();
    for (int64_t n = r.number(); n > 0; n--) {
        TensorDescription t;
        t.name = r.next();
        t.input = r.number() != 0;
        t.type = (int)r.number();
        t.shape = r.shape();
        tensors.push_back(t);
    }
    for (int64_t n = r.number(); n > 0; n--) {
        ProfileShapes p;
        for (int64_t inputs = r.number(); inputs > 0; inputs--) {
            auto& shapes = p.shapes[r.next()];
            for (auto& s : shapes) {
                s = r.shape();
            }
        }
        profiles.push_back(p);
    }
    if (build != version()) {
        return "The engine plan file is not compatible with this version of TensorRT, expecting library version " + version()
            + " got " + build + ", please rebuild.";
    }
    if (gpu != trt::gpu() && compatibility == 0) {
        return "The engine plan file is generated on an incompatible device, expecting compute " + trt::gpu()
            + " got compute " + gpu + ", please rebuild.";
    }
    return "";
}

// ---- memory of the host

namespace {

struct HostMemory : Object {
    std::string bytes;

    explicit HostMemory(std::string b) : Object(Kind::HOST_MEMORY, nullptr), bytes(std::move(b)) {
        put(kind, slots::IHostMemory::data, +[](void* o) -> void* { return self<HostMemory>(o)->bytes.data(); });
        put(kind, slots::IHostMemory::size, +[](void* o) { return self<HostMemory>(o)->bytes.size(); });
        put(kind, slots::IHostMemory::type, +[](void*) { return int32_t{INT8}; });
    }
};

}  // namespace

Object* hostMemory(std::string bytes) { return new HostMemory(std::move(bytes)); }

// ---- Java

namespace {

// Java is called in a thread of its own, so that what it allocates is not counted to the thread that is tested.
class Worker {
public:
    void run(const std::function<void()>& work) {
        std::unique_lock lock(mutex);
        if (!thread.joinable()) {
            thread = std::thread([this] { loop(); });
        }
        todo = &work;
        changed.notify_all();
        changed.wait(lock, [this] { return todo == nullptr; });
    }

private:
    std::mutex mutex;
    std::condition_variable changed;
    std::thread thread;
    const std::function<void()>* todo = nullptr;

    [[noreturn]] void loop() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return todo != nullptr; });
            (*todo)();
            todo = nullptr;
            changed.notify_all();
        }
    }
};

// A call of one of Java's functions, with the references that it needs.
struct Call {
    JNIEnv* env = java();

    Call() { env->PushLocalFrame(64); }
    ~Call() { env->PopLocalFrame(nullptr); }

    jbyteArray bytes(const std::string& s) {
        jbyteArray array = env->NewByteArray((jsize)s.size());
        env->SetByteArrayRegion(array, 0, (jsize)s.size(), (const jbyte*)s.data());
        return array;
    }
    jstring string(const std::string& s) { return env->NewStringUTF(s.c_str()); }
    jlongArray longs(const std::vector<int64_t>& v) {
        jlongArray array = env->NewLongArray((jsize)v.size());
        env->SetLongArrayRegion(array, 0, (jsize)v.size(), (const jlong*)v.data());
        return array;
    }
    jobjectArray array(const char* type, size_t n) {
        return env->NewObjectArray((jsize)n, env->FindClass(type), nullptr);
    }
    void element(jobjectArray array, size_t i, jobject o) {
        env->SetObjectArrayElement(array, (jsize)i, o);
        env->DeleteLocalRef(o);
    }
    template <class... A>
    std::string operator()(const char* name, const char* signature, A... arguments) {
        jmethodID method = env->GetStaticMethodID(emulatedNetworks(), name, signature);
        auto result = method ? (jstring)env->CallStaticObjectMethod(emulatedNetworks(), method, arguments...) : nullptr;
        std::string thrown = takeException(env);
        return thrown.empty() ? emulator::text(env, result) : "error\t" + thrown;
    }
};

template <class F>
std::string inJava(F f) {
    static auto* worker = new Worker;
    std::string answer;
    worker->run([&] {
        Call call;
        answer = f(call);
    });
    return answer;
}

}  // namespace

std::string describe(const std::string& onnx, const std::string& path) {
    return inJava([&](Call& call) {
        return call("describe", "([BLjava/lang/String;)Ljava/lang/String;", call.bytes(onnx), call.string(path));
    });
}

std::string openNetwork(void* engine, const std::string& onnx, const std::string& path) {
    return inJava([&](Call& call) {
        return call("open", "(J[BLjava/lang/String;)Ljava/lang/String;", (jlong)engine, call.bytes(onnx), call.string(path));
    });
}

void closeNetwork(void* engine) {
    inJava([&](Call& call) { return call("close", "(J)Ljava/lang/String;", (jlong)engine); });
}

std::string outputShapes(void* engine, const std::map<std::string, std::vector<int64_t>>& inputs) {
    return inJava([&](Call& call) {
        jobjectArray names = call.array("java/lang/String", inputs.size());
        jobjectArray shapes = call.array("[J", inputs.size());
        size_t i = 0;
        for (auto& input : inputs) {
            call.element(names, i, call.string(input.first));
            call.element(shapes, i++, call.longs(input.second));
        }
        return call("shapes", "(J[Ljava/lang/String;[[J)Ljava/lang/String;", (jlong)engine, names, shapes);
    });
}

std::string runNetwork(void* engine, const std::vector<Binding>& bindings) {
    return inJava([&](Call& call) {
        jobjectArray names = call.array("java/lang/String", bindings.size());
        jobjectArray shapes = call.array("[J", bindings.size());
        std::vector<int64_t> addresses, isInput;
        for (size_t i = 0; i < bindings.size(); i++) {
            call.element(names, i, call.string(bindings[i].name));
            call.element(shapes, i, call.longs(bindings[i].shape));
            addresses.push_back((int64_t)bindings[i].address);
            isInput.push_back(bindings[i].input);
        }
        return call("run", "(J[Ljava/lang/String;[J[[J[J)Ljava/lang/String;", (jlong)engine, names, call.longs(addresses),
            shapes, call.longs(isInput));
    });
}

}  // namespace emulator::trt

namespace emulator {

void resetTensorRt() {
    for (int kind = (int)trt::Kind::COUNT - 1; kind >= 0; kind--) {
        for (trt::Object* o : std::set<trt::Object*>(trt::living())) {
            if ((int)o->kind == kind) {
                o->children = 0;
                trt::end(o);
            }
        }
    }
}

}  // namespace emulator

using namespace emulator;

EXPORT int getInferLibMajorVersion() { return 10; }
EXPORT int getInferLibMinorVersion() { return EMULATED_TENSORRT_MINOR; }
EXPORT int getInferLibPatchVersion() { return EMULATED_TENSORRT_PATCH; }
EXPORT int getInferLibBuildVersion() { return (int)setting("tensorrt.build"); }
EXPORT int getInferLibVersion() { return 100000 + 100 * EMULATED_TENSORRT_MINOR + EMULATED_TENSORRT_PATCH; }
EXPORT int getNvOnnxParserVersion() { return getInferLibVersion(); }
EXPORT bool initLibNvInferPlugins(void*, const char*) { return true; }
