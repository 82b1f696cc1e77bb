// Pixels to tensors, and the few rows of a tensor worth bringing back. Compiled at run time for the device at hand by NVRTC, and as
// plain C++ by the tests; includes nothing. ImageJob and RowJob write the structs.

typedef unsigned char byte;
typedef unsigned int word;
typedef unsigned long long wide;

// One region of a frame and where it lies in its batch element. Tap s of content column i is at x + (i * tapsX + s) * stepX, in units
// of 2^-32 pixels from the centre of the frame's first column; rows alike. Whole numbers, because doubles are slow on most GPUs and
// floats too coarse for wide frames: over 8192 columns these stay within 2^-19 of a pixel.
struct Region {
    long long x, y, stepX, stepY;
    int contentLeft, contentTop, contentWidth, contentHeight;
    int tapsX, tapsY;
    float unitY;  // 1 / tapsY
    int reserved;
};

// The frame and its regions. It lies in device memory, so that a CUDA graph stays as it is from frame to frame.
struct Job {
    wide pixels;  // device address, a multiple of 4; read in words, so up to the next multiple of 4 after the last pixel
    int width, height, stride;
    int format;  // 0 BGR24, 1 NV12
    int count;
    int reserved;
    // Region[count] follows.
};

struct Input {
    int width, height;
    int layout;  // 0 NCHW, 1 NHWC
    int type;    // 0 float32, 1 float16, 2 uint8
    int rgb;
    float pad;
    float mean[3], std[3];
};

// A tensor seen as rows of `length` elements: element e of row r is at r / plane * length * plane + e * plane + r % plane.
struct RowJob {
    const void* scores;
    const void* companion;  // element e of row r is at r * companionLength + e
    int* counter;
    float* records;  // capacity times {int row; float values[length]; float companion[companionLength]}
    int rows, length, plane;
    int first, count;  // the elements that decide
    int companionLength, capacity;
    int type, companionType;  // 0 float32, 1 float16
    float over;
};

static_assert(sizeof(Region) == 64, "Region");
static_assert(sizeof(Job) == 32, "Job");
static_assert(sizeof(Input) == 48, "Input");
static_assert(sizeof(RowJob) == 72, "RowJob");

// One instruction each; cuda_fp16.h has them, but NVRTC would need to find it.
#ifdef __CUDACC__
static __device__ __forceinline__ unsigned short toHalf(float value) {
    unsigned short half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
    return half;
}

static __device__ __forceinline__ float toFloat(unsigned short half) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half));
    return value;
}
#endif

static __device__ __forceinline__ int within(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

// The n <= 6 bytes at an address of any alignment, in words rather than one by one. What lies beyond them is left in.
static __device__ __forceinline__ wide bytesAt(const byte* address, int n) {
    const int skip = (int)((wide)address & 3);
    const word* words = (const word*)(address - skip);
    wide bytes = words[0];
    if (skip + n > 4) {
        bytes |= (wide)words[1] << 32;
    }
    bytes >>= 8 * skip;
    if (skip + n > 8) {
        bytes |= (wide)words[2] << (64 - 8 * skip);
    }
    return bytes;
}

static __device__ __forceinline__ word level(int fixed) {
    return (word)within(fixed >> 20, 0, 255);
}

// BT.709 limited range to packed BGR in fixed point of 20 bits, rounded: an NV12 frame gives what its BGR24 conversion gives.
static __device__ __forceinline__ word bgr(int luma, word chroma) {
    const int y = (luma - 16) * 1220945 + (1 << 19);
    const int cb = (int)(chroma & 255) - 128;
    const int cr = (int)(chroma >> 8 & 255) - 128;
    return level(y + cb * 2215014) | level(y - cb * 223607 - cr * 558796) << 8 | level(y + cr * 1879825) << 16;
}

// A pixel and its right neighbour, packed as BGR.
struct Pair {
    word near, far;
};

// Column x is at most width - 2 where there are two.
static __device__ __forceinline__ Pair pairAt(const Job& job, int x, int y) {
    const byte* pixels = (const byte*)job.pixels;
    const byte* row = pixels + (wide)y * job.stride;
    if (job.format == 0) {
        const wide both = bytesAt(row + 3 * x, job.width > 1 ? 6 : 3);
        return {(word)both, (word)(both >> 24)};
    }
    const int odd = x & 1;
    const wide luma = bytesAt(row + x, 2);
    const wide chroma = bytesAt(pixels + (wide)(job.height + y / 2) * job.stride + (x - odd), 2 + 2 * odd);
    return {bgr((int)(luma & 255), (word)chroma), bgr((int)(luma >> 8 & 255), (word)(chroma >> 16 * odd))};
}

// One channel of two pixels, each by its share of 2^bits.
static __device__ __forceinline__ int weigh(Pair pair, int shift, int bits, int weight) {
    const int near = (int)(pair.near >> shift & 255);
    const int far = (int)(pair.far >> shift & 255);
    return (near << bits) + (far - near) * weight;
}

// A whole number below 2^23 as a float, which takes conversion units of a quarter of the rate otherwise.
static __device__ __forceinline__ float toFloat23(int value) {
    return __int_as_float(0x4B000000 + value) - 8388608.0f;
}

static __device__ __forceinline__ void store(void* tensor, wide index, float value, int type) {
    if (type == 0) {
        ((float*)tensor)[index] = value;
    } else if (type == 1) {
        ((unsigned short*)tensor)[index] = toHalf(value);
    } else {
        ((byte*)tensor)[index] = (byte)fminf(fmaxf(floorf(value + 0.5f), 0.0f), 255.0f);
    }
}

// The mean of a tensor pixel's taps, blue, green and red in levels.
static __device__ __forceinline__ void sample(const Job& job, const Region& region, int i, int j, float* bgr) {
    const int taps = region.tapsX;
    // The sum over the taps of level times weight must stay below 2^23.
    const int bits = 15 - (32 - __clz(taps - 1));
    const float unit = 1.0f / (float)(taps << bits);
    const int lastPair = job.width > 1 ? job.width - 2 : 0;
    const int lastRow = job.height - 1;
    for (int c = 0; c < 3; c++) {
        bgr[c] = 0;
    }
    for (int t = 0; t < region.tapsY; t++) {
        const long long v = region.y + (long long)(j * region.tapsY + t) * region.stepY;
        const int upper = within((int)(v >> 32), 0, lastRow);
        const int lower = upper < lastRow ? upper + 1 : lastRow;
        const float share = v < 0 ? 0.0f : (float)(word)v * 2.3283064365386963e-10f;
        int above[3] = {0, 0, 0};
        int below[3] = {0, 0, 0};
        for (int s = 0; s < taps; s++) {
            const long long u = region.x + (long long)(i * taps + s) * region.stepX;
            const int column = (int)(u >> 32);
            const int x = within(column, 0, lastPair);
            int weight = (int)((((word)u >> (31 - bits)) + 1) >> 1);
            if (u < 0 || job.width == 1) {
                weight = 0;
            } else if (column > lastPair) {
                weight = 1 << bits;
            }
            const Pair a = pairAt(job, x, upper);
            const Pair b = pairAt(job, x, lower);
            for (int c = 0; c < 3; c++) {
                above[c] += weigh(a, 8 * c, bits, weight);
                below[c] += weigh(b, 8 * c, bits, weight);
            }
        }
        for (int c = 0; c < 3; c++) {
            const float a = toFloat23(above[c]) * unit;
            const float b = toFloat23(below[c]) * unit;
            bgr[c] += a + (b - a) * share;
        }
    }
    if (region.tapsY > 1) {
        for (int c = 0; c < 3; c++) {
            bgr[c] *= region.unitY;
        }
    }
}

// One thread for each pixel of the tensor, one batch element for each blockIdx.z; elements from count on are left as they are.
// The bounds hold the registers to 64, which spills nothing and fills half of a large GPU or all of a small one.
extern "C" __global__ void __launch_bounds__(256, 4)
    derm_image(const Job* __restrict__ jobs, void* __restrict__ tensor, Input input) {
    const Job& job = *jobs;
    const int element = (int)blockIdx.z;
    const int x = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    const int y = (int)(blockIdx.y * blockDim.y + threadIdx.y);
    if (element >= job.count || x >= input.width || y >= input.height) {
        return;
    }
    const Region& region = ((const Region*)(jobs + 1))[element];
    const int i = x - region.contentLeft;
    const int j = y - region.contentTop;
    float bgr[3] = {input.pad, input.pad, input.pad};
    if (i >= 0 && j >= 0 && i < region.contentWidth && j < region.contentHeight) {
        sample(job, region, i, j, bgr);
    }
    const wide plane = (wide)input.width * input.height;
    const wide at = (wide)y * input.width + x;
    const wide start = 3 * plane * element;
    for (int c = 0; c < 3; c++) {
        const float p = input.rgb ? bgr[2 - c] : bgr[c];
        const wide index = input.layout == 0 ? start + c * plane + at : start + 3 * at + c;
        store(tensor, index, (p - input.mean[c]) / input.std[c], input.type);
    }
}

static __device__ __forceinline__ float numberAt(const void* numbers, wide index, int type) {
    return type == 0 ? ((const float*)numbers)[index] : toFloat(((const unsigned short*)numbers)[index]);
}

// Appends the rows of which any score is not <= over; one that is NaN is kept, too. Scores a row may have many, so several threads
// share a row, each reading up to four that lie `parts` apart: neighbours read neighbours, whatever the plane. The thread with the
// row's first score over the threshold appends it. Rows beyond the capacity are only counted.
extern "C" __global__ void derm_rows(RowJob job) {
    const word parts = ((word)job.count + 3) / 4;
    const word thread = blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= parts * (word)job.rows) {
        return;
    }
    const word plane = (word)job.plane;
    const word block = thread / (parts * plane);
    const word rest = thread - block * (parts * plane);
    const word part = rest / plane;
    const word cell = rest - part * plane;
    const wide row = (wide)block * job.length * plane + cell;
    const wide scores = row + (wide)job.first * plane;
    bool hit = false;
#pragma unroll
    for (int k = 0; k < 4; k++) {
        const word e = part + k * parts;
        if (e < (word)job.count) {
            hit |= !(numberAt(job.scores, scores + e * (wide)plane, job.type) <= job.over);
        }
    }
    if (!hit) {
        return;
    }
    word e = 0;
    while (numberAt(job.scores, scores + e * (wide)plane, job.type) <= job.over) {
        e++;
    }
    if (e % parts != part) {
        return;
    }
    const int slot = atomicAdd(job.counter, 1);
    if (slot >= job.capacity) {
        return;
    }
    const int index = (int)(block * plane + cell);
    float* __restrict__ record = job.records + (wide)slot * (1 + job.length + job.companionLength);
    record[0] = __int_as_float(index);
#pragma unroll 8
    for (int k = 0; k < job.length; k++) {
        record[1 + k] = numberAt(job.scores, row + k * (wide)plane, job.type);
    }
#pragma unroll 4
    for (int k = 0; k < job.companionLength; k++) {
        record[1 + job.length + k] = numberAt(job.companion, (wide)index * job.companionLength + k, job.companionType);
    }
}

extern "C" __global__ void derm_widen(const unsigned short* __restrict__ halves, float* __restrict__ floats, int n) {
    const word i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < (word)n) {
        floats[i] = toFloat(halves[i]);
    }
}
