// TensorRT's builder, network, configuration, profiles and timing cache, and the ONNX parser.
#include "tensorrt.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace emulator::trt {
namespace {

constexpr int STRONGLY_TYPED = 1;
constexpr int TF32 = 6;
// Flags that say of a network what a strongly typed one says itself.
constexpr uint32_t WEAK = 1u << 0 | 1u << 1 | 1u << 9 | 1u << 10 | 1u << 15 | 1u << 17 | 1u << 22;

struct Builder;

struct Tensor : Object {
    TensorDescription description;

    Tensor(TensorDescription d, Object* network) : Object(Kind::TENSOR, network, false), description(std::move(d)) {}
};

struct Network : Object {
    void* logger;
    uint32_t flags;
    std::string name, onnx, path;
    std::vector<Tensor*> inputs, outputs;
    Object* parser = nullptr;

    Network(Object* builder, void* logger, uint32_t flags) : Object(Kind::NETWORK, builder), logger(logger), flags(flags) {}
};

struct Profile : Object {
    void* logger;
    ProfileShapes shapes;

    Profile(Object* builder, void* logger) : Object(Kind::PROFILE, builder, false), logger(logger) {}
};

struct TimingCache : Object {
    std::string gpu;
    std::set<std::string> entries;

    TimingCache() : Object(Kind::TIMING_CACHE, nullptr), gpu(trt::gpu()) {}
};

struct Config : Object {
    void* logger;
    uint32_t flags = 1u << TF32;
    // What has a number alone, by the function that sets it.
    std::map<std::string, int64_t> values;
    std::map<int, size_t> pools;
    std::vector<Profile*> profiles;
    TimingCache* timings = nullptr;

    Config(Object* builder, void* logger) : Object(Kind::CONFIG, builder), logger(logger) {
        values["optimizationLevel"] = 3;
        values["maxAuxStreams"] = -1;
        values["maxNbTactics"] = -1;
        values["avgTimingIterations"] = 1;
        values["l2LimitForTiling"] = -1;
    }
};

struct Builder : Object {
    void* logger;
    int threads = 1;

    explicit Builder(void* logger) : Object(Kind::BUILDER, nullptr), logger(logger) {}
};

constexpr char TIMINGS[] = "DERM-EMULATED-TIMINGS\n";

void record(const char* name, int64_t value) { setCounter(std::string("build.") + name, value); }

std::string checkProfile(const Network& network, const Profile& profile) {
    for (Tensor* input : network.inputs) {
        const auto& d = input->description;
        if (!isDynamic(d.shape)) {
            continue;
        }
        auto found = profile.shapes.shapes.find(d.name);
        if (found == profile.shapes.shapes.end()) {
            return "Dynamic dimensions required for input: " + d.name + ", but no shapes were provided in the profile";
        }
        for (size_t i = 0; i < d.shape.size(); i++) {
            int64_t at[3];
            for (int s = 0; s < 3; s++) {
                if (found->second[s].size() != d.shape.size()) {
                    return "Profile of " + d.name + " lacks a selector or has another rank";
                }
                at[s] = found->second[s][i];
            }
            if (at[0] > at[1] || at[1] > at[2] || at[0] < 0 || (d.shape[i] >= 0 && (at[0] != d.shape[i] || at[2] != d.shape[i]))) {
                return "Profile of " + d.name + " has " + text(found->second[0]) + ", " + text(found->second[1]) + ", "
                    + text(found->second[2]) + " for " + text(d.shape);
            }
        }
    }
    return "";
}

Object* build(Builder& builder, Network& network, Config& config) {
    auto fail = [&](const std::string& why) -> Object* {
        log(builder.logger, ERROR, "IBuilder::buildSerializedNetwork: Error Code 4: API Usage Error (%s)", why.c_str());
        return nullptr;
    };
    if (int error = called("buildSerializedNetwork")) {
        log(builder.logger, ERROR, "IBuilder::buildSerializedNetwork: Error Code 10: Internal Error (emulated failure %d)", error);
        return nullptr;
    }
    if (network.parent != &builder || config.parent != &builder) {
        violation("buildSerializedNetwork: the network or the configuration is another builder's");
    }
    if (network.outputs.empty()) {
        return fail("Network must have at least one output");
    }
    if (network.parser == nullptr || !network.parser->alive) {
        violation("buildSerializedNetwork: the parser, whose weights the network uses, is deleted");
    }
    if (config.flags & WEAK) {
        violation("buildSerializedNetwork: flags of precision, %x, for a strongly typed network", config.flags & WEAK);
        return fail("Precision flags are not allowed in a strongly typed network");
    }
    bool dynamic = false;
    for (Tensor* input : network.inputs) {
        dynamic = dynamic || isDynamic(input->description.shape);
    }
    if (dynamic && config.profiles.empty()) {
        return fail("Network has dynamic or shape inputs, but no optimization profile has been defined.");
    }
    Plan plan;
    for (Profile* profile : config.profiles) {
        std::string wrong = checkProfile(network, *profile);
        if (!wrong.empty()) {
            return fail(wrong);
        }
        plan.profiles.push_back(profile->shapes);
    }
    if (config.timings) {
        if (!config.timings->alive) {
            violation("buildSerializedNetwork: the timing cache is deleted");
        } else if (!config.timings->entries.insert(hashOf(network.onnx + network.path)).second) {
            count("build.timingCacheHits");
        }
    }
    record("flags", config.flags);
    for (auto& value : config.values) {
        record(value.first.c_str(), value.second);
    }
    for (auto& pool : config.pools) {
        record(("pool." + std::to_string(pool.first)).c_str(), (int64_t)pool.second);
    }
    record("profiles", (int64_t)config.profiles.size());
    record("maxThreads", builder.threads);
    count("builds");
    plan.name = network.name;
    plan.build = version();
    plan.gpu = gpu();
    plan.compatibility = (int)config.values["hardwareCompatibilityLevel"];
    plan.verbosity = (int)config.values["profilingVerbosity"];
    plan.onnx = network.onnx;
    plan.path = network.path;
    for (auto* tensors : {&network.inputs, &network.outputs}) {
        for (Tensor* t : *tensors) {
            plan.tensors.push_back(t->description);
        }
    }
    log(builder.logger, INFO, "Emulated engine of %zu inputs and %zu outputs", network.inputs.size(), network.outputs.size());
    return hostMemory(plan.write());
}

// ---- the parser

struct ParserError : Object {
    int code, node;
    std::string name, type, description;

    ParserError(Object* parser, int code, int node, std::string name, std::string type, std::string description)
        : Object(Kind::PARSER_ERROR, parser, false), code(code), node(node), name(std::move(name)), type(std::move(type)),
          description(std::move(description)) {}
};

struct Parser : Object {
    Network* network;
    void* logger;
    uint32_t flags = 1;
    std::vector<ParserError*> errors;

    Parser(Network* network, void* logger) : Object(Kind::PARSER, network), network(network), logger(logger) {}

    bool fail(int code, int node, const std::string& name, const std::string& type, const std::string& description) {
        errors.push_back(new ParserError(this, code, node, name, type, description));
        log(logger, ERROR, "ModelImporter.cpp:0: While parsing node number %d [%s -> \"%s\"]: %s", node, type.c_str(), name.c_str(),
            description.c_str());
        return false;
    }
};

constexpr int MODEL_DESERIALIZE_FAILED = 3, UNSUPPORTED_NODE_DATATYPE = 11;

int typeOf(const std::string& name) {
    const std::map<std::string, int> types = {{"FLOAT", FLOAT}, {"FLOAT16", HALF}, {"INT8", INT8}, {"INT32", INT32},
        {"BOOL", BOOL}, {"UINT8", UINT8}, {"INT64", INT64}};
    auto found = types.find(name);
    return found == types.end() ? -1 : found->second;
}

// A description has a line for each tensor: i or o, name, type, shape; or one of an error: error, code, node, its name, its operator, why.
bool parse(Parser& parser, const std::string& onnx, const std::string& path) {
    if (int error = called("parse")) {
        return parser.fail(error, 0, "emulated", "Failure", "emulated failure");
    }
    Network& network = *parser.network;
    if (!network.outputs.empty()) {
        violation("IParser::parse into a network that is not empty");
    }
    for (auto& line : split(describe(onnx, path), '\n')) {
        auto part = split(line, '\t');
        if (part[0] == "error") {
            return part.size() == 6 ? parser.fail(atoi(part[1].c_str()), atoi(part[2].c_str()), part[3], part[4], part[5])
                                    : parser.fail(MODEL_DESERIALIZE_FAILED, -1, "", "", line);
        }
        if (part[0] == "n") {
            network.name = part[1];
        }
        if (part[0] != "i" && part[0] != "o") {
            continue;
        }
        TensorDescription t{part[1], part[0] == "i", typeOf(part[2]), {}};
        if (!part[3].empty()) {
            for (auto& d : split(part[3], ',')) {
                t.shape.push_back(strtoll(d.c_str(), nullptr, 10));
            }
        }
        if (t.type < 0) {
            return parser.fail(UNSUPPORTED_NODE_DATATYPE, -1, t.name, "", "Found unsupported data type: " + part[2]);
        }
        (t.input ? network.inputs : network.outputs).push_back(new Tensor(t, &network));
    }
    network.onnx = onnx;
    network.path = path;
    return true;
}

template <class T>
T* at(const std::vector<T*>& all, int32_t index) {
    return index >= 0 && (size_t)index < all.size() ? all[(size_t)index] : nullptr;
}

void tables() {
    using namespace slots;
    Kind k = Kind::BUILDER;
    put(k, IBuilder::createBuilderConfig, +[](void* o) -> void* {
        Lock lock;
        auto* b = self<Builder>(o);
        return called("createBuilderConfig") ? nullptr : new Config(b, b->logger);
    });
    put(k, IBuilder::createNetworkV2, +[](void* o, uint32_t flags) -> void* {
        Lock lock;
        auto* b = self<Builder>(o);
        if (!(flags & 1u << STRONGLY_TYPED)) {
            violation("createNetworkV2 of a network that is not strongly typed, flags %x", flags);
        }
        return called("createNetworkV2") ? nullptr : new Network(b, b->logger, flags);
    });
    put(k, IBuilder::createOptimizationProfile, +[](void* o) -> void* {
        Lock lock;
        auto* b = self<Builder>(o);
        return called("createOptimizationProfile") ? nullptr : new Profile(b, b->logger);
    });
    put(k, IBuilder::buildSerializedNetwork, +[](void* o, void* network, void* config) -> void* {
        Lock lock;
        return build(*self<Builder>(o), *object<Network>(network), *object<Config>(config));
    });
    put(k, IBuilder::isNetworkSupported, +[](void*, void*, void*) { return true; });
    put(k, IBuilder::getLogger, +[](void* o) { return self<Builder>(o)->logger; });
    put(k, IBuilder::setMaxThreads, +[](void* o, int32_t n) {
        self<Builder>(o)->threads = n;
        return n >= 1;
    });
    put(k, IBuilder::getMaxThreads, +[](void* o) { return int32_t{self<Builder>(o)->threads}; });
    put(k, IBuilder::setErrorRecorder, +[](void*, void*) {});
    for (int slot : {IBuilder::platformHasFastFp16, IBuilder::platformHasFastInt8, IBuilder::platformHasTf32}) {
        put(k, slot, +[](void*) { return true; });
    }

    k = Kind::NETWORK;
    // A layer for each output is as much as is known.
    put(k, INetworkDefinition::getNbLayers, +[](void* o) { return (int32_t)self<Network>(o)->outputs.size(); });
    put(k, INetworkDefinition::getNbInputs, +[](void* o) { return (int32_t)self<Network>(o)->inputs.size(); });
    put(k, INetworkDefinition::getNbOutputs, +[](void* o) { return (int32_t)self<Network>(o)->outputs.size(); });
    put(k, INetworkDefinition::getInput, +[](void* o, int32_t i) -> void* { return at(self<Network>(o)->inputs, i); });
    put(k, INetworkDefinition::getOutput, +[](void* o, int32_t i) -> void* { return at(self<Network>(o)->outputs, i); });
    put(k, INetworkDefinition::setName, +[](void* o, const char* name) { self<Network>(o)->name = name; });
    put(k, INetworkDefinition::getName, +[](void* o) { return self<Network>(o)->name.c_str(); });
    put(k, INetworkDefinition::setErrorRecorder, +[](void*, void*) {});
    put(k, INetworkDefinition::getFlags, +[](void* o) { return self<Network>(o)->flags; });
    put(k, INetworkDefinition::getFlag, +[](void* o, int32_t f) { return (self<Network>(o)->flags >> f & 1) != 0; });

    k = Kind::TENSOR;
    put(k, ITensor::getName, +[](void* o) { return self<Tensor>(o)->description.name.c_str(); });
    put(k, ITensor::getDimensions, +[](void* o) { return dims(self<Tensor>(o)->description.shape); });
    put(k, ITensor::getType, +[](void* o) { return int32_t{self<Tensor>(o)->description.type}; });
    put(k, ITensor::isNetworkInput, +[](void* o) { return self<Tensor>(o)->description.input; });
    put(k, ITensor::isNetworkOutput, +[](void* o) { return !self<Tensor>(o)->description.input; });
    put(k, ITensor::getLocation, +[](void*) { return int32_t{0}; });
    put(k, ITensor::isShapeTensor, +[](void*) { return false; });
    put(k, ITensor::isExecutionTensor, +[](void*) { return true; });

    k = Kind::PROFILE;
    put(k, IOptimizationProfile::setDimensions, +[](void* o, const char* input, int32_t select, const Dims* d) {
        Lock lock;
        if (called("setDimensions") || select < 0 || select > 2) {
            return false;
        }
        self<Profile>(o)->shapes.shapes[input][select] = shape(*d);
        return true;
    });
    put(k, IOptimizationProfile::getDimensions, +[](void* o, const char* input, int32_t select) {
        Lock lock;
        auto& all = self<Profile>(o)->shapes.shapes;
        auto found = all.find(input);
        return found == all.end() || found->second[select].empty() ? Dims{-1, {}} : dims(found->second[select]);
    });
    put(k, IOptimizationProfile::isValid, +[](void* o) {
        for (auto& input : self<Profile>(o)->shapes.shapes) {
            for (size_t i = 0; i < input.second[0].size(); i++) {
                if (input.second[1].size() <= i || input.second[2].size() <= i || input.second[0][i] > input.second[1][i]
                    || input.second[1][i] > input.second[2][i]) {
                    return false;
                }
            }
        }
        return true;
    });

    k = Kind::CONFIG;
    put(k, IBuilderConfig::setFlags, +[](void* o, uint32_t flags) { self<Config>(o)->flags = flags; });
    put(k, IBuilderConfig::getFlags, +[](void* o) { return self<Config>(o)->flags; });
    put(k, IBuilderConfig::setFlag, +[](void* o, int32_t flag) { self<Config>(o)->flags |= 1u << flag; });
    put(k, IBuilderConfig::clearFlag, +[](void* o, int32_t flag) { self<Config>(o)->flags &= ~(1u << flag); });
    put(k, IBuilderConfig::getFlag, +[](void* o, int32_t flag) { return (self<Config>(o)->flags >> flag & 1) != 0; });
    put(k, IBuilderConfig::addOptimizationProfile, +[](void* o, void* profile) {
        Lock lock;
        auto* c = self<Config>(o);
        if (called("addOptimizationProfile") || !profile) {
            return int32_t{-1};
        }
        c->profiles.push_back(object<Profile>(profile));
        return (int32_t)c->profiles.size() - 1;
    });
    put(k, IBuilderConfig::getNbOptimizationProfiles, +[](void* o) { return (int32_t)self<Config>(o)->profiles.size(); });
    put(k, IBuilderConfig::setMemoryPoolLimit, +[](void* o, int32_t pool, size_t bytes) { self<Config>(o)->pools[pool] = bytes; });
    put(k, IBuilderConfig::getMemoryPoolLimit, +[](void* o, int32_t pool) {
        auto& pools = self<Config>(o)->pools;
        return pools.count(pool) ? pools[pool] : (size_t)setting("memory");
    });
#define VALUE(setter, getter, type, name)                                                              \
    put(k, IBuilderConfig::setter, +[](void* o, type value) { self<Config>(o)->values[name] = value; }); \
    put(k, IBuilderConfig::getter, +[](void* o) { return (type)self<Config>(o)->values[name]; })
    VALUE(setBuilderOptimizationLevel, getBuilderOptimizationLevel, int32_t, "optimizationLevel");
    VALUE(setHardwareCompatibilityLevel, getHardwareCompatibilityLevel, int32_t, "hardwareCompatibilityLevel");
    VALUE(setProfilingVerbosity, getProfilingVerbosity, int32_t, "profilingVerbosity");
    VALUE(setMaxAuxStreams, getMaxAuxStreams, int32_t, "maxAuxStreams");
    VALUE(setMaxNbTactics, getMaxNbTactics, int32_t, "maxNbTactics");
    VALUE(setAvgTimingIterations, getAvgTimingIterations, int32_t, "avgTimingIterations");
#undef VALUE
    put(k, IBuilderConfig::setTilingOptimizationLevel, +[](void* o, int32_t level) {
        self<Config>(o)->values["tilingOptimizationLevel"] = level;
        return true;
    });
    put(k, IBuilderConfig::getTilingOptimizationLevel,
        +[](void* o) { return (int32_t)self<Config>(o)->values["tilingOptimizationLevel"]; });
    put(k, IBuilderConfig::setL2LimitForTiling, +[](void* o, int64_t bytes) {
        self<Config>(o)->values["l2LimitForTiling"] = bytes;
        return true;
    });
    put(k, IBuilderConfig::getL2LimitForTiling, +[](void* o) { return self<Config>(o)->values["l2LimitForTiling"]; });
    put(k, IBuilderConfig::createTimingCache, +[](void* o, const void* blob, size_t size) -> void* {
        Lock lock;
        if (called("createTimingCache")) {
            return nullptr;
        }
        auto* made = new TimingCache;
        if (size == 0) {
            return made;
        }
        std::string all((const char*)blob, size);
        if (all.rfind(TIMINGS, 0) != 0) {
            log(self<Config>(o)->logger, ERROR,
                "IBuilderConfig::createTimingCache: Error Code 1: Serialization (the timing cache is of another version)");
            end(made);
            return nullptr;
        }
        auto lines = split(all, '\n');
        made->gpu = lines[1];
        for (size_t i = 2; i + 1 < lines.size(); i++) {
            made->entries.insert(lines[i]);
        }
        return made;
    });
    put(k, IBuilderConfig::setTimingCache, +[](void* o, void* cache, bool ignoreMismatch) {
        Lock lock;
        if (called("setTimingCache")) {
            return false;
        }
        auto* c = object<TimingCache>(cache);
        if (c->gpu != gpu() && !ignoreMismatch) {
            log(self<Config>(o)->logger, ERROR, "IBuilderConfig::setTimingCache: the timing cache is of another device");
            return false;
        }
        self<Config>(o)->timings = c;
        return true;
    });
    put(k, IBuilderConfig::getTimingCache, +[](void* o) -> void* { return self<Config>(o)->timings; });

    k = Kind::TIMING_CACHE;
    put(k, ITimingCache::serialize, +[](void* o) -> void* {
        Lock lock;
        if (called("ITimingCache::serialize")) {
            return nullptr;
        }
        auto* c = self<TimingCache>(o);
        std::string all = TIMINGS + c->gpu + '\n';
        for (auto& entry : c->entries) {
            all += entry + '\n';
        }
        return hostMemory(all);
    });
    put(k, ITimingCache::combine, +[](void* o, void* other, bool ignoreMismatch) {
        Lock lock;
        auto *to = self<TimingCache>(o), *from = object<TimingCache>(other);
        to->entries.insert(from->entries.begin(), from->entries.end());
        return ignoreMismatch || to->gpu == from->gpu;
    });
    put(k, ITimingCache::reset, +[](void* o) {
        self<TimingCache>(o)->entries.clear();
        return true;
    });

    // A parser's functions are in its own table.
    k = Kind::PARSER;
    put(k, IParser::parse, +[](void* o, const void* onnx, size_t size, const char* path) {
        Lock lock;
        return parse(*object<Parser>(o), std::string((const char*)onnx, size), path ? path : "");
    });
    put(k, IParser::parseFromFile, +[](void* o, const char* path, int) {
        Lock lock;
        std::ifstream in(path, std::ios::binary);
        auto* p = object<Parser>(o);
        if (!in) {
            return p->fail(MODEL_DESERIALIZE_FAILED, -1, "", "", std::string("Failed to open file: ") + path);
        }
        return parse(*p, std::string(std::istreambuf_iterator<char>(in), {}), path);
    });
    put(k, IParser::supportsOperator, +[](void*, const char*) { return true; });
    put(k, IParser::getNbErrors, +[](void* o) { return (int32_t)object<Parser>(o)->errors.size(); });
    put(k, IParser::getError, +[](void* o, int32_t i) -> void* { return at(object<Parser>(o)->errors, i); });
    put(k, IParser::clearErrors, +[](void* o) { object<Parser>(o)->errors.clear(); });
    put(k, IParser::setFlags, +[](void* o, uint32_t flags) { object<Parser>(o)->flags = flags; });
    put(k, IParser::getFlags, +[](void* o) { return object<Parser>(o)->flags; });
    put(k, IParser::setFlag, +[](void* o, int32_t flag) { object<Parser>(o)->flags |= 1u << flag; });
    put(k, IParser::clearFlag, +[](void* o, int32_t flag) { object<Parser>(o)->flags &= ~(1u << flag); });
    put(k, IParser::getFlag, +[](void* o, int32_t flag) { return (object<Parser>(o)->flags >> flag & 1) != 0; });

    k = Kind::PARSER_ERROR;
    put(k, IParserError::code, +[](void* o) { return int32_t{object<ParserError>(o)->code}; });
    put(k, IParserError::desc, +[](void* o) { return object<ParserError>(o)->description.c_str(); });
    put(k, IParserError::file, +[](void*) { return "ModelImporter.cpp"; });
    put(k, IParserError::line, +[](void*) { return int32_t{0}; });
    put(k, IParserError::func, +[](void*) { return "parse"; });
    put(k, IParserError::node, +[](void* o) { return int32_t{object<ParserError>(o)->node}; });
    put(k, IParserError::nodeName, +[](void* o) { return object<ParserError>(o)->name.c_str(); });
    put(k, IParserError::nodeOperator, +[](void* o) { return object<ParserError>(o)->type.c_str(); });
    put(k, IParserError::localFunctionStack, +[](void*) -> const char* const* { return nullptr; });
    put(k, IParserError::localFunctionStackSize, +[](void*) { return int32_t{0}; });
}

}  // namespace
}  // namespace emulator::trt

using namespace emulator;
using namespace emulator::trt;

// What a test lets createInferBuilder fail with where the library of builder resources for the GPU is to be missing.
static constexpr int NO_RESOURCE = 6;

EXPORT void* createInferBuilder_INTERNAL(void* logger, int version) {
    Lock lock;
    static bool once = (tables(), true);
    (void)once;
    if (version / 10000 != 10) {
        violation("createInferBuilder: compiled against TensorRT %d", version);
    }
    int error = called("createInferBuilder");
    if (error == NO_RESOURCE) {
        emulator::trt::log(logger, ERROR, "createInferBuilder: Error Code 6: API Usage Error (Unable to load library: "
            "libnvinfer_builder_resource_sm86.so.10.15.1: libnvinfer_builder_resource_sm86.so.10.15.1: cannot open shared object file: "
            "No such file or directory In Impl at libLoader.cpp:305)");
        return nullptr;
    }
    if (error || setting("devices") <= 0) {
        emulator::trt::log(logger, ERROR, "createInferBuilder: Error Code 6: API Usage Error (CUDA initialization failure with error: 100)");
        return nullptr;
    }
    return new Builder(logger);
}

EXPORT void* createNvOnnxParser_INTERNAL(void* network, void* logger, int) {
    Lock lock;
    if (called("createNvOnnxParser")) {
        return nullptr;
    }
    auto* n = object<Network>(network);
    n->parser = new Parser(n, logger);
    return n->parser;
}
