// Runs kernels on the CPU for KernelsOnCpu: reads launches from stdin and writes what they leave behind to stdout. Numbers are in native
// order. Memory is as large as it must be on a device and no larger, so that a sanitizer sees what reaches over its end.
#include "cuda_on_cpu.h"

#include "kernels.cu"

#include <cstdio>
#include <cstdlib>

namespace {

void read(void* to, size_t bytes) {
    if (std::fread(to, 1, bytes, stdin) != bytes) {
        std::fputs("Input is cut short\n", stderr);
        std::exit(1);
    }
}

int readInt() {
    int value;
    read(&value, sizeof value);
    return value;
}

dim3 readDim() {
    dim3 dim;
    read(&dim, sizeof dim);
    return dim;
}

struct Memory {
    size_t bytes;
    unsigned char* at;

    explicit Memory(int size) : bytes((size_t)size), at((unsigned char*)std::malloc((bytes + 3) / 4 * 4)) {
        std::memset(at, 0xA5, (bytes + 3) / 4 * 4);
    }

    Memory(const Memory&) = delete;

    ~Memory() {
        std::free(at);
    }

    Memory& fill() {
        read(at, bytes);
        return *this;
    }

    void write() const {
        std::fwrite(at, 1, bytes, stdout);
    }
};

void image(dim3 grid, dim3 block) {
    Memory job(readInt()), pixels(readInt()), tensor(readInt());
    Input input;
    read(&input, sizeof input);
    job.fill();
    pixels.fill();
    ((Job*)job.at)->pixels = (wide)pixels.at;
    launchOnCpu(grid, block, [&] { derm_image((const Job*)job.at, tensor.at, input); });
    tensor.write();
}

void rows(dim3 grid, dim3 block) {
    Memory scores(readInt()), companion(readInt()), records(readInt());
    RowJob job;
    read(&job, sizeof job);
    scores.fill();
    companion.fill();
    int counter = 0;
    job.scores = scores.at;
    job.companion = companion.at;
    job.counter = &counter;
    job.records = (float*)records.at;
    launchOnCpu(grid, block, [&] { derm_rows(job); });
    std::fwrite(&counter, sizeof counter, 1, stdout);
    records.write();
}

void widen(dim3 grid, dim3 block) {
    const int n = readInt();
    Memory halves(2 * n), floats(4 * n);
    halves.fill();
    launchOnCpu(grid, block, [&] { derm_widen((const unsigned short*)halves.at, (float*)floats.at, n); });
    floats.write();
}

}  // namespace

int main() {
    int kernel;
    while (std::fread(&kernel, sizeof kernel, 1, stdin) == 1) {
        const dim3 grid = readDim();
        const dim3 block = readDim();
        switch (kernel) {
            case 0: image(grid, block); break;
            case 1: rows(grid, block); break;
            case 2: widen(grid, block); break;
            default: std::fputs("No such kernel\n", stderr); return 1;
        }
        std::fflush(stdout);
    }
    return 0;
}
