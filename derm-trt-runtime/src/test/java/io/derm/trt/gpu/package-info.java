/** Tests that need a GPU: contract suites on TensorRT, and what runs them from jars. They skip, with the reason, where there is none. */
package io.derm.trt.gpu;
