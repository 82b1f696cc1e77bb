/**
 * Procedural skin with exact ground truth: still scenes, data sets and camera clips, every one a pure function of
 * its seed. Nothing here is, or is derived from, an image of a person.
 * Coordinates are pixels of the rendered frame, y down; colours are CIELAB under D65 until the camera sees them.
 */
@NullMarked
package io.derm.phantom;

import org.jspecify.annotations.NullMarked;
