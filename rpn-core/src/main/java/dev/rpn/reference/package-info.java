/** The plain-Java kernels, and the direct convolution that judges every other. */
@NullMarked
package dev.rpn.reference;

import org.jspecify.annotations.NullMarked;
