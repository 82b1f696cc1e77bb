#include "emulator.h"
namespace emulator {
void resetTensorRt() {}
}
