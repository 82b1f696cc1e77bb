// Enough of CUDA C++ to compile kernels.cu as C++ and to run its kernels thread by thread on the CPU. Included before kernels.cu.
#pragma once

#include <cmath>
#include <cstring>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)

struct dim3 {
    unsigned int x, y, z;
};

static thread_local dim3 gridDim, blockDim, blockIdx, threadIdx;

static inline int atomicAdd(int* address, int value) {
    return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
}

static inline float __int_as_float(int bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

static inline int __clz(int value) {
    return value == 0 ? 32 : __builtin_clz((unsigned int)value);
}

static inline float toFloat(unsigned short half) {
    const int exponent = half >> 10 & 31;
    const int fraction = half & 1023;
    float value;
    if (exponent == 31) {
        value = fraction == 0 ? INFINITY : NAN;
    } else if (exponent == 0) {
        value = std::ldexp((float)fraction, -24);
    } else {
        value = std::ldexp((float)(1024 + fraction), exponent - 25);
    }
    return (half & 0x8000) != 0 ? -value : value;
}

// Rounds to the nearest, ties to even, as cvt.rn does; relies on the default rounding of std::nearbyint.
static inline unsigned short toHalf(float value) {
    const unsigned short sign = std::signbit(value) ? 0x8000 : 0;
    const float magnitude = std::fabs(value);
    if (std::isnan(value)) {
        return 0x7FFF;
    }
    if (magnitude >= 65520.0f) {
        return sign | 0x7C00;
    }
    if (magnitude < 0x1p-14f) {
        return sign | (unsigned short)std::nearbyint(std::ldexp(magnitude, 24));
    }
    int exponent;
    const float fraction = std::frexp(magnitude, &exponent);
    // 1024 to 2048; the last carries into the exponent.
    const int rounded = (int)std::nearbyint(std::ldexp(fraction, 11));
    return sign | (unsigned short)(((exponent + 14) << 10) + rounded - 1024);
}

// Calls the kernel, bound to its arguments, once for each thread of the grid, one after the other.
template <typename Kernel>
static inline void launchOnCpu(dim3 grid, dim3 block, Kernel kernel) {
    gridDim = grid;
    blockDim = block;
    for (blockIdx.z = 0; blockIdx.z < grid.z; blockIdx.z++) {
        for (blockIdx.y = 0; blockIdx.y < grid.y; blockIdx.y++) {
            for (blockIdx.x = 0; blockIdx.x < grid.x; blockIdx.x++) {
                for (threadIdx.z = 0; threadIdx.z < block.z; threadIdx.z++) {
                    for (threadIdx.y = 0; threadIdx.y < block.y; threadIdx.y++) {
                        for (threadIdx.x = 0; threadIdx.x < block.x; threadIdx.x++) {
                            kernel();
                        }
                    }
                }
            }
        }
    }
}
