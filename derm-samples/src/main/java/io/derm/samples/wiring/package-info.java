/**
 * How the parts of an exam are put together by Guice: one small module a part, so that an application replaces one by binding another.
 * A part that holds memory or a device is made once, when it is first asked for, and closed by whoever asked.
 */
@NullMarked
package io.derm.samples.wiring;

import org.jspecify.annotations.NullMarked;
