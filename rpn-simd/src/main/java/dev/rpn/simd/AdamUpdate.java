package dev.rpn.simd;

import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.ORDER;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.TrainingKernels.AdamStep;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

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
    FloatVector alpha = FloatVector.broadcast(FLOAT, step.alpha());
    FloatVector gamma = FloatVector.broadcast(FLOAT, step.gamma());
    FloatVector epsilon = FloatVector.broadcast(FLOAT, step.epsilon());
    FloatVector rate1 = FloatVector.broadcast(FLOAT, step.rate1());
    FloatVector rate2 = FloatVector.broadcast(FLOAT, step.rate2());
    FloatVector keep = FloatVector.broadcast(FLOAT, step.keep());
    long whole = end - (end - first) % LANES;
    for (long i = first; i < whole; i += LANES) {
      long at = i * Float.BYTES;
      FloatVector g = FloatVector.fromMemorySegment(FLOAT, gradients, at, ORDER);
      FloatVector m = FloatVector.fromMemorySegment(FLOAT, means, at, ORDER);
      m = m.add(g.sub(m).mul(rate1));
      m.intoMemorySegment(means, at, ORDER);
      FloatVector v = FloatVector.fromMemorySegment(FLOAT, squares, at, ORDER);
      v = v.add(g.mul(g).sub(v).mul(rate2));
      v.intoMemorySegment(squares, at, ORDER);
      FloatVector root = v.sqrt().mul(gamma).add(epsilon);
      FloatVector w = FloatVector.fromMemorySegment(FLOAT, weights, at, ORDER);
      w.mul(keep).sub(m.mul(alpha).div(root)).intoMemorySegment(weights, at, ORDER);
    }
    for (long i = whole; i < end; i++) {
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
