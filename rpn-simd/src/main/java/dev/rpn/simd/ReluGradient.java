package dev.rpn.simd;

import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.ORDER;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Gradients pass where the forward output is above 0. */
final class ReluGradient {
  private ReluGradient() {}

  /** Writes so many gradients, 0 where the output is not above 0; may be in place. */
  static void run(
      MemorySegment gradient,
      long gradientOffset,
      MemorySegment output,
      long outputOffset,
      MemorySegment to,
      long toOffset,
      long count) {
    FloatVector zero = FloatVector.zero(FLOAT);
    long whole = count - count % LANES;
    for (long i = 0; i < whole; i += LANES) {
      long at = i * Float.BYTES;
      FloatVector y = FloatVector.fromMemorySegment(FLOAT, output, outputOffset + at, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(FLOAT, gradient, gradientOffset + at, ORDER);
      zero.blend(g, y.compare(VectorOperators.GT, 0f)).intoMemorySegment(to, toOffset + at, ORDER);
    }
    for (long i = whole; i < count; i++) {
      long at = i * Float.BYTES;
      float g = gradient.get(JAVA_FLOAT, gradientOffset + at);
      to.set(JAVA_FLOAT, toOffset + at, output.get(JAVA_FLOAT, outputOffset + at) > 0 ? g : 0);
    }
  }
}
