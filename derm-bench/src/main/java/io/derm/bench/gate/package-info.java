/**
 * The latency gate: holds a detector, a classifier and a runtime, derm's own or another's, to the limits of a baseline file, and says pass,
 * fail or inconclusive in a way that a noisy machine does not change.
 */
@NullMarked
package io.derm.bench.gate;

import org.jspecify.annotations.NullMarked;
