/**
 * The contract between the model and the arithmetic, and the one place that chooses an
 * implementation.
 */
@NullMarked
package dev.rpn.kernel;

import org.jspecify.annotations.NullMarked;
