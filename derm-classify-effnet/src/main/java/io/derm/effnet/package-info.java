/**
 * What the numbers of an EfficientNet classifier mean: how the model is fed, which of its classes count as benign, unknown
 * or melanoma, calibration, and when to abstain. Sees only derm-api; a runtime is handed in.
 */
@NullMarked
package io.derm.effnet;

import org.jspecify.annotations.NullMarked;
