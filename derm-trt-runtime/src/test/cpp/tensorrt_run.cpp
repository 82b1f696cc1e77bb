// TensorRT's runtime, engine, execution context and inspector.
#include "tensorrt.h"

#include <cstring>

namespace emulator::trt {
namespace {

constexpr int USER_MANAGED = 2;
constexpr int NAMES_ONLY = 0, NO_LAYERS = 1, DETAILED = 2;
constexpr int OUT_OF_MEMORY = 2;
constexpr int64_t ALIGNMENT = 256;
constexpr int64_t SCRATCH = 1024;

struct Runtime : Object {
    void* logger;
    int threads = 1;
    uint32_t tempfiles = 3;
    bool hostCode = false;
    std::string temporary;

    explicit Runtime(void* logger) : Object(Kind::RUNTIME, nullptr), logger(logger) {}
};

struct Engine : Object {
    Runtime* runtime;
    Plan plan;
    int device;

    Engine(Runtime* runtime, Plan p) : Object(Kind::ENGINE, runtime), runtime(runtime), plan(std::move(p)), device(currentDevice()) {}

    const TensorDescription* find(const char* function, const char* name) const {
        const TensorDescription* t = plan.tensor(name);
        if (!t) {
            log(runtime->logger, ERROR, "%s: Error Code 3: Internal Error (Given invalid tensor name: %s)", function, name);
        }
        return t;
    }

    // Enough for a scratch of its own; grows with what the largest inputs hold.
    int64_t memory() const {
        int64_t bytes = SCRATCH;
        for (auto& t : plan.tensors) {
            if (t.input) {
                bytes += elements(bound(t, 0, 2)) * bytesOf(t.type);
            }
        }
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    std::vector<int64_t> bound(const TensorDescription& t, int profile, int select) const {
        if (profile >= 0 && (size_t)profile < plan.profiles.size()) {
            auto& shapes = plan.profiles[(size_t)profile].shapes;
            auto found = shapes.find(t.name);
            if (found != shapes.end()) {
                return found->second[select];
            }
        }
        return t.shape;
    }
};

struct Context : Object {
    Engine* engine;
    int strategy;
    void* memory = nullptr;
    int64_t memoryBytes = 0;
    int profile = 0;
    std::string name;
    std::map<std::string, std::vector<int64_t>> inputs, outputs;
    std::map<std::string, void*> addresses;
    // Shapes have changed since the last plain enqueue.
    bool unsettled = true;
    int generation = 0;
    bool emitsProfile = true;
    int verbosity = 0;
    size_t cacheLimit = 0;

    Context(Engine* engine, int strategy) : Object(Kind::CONTEXT, engine), engine(engine), strategy(strategy) { fixed(); }

    void* logger() const { return engine->runtime->logger; }

    // Inputs whose shape the network fixes.
    void fixed() {
        inputs.clear();
        outputs.clear();
        for (auto& t : engine->plan.tensors) {
            if (t.input && !isDynamic(t.shape)) {
                inputs[t.name] = t.shape;
            }
        }
        unsettled = true;
        generation++;
    }

    std::vector<std::string> missing() const {
        std::vector<std::string> names;
        for (auto& t : engine->plan.tensors) {
            if (t.input && !inputs.count(t.name)) {
                names.push_back(t.name);
            }
        }
        return names;
    }

    bool setShape(const char* tensor, const std::vector<int64_t>& wanted) {
        const TensorDescription* t = engine->find("IExecutionContext::setInputShape", tensor);
        if (!t || !t->input) {
            return false;
        }
        auto low = engine->bound(*t, profile, 0), high = engine->bound(*t, profile, 2);
        bool fits = wanted.size() == t->shape.size();
        for (size_t i = 0; fits && i < wanted.size(); i++) {
            fits = t->shape[i] >= 0 ? wanted[i] == t->shape[i] : wanted[i] >= low[i] && wanted[i] <= high[i];
        }
        if (!fits) {
            log(logger(), ERROR,
                "IExecutionContext::setInputShape: Error Code 3: API Usage Error (Input '%s': %s is not within the profile's %s to %s)",
                tensor, text(wanted).c_str(), text(low).c_str(), text(high).c_str());
            return false;
        }
        auto& now = inputs[tensor];
        if (now != wanted) {
            now = wanted;
            outputs.clear();
            unsettled = true;
            generation++;
        }
        return true;
    }

    std::vector<int64_t> shapeOf(const TensorDescription& t) {
        if (t.input) {
            auto found = inputs.find(t.name);
            return found == inputs.end() ? t.shape : found->second;
        }
        if (!isDynamic(t.shape) || !missing().empty()) {
            return t.shape;
        }
        if (outputs.empty()) {
            for (auto& line : split(outputShapes(engine, inputs), '\n')) {
                auto part = split(line, '\t');
                if (part[0] == "error") {
                    log(logger(), ERROR, "IExecutionContext::getTensorShape: %s", line.c_str());
                    return t.shape;
                }
                if (part.size() == 2) {
                    auto& s = outputs[part[0]];
                    if (!part[1].empty()) {
                        for (auto& d : split(part[1], ',')) {
                            s.push_back(strtoll(d.c_str(), nullptr, 10));
                        }
                    }
                }
            }
        }
        return outputs[t.name];
    }

    bool refuse(const std::string& why, bool isViolation = true) {
        if (isViolation) {
            violation("enqueueV3: %s", why.c_str());
        }
        log(logger(), ERROR, "IExecutionContext::enqueueV3: Error Code 3: API Usage Error (%s)", why.c_str());
        return false;
    }

    bool enqueue(void* handle);
};

void run(Context* c, int generation, void* memory, int64_t memoryBytes, const std::vector<Binding>& bindings) {
    if (!c->alive || !c->engine->alive) {
        violation("a graph runs a model whose execution context is deleted");
        deviceFails(700);
        return;
    }
    if (c->generation != generation) {
        violation("work of an execution context runs after its shapes have changed");
    }
    for (auto& b : bindings) {
        if (!onDevice(b.address, (size_t)(elements(b.shape) * bytesOf(b.type)))) {
            violation("enqueueV3: memory of %s is gone when it ran", b.name.c_str());
            deviceFails(700);
            return;
        }
    }
    if (memory) {
        if (!onDevice(memory, (size_t)memoryBytes)) {
            violation("enqueueV3: the context's memory is gone when it ran");
            deviceFails(700);
            return;
        }
        memset(memory, 0xFF, (size_t)memoryBytes);
    }
    count("enqueues");
    std::string wrong = runNetwork(c->engine, bindings);
    if (!wrong.empty()) {
        violation("enqueueV3: %s", wrong.c_str());
        deviceFails(719);
    }
    checkHeap("enqueueV3");
}

bool Context::enqueue(void* handle) {
    if (int error = called("enqueueV3")) {
        return refuse("emulated failure " + std::to_string(error), false);
    }
    if (deviceError()) {
        return refuse("CUDA failed with " + std::to_string(deviceError()), false);
    }
    // TensorRT asks for the last error after its launches and takes what it finds for its own.
    if (int error = lastError()) {
        return refuse("an error is left behind: " + std::to_string(error));
    }
    Stream* stream = streamOf(handle, "enqueueV3");
    if (!stream) {
        return refuse("the stream is not one");
    }
    if (deviceOf(stream) != engine->device || currentDevice() != engine->device) {
        return refuse("the engine, the stream and the thread are of different devices");
    }
    if (handle == nullptr) {
        log(logger(), WARNING, "Using default stream in enqueueV3() may lead to performance issues");
    }
    if (!missing().empty()) {
        return refuse("no shape is set for input " + missing()[0]);
    }
    std::vector<Binding> bindings;
    for (auto& t : engine->plan.tensors) {
        void* address = addresses[t.name];
        auto s = shapeOf(t);
        if (isDynamic(s)) {
            return refuse("the shape of " + t.name + " is not known");
        }
        if (!address) {
            return refuse("no address is set for " + t.name);
        }
        if (!onDevice(address, (size_t)(elements(s) * bytesOf(t.type)))) {
            return refuse("memory of " + t.name + ", " + text(s) + ", is not all in one live allocation of the device");
        }
        bindings.push_back({t.name, address, t.type, s, t.input});
    }
    int64_t needed = 0;
    if (strategy == USER_MANAGED) {
        needed = engine->memory();
        if (!memory || memoryBytes < needed || !onDevice(memory, (size_t)needed) || (uintptr_t)memory % ALIGNMENT != 0) {
            return refuse("a context of user-managed memory has " + std::to_string(memoryBytes) + " bytes of "
                + std::to_string(needed));
        }
    }
    if (isCapturing(stream)) {
        if (unsettled) {
            invalidateCapture(stream);
            return refuse("captured before a plain enqueue after a change of shapes");
        }
    } else {
        unsettled = false;
    }
    void* scratch = strategy == USER_MANAGED ? memory : nullptr;
    int now = generation;
    int status = issue(stream, [this, now, scratch, needed, bindings] { run(this, now, scratch, needed, bindings); });
    return status == 0 || refuse("the stream does not take it, " + std::to_string(status), false);
}

struct Inspector : Object {
    Engine* engine;
    void* context = nullptr;
    std::string answer;

    explicit Inspector(Engine* engine) : Object(Kind::INSPECTOR, engine), engine(engine) {}

    std::string layer(int index) const {
        int verbosity = engine->plan.verbosity;
        std::vector<const TensorDescription*> in, out;
        for (auto& t : engine->plan.tensors) {
            (t.input ? in : out).push_back(&t);
        }
        std::string name = "emulated_" + out[(size_t)index]->name;
        if (verbosity == NO_LAYERS) {
            return "";
        }
        if (verbosity == NAMES_ONLY) {
            return '"' + name + '"';
        }
        auto list = [](const std::vector<const TensorDescription*>& tensors) {
            const char* types[] = {"FP32", "FP16", "Int8", "Int32", "Bool", "UInt8", "FP8", "BF16", "Int64"};
            std::string all;
            for (auto* t : tensors) {
                all += std::string(all.empty() ? "" : ", ") + "{\"Name\": \"" + t->name + "\", \"Dimensions\": [" + text(t->shape)
                    + "], \"Format/Datatype\": \"" + types[t->type] + "\"}";
            }
            return "[" + all + "]";
        };
        return "{\"Name\": \"" + name + "\", \"LayerType\": \"Emulated\", \"Inputs\": " + list(in) + ", \"Outputs\": "
            + list({out[(size_t)index]}) + ", \"ParameterType\": \"Emulated\", \"TacticName\": \"onnxruntime\"}";
    }
};

int layers(const Engine& engine) {
    int n = 0;
    for (auto& t : engine.plan.tensors) {
        n += !t.input;
    }
    return n;
}

void tables() {
    using namespace slots;
    trt::Kind k = Kind::RUNTIME;
    put(k, IRuntime::deserializeCudaEngine, +[](void* o, const void* bytes, size_t size) -> void* {
        Lock lock;
        auto* r = self<Runtime>(o);
        int error = called("deserializeCudaEngine");
        if (error == OUT_OF_MEMORY) {
            log(r->logger, ERROR, "IRuntime::deserializeCudaEngine: Error Code 2: OutOfMemory (Requested size was 4096 bytes.)");
            return nullptr;
        }
        if (error) {
            log(r->logger, ERROR, "IRuntime::deserializeCudaEngine: Error Code 1: Internal Error (emulated failure %d)", error);
            return nullptr;
        }
        Plan plan;
        std::string wrong = plan.read(bytes, size);
        if (!wrong.empty()) {
            log(r->logger, ERROR, "IRuntime::deserializeCudaEngine: Error Code 1: Serialization (%s)", wrong.c_str());
            return nullptr;
        }
        auto* engine = new Engine(r, plan);
        wrong = openNetwork(engine, plan.onnx, plan.path);
        if (!wrong.empty()) {
            log(r->logger, ERROR, "IRuntime::deserializeCudaEngine: Error Code 1: Internal Error (%s)", wrong.c_str());
            end(engine);
            return nullptr;
        }
        count("engines");
        return engine;
    });
    put(k, IRuntime::setMaxThreads, +[](void* o, int32_t n) {
        self<Runtime>(o)->threads = n;
        return n >= 1;
    });
    put(k, IRuntime::getMaxThreads, +[](void* o) { return int32_t{self<Runtime>(o)->threads}; });
    put(k, IRuntime::setTemporaryDirectory, +[](void* o, const char* path) { self<Runtime>(o)->temporary = path ? path : ""; });
    put(k, IRuntime::getTemporaryDirectory, +[](void* o) { return self<Runtime>(o)->temporary.c_str(); });
    put(k, IRuntime::setTempfileControlFlags, +[](void* o, uint32_t flags) { self<Runtime>(o)->tempfiles = flags; });
    put(k, IRuntime::getTempfileControlFlags, +[](void* o) { return self<Runtime>(o)->tempfiles; });
    put(k, IRuntime::getLogger, +[](void* o) { return self<Runtime>(o)->logger; });
    put(k, IRuntime::setErrorRecorder, +[](void*, void*) {});
    put(k, IRuntime::setEngineHostCodeAllowed, +[](void* o, bool allowed) { self<Runtime>(o)->hostCode = allowed; });
    put(k, IRuntime::getEngineHostCodeAllowed, +[](void* o) { return self<Runtime>(o)->hostCode; });

    k = Kind::ENGINE;
    put(k, ICudaEngine::getNbLayers, +[](void* o) { return int32_t{layers(*self<Engine>(o))}; });
    put(k, ICudaEngine::serialize, +[](void* o) -> void* {
        Lock lock;
        return hostMemory(self<Engine>(o)->plan.write());
    });
    put(k, ICudaEngine::createExecutionContext, +[](void* o, int32_t strategy) -> void* {
        Lock lock;
        auto* e = self<Engine>(o);
        if (int error = called("createExecutionContext")) {
            log(e->runtime->logger, ERROR, "ICudaEngine::createExecutionContext: Error Code 2: OutOfMemory (emulated failure %d)", error);
            return nullptr;
        }
        auto* c = new Context(e, strategy);
        if (strategy != USER_MANAGED) {
            c->memory = allocate(emulator::Kind::DEVICE, (size_t)e->memory(), true);
            if (!c->memory) {
                log(e->runtime->logger, ERROR, "ICudaEngine::createExecutionContext: Error Code 2: OutOfMemory (no memory on the device)");
                end(c);
                return nullptr;
            }
        }
        return c;
    });
    put(k, ICudaEngine::getDeviceMemorySize, +[](void* o) { return (size_t)self<Engine>(o)->memory(); });
    put(k, ICudaEngine::getDeviceMemorySizeV2, +[](void* o) { return self<Engine>(o)->memory(); });
    put(k, ICudaEngine::getDeviceMemorySizeForProfileV2, +[](void* o, int32_t) { return self<Engine>(o)->memory(); });
    put(k, ICudaEngine::isRefittable, +[](void*) { return false; });
    put(k, ICudaEngine::getName, +[](void* o) { return self<Engine>(o)->plan.name.c_str(); });
    put(k, ICudaEngine::getNbOptimizationProfiles, +[](void* o) {
        auto n = (int32_t)self<Engine>(o)->plan.profiles.size();
        return n == 0 ? int32_t{1} : n;
    });
    put(k, ICudaEngine::getHardwareCompatibilityLevel, +[](void* o) { return int32_t{self<Engine>(o)->plan.compatibility}; });
    put(k, ICudaEngine::getProfilingVerbosity, +[](void* o) { return int32_t{self<Engine>(o)->plan.verbosity}; });
    put(k, ICudaEngine::getNbAuxStreams, +[](void*) { return int32_t{0}; });
    put(k, ICudaEngine::createEngineInspector, +[](void* o) -> void* {
        Lock lock;
        return called("createEngineInspector") ? nullptr : new Inspector(self<Engine>(o));
    });
    put(k, ICudaEngine::getNbIOTensors, +[](void* o) { return (int32_t)self<Engine>(o)->plan.tensors.size(); });
    put(k, ICudaEngine::getIOTensorName, +[](void* o, int32_t i) -> const char* {
        auto& all = self<Engine>(o)->plan.tensors;
        return i >= 0 && (size_t)i < all.size() ? all[(size_t)i].name.c_str() : nullptr;
    });
    put(k, ICudaEngine::getTensorIOMode, +[](void* o, const char* name) {
        auto* t = self<Engine>(o)->find("ICudaEngine::getTensorIOMode", name);
        return int32_t{!t ? 0 : t->input ? 1 : 2};
    });
    put(k, ICudaEngine::getTensorShape, +[](void* o, const char* name) {
        auto* t = self<Engine>(o)->find("ICudaEngine::getTensorShape", name);
        return t ? dims(t->shape) : Dims{-1, {}};
    });
    put(k, ICudaEngine::getTensorDataType, +[](void* o, const char* name) {
        auto* t = self<Engine>(o)->find("ICudaEngine::getTensorDataType", name);
        return int32_t{t ? t->type : 0};
    });
    put(k, ICudaEngine::getTensorBytesPerComponent, +[](void* o, const char* name) {
        auto* t = self<Engine>(o)->find("ICudaEngine::getTensorBytesPerComponent", name);
        return int32_t{t ? bytesOf(t->type) : -1};
    });
    put(k, ICudaEngine::getTensorComponentsPerElement, +[](void*, const char*) { return int32_t{1}; });
    put(k, ICudaEngine::getTensorFormat, +[](void*, const char*) { return int32_t{0}; });
    put(k, ICudaEngine::getTensorLocation, +[](void*, const char*) { return int32_t{0}; });
    put(k, ICudaEngine::isShapeInferenceIO, +[](void*, const char*) { return false; });
    put(k, ICudaEngine::getProfileShape, +[](void* o, const char* name, int32_t profile, int32_t select) {
        auto* e = self<Engine>(o);
        auto* t = e->find("ICudaEngine::getProfileShape", name);
        return t && t->input ? dims(e->bound(*t, profile, select)) : Dims{-1, {}};
    });

    k = Kind::CONTEXT;
    put(k, IExecutionContext::getEngine, +[](void* o) -> void* { return self<Context>(o)->engine; });
    put(k, IExecutionContext::setName, +[](void* o, const char* name) { self<Context>(o)->name = name; });
    put(k, IExecutionContext::getName, +[](void* o) { return self<Context>(o)->name.c_str(); });
    put(k, IExecutionContext::getOptimizationProfile, +[](void* o) { return int32_t{self<Context>(o)->profile}; });
    put(k, IExecutionContext::allInputDimensionsSpecified, +[](void* o) { return self<Context>(o)->missing().empty(); });
    put(k, IExecutionContext::setOptimizationProfileAsync, +[](void* o, int32_t profile, void*) {
        Lock lock;
        auto* c = self<Context>(o);
        auto n = (int32_t)c->engine->plan.profiles.size();
        if (called("setOptimizationProfileAsync") || profile < 0 || profile >= (n == 0 ? 1 : n)) {
            return false;
        }
        if (profile != c->profile) {
            c->profile = profile;
            c->fixed();
        }
        return true;
    });
    put(k, IExecutionContext::setEnqueueEmitsProfile, +[](void* o, bool emits) { self<Context>(o)->emitsProfile = emits; });
    put(k, IExecutionContext::getEnqueueEmitsProfile, +[](void* o) { return self<Context>(o)->emitsProfile; });
    put(k, IExecutionContext::setNvtxVerbosity, +[](void* o, int32_t v) {
        self<Context>(o)->verbosity = v;
        return true;
    });
    put(k, IExecutionContext::getNvtxVerbosity, +[](void* o) { return int32_t{self<Context>(o)->verbosity}; });
    put(k, IExecutionContext::setPersistentCacheLimit, +[](void* o, size_t bytes) { self<Context>(o)->cacheLimit = bytes; });
    put(k, IExecutionContext::getPersistentCacheLimit, +[](void* o) { return self<Context>(o)->cacheLimit; });
    put(k, IExecutionContext::setErrorRecorder, +[](void*, void*) {});
    put(k, IExecutionContext::setInputShape, +[](void* o, const char* name, const Dims* d) {
        Lock lock;
        return !called("setInputShape") && self<Context>(o)->setShape(name, shape(*d));
    });
    put(k, IExecutionContext::getTensorShape, +[](void* o, const char* name) {
        Lock lock;
        auto* c = self<Context>(o);
        auto* t = c->engine->find("IExecutionContext::getTensorShape", name);
        return t ? dims(c->shapeOf(*t)) : Dims{-1, {}};
    });
    put(k, IExecutionContext::getTensorStrides, +[](void* o, const char* name) {
        Lock lock;
        auto* c = self<Context>(o);
        auto* t = c->engine->find("IExecutionContext::getTensorStrides", name);
        if (!t) {
            return Dims{-1, {}};
        }
        Dims d = dims(c->shapeOf(*t));
        int64_t stride = 1;
        for (int i = d.nbDims - 1; i >= 0; i--) {
            int64_t n = d.d[i];
            d.d[i] = stride;
            stride *= n;
        }
        return d;
    });
    auto setAddress = +[](void* o, const char* name, void* address) {
        Lock lock;
        auto* c = self<Context>(o);
        if (called("setTensorAddress") || !c->engine->find("IExecutionContext::setTensorAddress", name)) {
            return false;
        }
        if ((uintptr_t)address % ALIGNMENT != 0) {
            violation("setTensorAddress: %p for %s is not aligned to %d bytes", address, name, (int)ALIGNMENT);
        }
        c->addresses[name] = address;
        return true;
    };
    put(k, IExecutionContext::setTensorAddress, setAddress);
    put(k, IExecutionContext::setInputTensorAddress, setAddress);
    put(k, IExecutionContext::setOutputTensorAddress, setAddress);
    auto address = +[](void* o, const char* name) -> void* {
        Lock lock;
        auto& all = self<Context>(o)->addresses;
        return all.count(name) ? all[name] : nullptr;
    };
    put(k, IExecutionContext::getTensorAddress, address);
    put(k, IExecutionContext::getOutputTensorAddress, address);
    put(k, IExecutionContext::inferShapes, +[](void* o, int32_t most, const char** names) {
        Lock lock;
        auto* c = self<Context>(o);
        if (most < 0 || (most > 0 && !names)) {
            return int32_t{-1};
        }
        int32_t n = 0;
        for (auto& t : c->engine->plan.tensors) {
            if (t.input && !c->inputs.count(t.name)) {
                if (n < most) {
                    names[n] = t.name.c_str();
                }
                n++;
            }
        }
        return n;
    });
    put(k, IExecutionContext::enqueueV3, +[](void* o, void* stream) {
        Lock lock;
        return self<Context>(o)->enqueue(stream);
    });
    put(k, IExecutionContext::setDeviceMemoryV2, +[](void* o, void* memory, int64_t bytes) {
        Lock lock;
        auto* c = self<Context>(o);
        called("setDeviceMemoryV2");
        if (c->strategy != USER_MANAGED) {
            violation("setDeviceMemoryV2 of a context that has memory of its own");
            return;
        }
        c->memory = memory;
        c->memoryBytes = bytes;
    });

    k = Kind::INSPECTOR;
    put(k, IEngineInspector::setExecutionContext, +[](void* o, void* context) {
        self<Inspector>(o)->context = context;
        return true;
    });
    put(k, IEngineInspector::getExecutionContext, +[](void* o) { return self<Inspector>(o)->context; });
    put(k, IEngineInspector::setErrorRecorder, +[](void*, void*) {});
    put(k, IEngineInspector::getLayerInformation, +[](void* o, int32_t index, int32_t) -> const char* {
        Lock lock;
        auto* i = self<Inspector>(o);
        i->answer = index >= 0 && index < layers(*i->engine) ? i->layer(index) : "";
        return i->answer.c_str();
    });
    put(k, IEngineInspector::getEngineInformation, +[](void* o, int32_t) -> const char* {
        Lock lock;
        auto* i = self<Inspector>(o);
        std::string all, bindings;
        for (int n = 0; n < layers(*i->engine); n++) {
            std::string one = i->layer(n);
            all += all.empty() || one.empty() ? one : ", " + one;
        }
        for (auto& t : i->engine->plan.tensors) {
            bindings += std::string(bindings.empty() ? "" : ", ") + '"' + t.name + '"';
        }
        i->answer = "{\"Layers\": [" + all + "], \"Bindings\": [" + bindings + "]}";
        return i->answer.c_str();
    });
}

}  // namespace

void endContext(Object* context) {
    auto* c = (Context*)context;
    if (c->strategy != USER_MANAGED && c->memory) {
        finishAll();
        release(emulator::Kind::DEVICE, c->memory);
        c->memory = nullptr;
    }
}

}  // namespace emulator::trt

using namespace emulator;

EXPORT void* createInferRuntime_INTERNAL(void* logger, int version) {
    Lock lock;
    static bool once = (trt::tables(), true);
    (void)once;
    if (version / 10000 != 10) {
        violation("createInferRuntime: compiled against TensorRT %d", version);
    }
    if (called("createInferRuntime") || setting("devices") <= 0) {
        trt::log(logger, trt::ERROR, "createInferRuntime: Error Code 6: API Usage Error (CUDA initialization failure with error: 100)");
        return nullptr;
    }
    return new trt::Runtime(logger);
}
