package io.derm.pipeline;

import io.derm.api.Assessment;
import io.derm.api.Detection;

/**
 * One lesion in one frame. Immutable.
 *
 * @param lesion number of the lesion, the same in every frame that shows it, from 1
 * @param detection where it is
 * @param assessment what it looks like in this frame alone
 */
public record Sighting(int lesion, Detection detection, Assessment assessment) {}
