/**
 * ONNX Runtime on the CPU: pixels to tensors to numbers with buffers that are made once and kept. Found by ServiceLoader;
 * users name {@code onnxruntime}, not these classes.
 */
@NullMarked
package io.derm.ort;

import org.jspecify.annotations.NullMarked;
