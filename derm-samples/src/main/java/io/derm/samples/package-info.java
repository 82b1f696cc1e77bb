/**
 * The {@code derm} command: exam, detect, classify, phantom, evaluate, doctor. Guice composes the parts here and in the package
 * wiring and nowhere else; every class below this one has a plain constructor.
 */
@NullMarked
package io.derm.samples;

import org.jspecify.annotations.NullMarked;
