// Puts the kernels of one CUDA source, compiled here as C++, into the table that modules take their functions from.
#pragma once

#include "emulator.h"

#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

namespace emulator {

template <class T>
void readArgument(T& to, const void* from, std::vector<const void*>& pointers) {
    std::memcpy(&to, from, sizeof to);
    if constexpr (std::is_pointer_v<T>) {
        pointers.push_back(to);
    }
}

// The arguments' number, order and types are those of the kernel itself.
template <auto KERNEL, class... A, size_t... I>
Threads bindArguments(void (*)(A...), std::index_sequence<I...>, void** from, std::vector<const void*>& pointers) {
    std::tuple<std::decay_t<A>...> arguments;
    (readArgument(std::get<I>(arguments), from[I], pointers), ...);
    return [arguments](dim grid, dim block) {
        launchOnCpu(dim3{grid.x, grid.y, grid.z}, dim3{block.x, block.y, block.z},
            [&] { KERNEL(std::get<I>(arguments)...); });
    };
}

template <class... A>
constexpr std::index_sequence_for<A...> indicesOf(void (*)(A...)) {
    return {};
}

template <auto KERNEL>
Threads bindKernel(void** from, std::vector<const void*>& pointers) {
    return bindArguments<KERNEL>(KERNEL, indicesOf(KERNEL), from, pointers);
}

}  // namespace emulator
