/**
 * What the numbers of a YOLO model mean: recognises how its outputs are laid out, decodes them into boxes, suppresses
 * duplicates and maps what is left to pixels of the frame. Sees only derm-api; a runtime is handed in.
 */
@NullMarked
package io.derm.yolo;

import org.jspecify.annotations.NullMarked;
