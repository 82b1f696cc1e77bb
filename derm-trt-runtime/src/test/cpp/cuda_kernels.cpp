// CUDA's modules and launches, and NVRTC.
#include "cuda.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

using namespace emulator;

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
