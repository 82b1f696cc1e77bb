/**
 * TensorRT on NVIDIA GPUs: engines built from ONNX and kept, the frame uploaded once and cut into input tensors there, and only
 * what callers read copied back.
 */
@NullMarked
package io.derm.trt;

import org.jspecify.annotations.NullMarked;
