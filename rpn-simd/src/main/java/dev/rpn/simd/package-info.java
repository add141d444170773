/** The kernel contract with the Vector API. */
@NullMarked
package dev.rpn.simd;

import org.jspecify.annotations.NullMarked;
