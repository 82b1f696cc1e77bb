/**
 * The demo weights: a lesion detector and a lesion classifier trained on phantoms, each with its model card. They show what
 * the SDK does with models; they are for research only and no medical device.
 */
@NullMarked
package io.derm.models;

import org.jspecify.annotations.NullMarked;
