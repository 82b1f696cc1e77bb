/**
 * Frames out of video files, streams, images and folders, and recordings and stills back to disk. FFmpeg does the work,
 * called directly: a picture goes from its decoder into the leased frame with no copy on the Java heap.
 */
@NullMarked
package io.derm.capture;

import org.jspecify.annotations.NullMarked;
