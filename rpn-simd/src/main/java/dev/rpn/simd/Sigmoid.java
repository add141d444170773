package dev.rpn.simd;

import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.ORDER;
import static dev.rpn.simd.Species.multiplyAdd;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.SigmoidPolynomial;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** The logistic function by {@link SigmoidPolynomial}, in its order of operations. */
final class Sigmoid {
  private Sigmoid() {}

  static void run(MemorySegment logits, MemorySegment probabilities, long first, long count) {
    long end = first + count;
    long i = first;
    for (; i + LANES <= end; i += LANES) {
      vector(logits, probabilities, i * Float.BYTES);
    }
    for (; i < end; i++) {
      float x = logits.getAtIndex(JAVA_FLOAT, i);
      probabilities.setAtIndex(JAVA_FLOAT, i, SigmoidPolynomial.sigmoid(x));
    }
  }

  private static void vector(MemorySegment logits, MemorySegment probabilities, long at) {
    FloatVector x = FloatVector.fromMemorySegment(FLOAT, logits, at, ORDER);
    FloatVector y = x.neg().min(SigmoidPolynomial.LIMIT).max(-SigmoidPolynomial.LIMIT);
    FloatVector n =
        y.mul(SigmoidPolynomial.LOG2E).add(SigmoidPolynomial.ROUND).sub(SigmoidPolynomial.ROUND);
    FloatVector r = multiplyAdd(n, splat(-SigmoidPolynomial.LN2_HIGH), y);
    r = multiplyAdd(n, splat(-SigmoidPolynomial.LN2_LOW), r);
    FloatVector p = multiplyAdd(r, splat(SigmoidPolynomial.C5), splat(SigmoidPolynomial.C4));
    p = multiplyAdd(r, p, splat(SigmoidPolynomial.C3));
    p = multiplyAdd(r, p, splat(SigmoidPolynomial.C2));
    p = multiplyAdd(r, p, splat(SigmoidPolynomial.C1));
    p = multiplyAdd(r, p, splat(SigmoidPolynomial.C0));
    p = multiplyAdd(r.mul(r), p, r).add(1f);
    IntVector exponent = (IntVector) n.convertShape(VectorOperators.F2I, Species.INT, 0);
    FloatVector power = exponent.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    splat(1f).div(p.mul(power).add(1f)).intoMemorySegment(probabilities, at, ORDER);
  }

  private static FloatVector splat(float value) {
    return FloatVector.broadcast(FLOAT, value);
  }
}
