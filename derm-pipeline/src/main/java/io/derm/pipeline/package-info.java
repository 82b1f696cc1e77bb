/**
 * The exam loop: frames are captured, searched and assessed by stages that overlap, and a lesion's sightings are joined
 * into one lesion. It sees only the interfaces of derm-api, whatever stands behind them.
 */
@NullMarked
package io.derm.pipeline;

import org.jspecify.annotations.NullMarked;
