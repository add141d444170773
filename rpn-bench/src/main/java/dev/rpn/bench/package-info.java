/** Benchmarks: each stage and the whole head, scalar against SIMD, and the machine's ceilings. */
@NullMarked
package dev.rpn.bench;

import org.jspecify.annotations.NullMarked;
