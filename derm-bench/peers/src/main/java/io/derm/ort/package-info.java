/** What measuring derm's own stages needs of its runtime's inside. */
@NullMarked
package io.derm.ort;

import org.jspecify.annotations.NullMarked;
