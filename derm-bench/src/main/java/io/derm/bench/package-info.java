/**
 * JMH benchmarks. Each times derm beside the least that the same work can cost (a bare run of the runtime), in one process, on
 * results that were checked first.
 */
@NullMarked
package io.derm.bench;

import org.jspecify.annotations.NullMarked;
