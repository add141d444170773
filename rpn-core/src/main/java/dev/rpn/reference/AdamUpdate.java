package dev.rpn.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.TrainingKernels.AdamStep;
import java.lang.foreign.MemorySegment;

/** One Adam update; every operation rounds, none is fused. */
final class AdamUpdate {
  private AdamUpdate() {}

  /** Updates values {@code first} to {@code end - 1}. */
  static void run(
      AdamStep step,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment means,
      MemorySegment squares,
      long first,
      long end) {
    for (long i = first; i < end; i++) {
      float g = gradients.getAtIndex(JAVA_FLOAT, i);
      float m = means.getAtIndex(JAVA_FLOAT, i);
      m += (g - m) * step.rate1();
      means.setAtIndex(JAVA_FLOAT, i, m);
      float v = squares.getAtIndex(JAVA_FLOAT, i);
      v += (g * g - v) * step.rate2();
      squares.setAtIndex(JAVA_FLOAT, i, v);
      float root = (float) Math.sqrt(v) * step.gamma() + step.epsilon();
      float w = weights.getAtIndex(JAVA_FLOAT, i);
      weights.setAtIndex(JAVA_FLOAT, i, w * step.keep() - m * step.alpha() / root);
    }
  }
}
