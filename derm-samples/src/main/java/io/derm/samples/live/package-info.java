/**
 * The server behind the page for the person at the device: it shows an exam to many viewers and hands on what they press. What an exam
 * is it does not know; that comes to it as {@link io.derm.samples.live.Controls}.
 */
@NullMarked
package io.derm.samples.live;

import org.jspecify.annotations.NullMarked;
