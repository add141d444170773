package dev.rpn.simd;

import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.ORDER;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.TrainingKernels.SgdStep;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

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
    FloatVector rate = FloatVector.broadcast(FLOAT, step.rate());
    FloatVector momentum = FloatVector.broadcast(FLOAT, step.momentum());
    FloatVector decay = FloatVector.broadcast(FLOAT, step.decay());
    long whole = end - (end - first) % LANES;
    for (long i = first; i < whole; i += LANES) {
      long at = i * Float.BYTES;
      FloatVector w = FloatVector.fromMemorySegment(FLOAT, weights, at, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(FLOAT, gradients, at, ORDER).add(w.mul(decay));
      FloatVector v = FloatVector.fromMemorySegment(FLOAT, velocities, at, ORDER);
      v = v.mul(momentum).add(g);
      v.intoMemorySegment(velocities, at, ORDER);
      w.sub(v.mul(rate)).intoMemorySegment(weights, at, ORDER);
    }
    for (long i = whole; i < end; i++) {
      float w = weights.getAtIndex(JAVA_FLOAT, i);
      float g = gradients.getAtIndex(JAVA_FLOAT, i) + w * step.decay();
      float v = velocities.getAtIndex(JAVA_FLOAT, i) * step.momentum() + g;
      velocities.setAtIndex(JAVA_FLOAT, i, v);
      weights.setAtIndex(JAVA_FLOAT, i, w - v * step.rate());
    }
  }
}
