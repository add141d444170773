/** Losses: value and gradient, with the normaliser that each system divides by. */
@NullMarked
package dev.rpn.loss;

import org.jspecify.annotations.NullMarked;
