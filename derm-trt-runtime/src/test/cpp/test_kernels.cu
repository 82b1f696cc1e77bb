// Kernels by which the emulated device is tested.

struct Scale {
    float factor, offset;
};

extern "C" __global__ void emulator_scale(const float* in, float* out, Scale scale, int n) {
    const int i = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < n) {
        out[i] = scale.factor * in[i] + scale.offset;
    }
}

// Writes where each thread is: x, y and z in steps of 1, 100 and 10000.
extern "C" __global__ void emulator_where(int* out) {
    const unsigned x = blockIdx.x * blockDim.x + threadIdx.x;
    const unsigned y = blockIdx.y * blockDim.y + threadIdx.y;
    const unsigned z = blockIdx.z * blockDim.z + threadIdx.z;
    const unsigned width = gridDim.x * blockDim.x;
    const unsigned height = gridDim.y * blockDim.y;
    out[(z * height + y) * width + x] = (int)(x + 100 * y + 10000 * z);
}
