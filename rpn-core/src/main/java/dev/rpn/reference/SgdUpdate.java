package dev.rpn.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.TrainingKernels.SgdStep;
import java.lang.foreign.MemorySegment;

/** One update of gradient descent with momentum; every operation rounds, none is fused. */
final class SgdUpdate {
  private SgdUpdate() {}

  /** Updates values {@code first} to {@code end - 1}. */
  static void run(
      SgdStep step,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment velocities,
      long first,
      long end) {
    for (long i = first; i < end; i++) {
      float w = weights.getAtIndex(JAVA_FLOAT, i);
      float g = gradients.getAtIndex(JAVA_FLOAT, i) + w * step.decay();
      float v = velocities.getAtIndex(JAVA_FLOAT, i) * step.momentum() + g;
      velocities.setAtIndex(JAVA_FLOAT, i, v);
      weights.setAtIndex(JAVA_FLOAT, i, w - v * step.rate());
    }
  }
}
