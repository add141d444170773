package dev.rpn.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/** Gradients pass where the forward value is above 0. */
final class ReluGradient {
  private ReluGradient() {}

  /**
   * Copies gradients, or 0 where the forward value at their place is not above 0.
   *
   * @param offset in bytes, of the result and of the forward values
   * @param count values
   */
  static void copy(
      MemorySegment gradient,
      long gradientOffset,
      MemorySegment forward,
      MemorySegment to,
      long offset,
      int count) {
    for (int i = 0; i < count; i++) {
      long at = (long) i * Float.BYTES;
      // Bits, because C2 selects integers without a branch, but not floats.
      int bits = gradient.get(JAVA_INT, gradientOffset + at);
      to.set(JAVA_INT, offset + at, forward.get(JAVA_FLOAT, offset + at) > 0 ? bits : 0);
    }
  }
}
