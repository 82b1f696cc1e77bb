/**
 * derm beside other libraries: the same exam of the same frames with the same models, each in a process of its own, in turns. Answers are
 * compared first, times after.
 */
@NullMarked
package io.derm.bench.peers;

import org.jspecify.annotations.NullMarked;
