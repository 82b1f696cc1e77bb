/**
 * Frames, boxes, detections and assessments, and the interfaces that produce them. Everything else in derm depends on
 * this package and this package depends on nothing. No parameter, return value or field is null unless it says so.
 */
@NullMarked
package io.derm.api;

import org.jspecify.annotations.NullMarked;
