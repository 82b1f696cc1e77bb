/**
 * ONNX models as data: read, inspected, changed and written without running them, and darknet networks brought into that form.
 * Models are immutable; what changes one returns another. Sees only derm-api and the protobuf classes of ONNX.
 */
@NullMarked
package io.derm.onnx;

import org.jspecify.annotations.NullMarked;
