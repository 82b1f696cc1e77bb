/**
 * Benchmarks: JMH's, each of which times derm beside the least that the same work can cost, and exams of cameras at their own pace. Results
 * are checked before anything is timed.
 */
@NullMarked
package io.derm.bench;

import org.jspecify.annotations.NullMarked;
