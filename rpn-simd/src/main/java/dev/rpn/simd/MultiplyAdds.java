package dev.rpn.simd;

import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.multiplyAdd;

import jdk.incubator.vector.FloatVector;

/** What the multiply-add units reach with nothing in their way. */
final class MultiplyAdds {
  private static final int STEPS = 1000;
  private static final int CHAINS = 12;

  /** Results go where the compiler must assume that they are read. */
  static volatile float sink;

  private MultiplyAdds() {}

  /** Twelve independent chains: more than latency times units, and 16 registers hold them. */
  static long run(long rounds) {
    float result = 0;
    for (long round = 0; round < rounds; round++) {
      result += round();
    }
    sink = result;
    return rounds * STEPS * CHAINS * LANES;
  }

  /**
   * Its vectors are its own: a sum that began as an argument would be allocated in every step. And
   * it is longer than C2 inlines (325 bytes): as a part of a caller's loop, once that is compiled,
   * the same steps run at half the speed.
   */
  private static float round() {
    FloatVector a = FloatVector.broadcast(FLOAT, 0.5f);
    FloatVector b = FloatVector.broadcast(FLOAT, 0.25f);
    FloatVector s0 = a;
    FloatVector s1 = a;
    FloatVector s2 = a;
    FloatVector s3 = a;
    FloatVector s4 = a;
    FloatVector s5 = a;
    FloatVector s6 = a;
    FloatVector s7 = a;
    FloatVector s8 = a;
    FloatVector s9 = a;
    FloatVector s10 = a;
    FloatVector s11 = a;
    for (int i = 0; i < STEPS; i += 2) {
      s0 = multiplyAdd(a, b, s0);
      s1 = multiplyAdd(a, b, s1);
      s2 = multiplyAdd(a, b, s2);
      s3 = multiplyAdd(a, b, s3);
      s4 = multiplyAdd(a, b, s4);
      s5 = multiplyAdd(a, b, s5);
      s6 = multiplyAdd(a, b, s6);
      s7 = multiplyAdd(a, b, s7);
      s8 = multiplyAdd(a, b, s8);
      s9 = multiplyAdd(a, b, s9);
      s10 = multiplyAdd(a, b, s10);
      s11 = multiplyAdd(a, b, s11);
      s0 = multiplyAdd(a, b, s0);
      s1 = multiplyAdd(a, b, s1);
      s2 = multiplyAdd(a, b, s2);
      s3 = multiplyAdd(a, b, s3);
      s4 = multiplyAdd(a, b, s4);
      s5 = multiplyAdd(a, b, s5);
      s6 = multiplyAdd(a, b, s6);
      s7 = multiplyAdd(a, b, s7);
      s8 = multiplyAdd(a, b, s8);
      s9 = multiplyAdd(a, b, s9);
      s10 = multiplyAdd(a, b, s10);
      s11 = multiplyAdd(a, b, s11);
    }
    return s0.add(s1)
        .add(s2)
        .add(s3)
        .add(s4)
        .add(s5)
        .add(s6)
        .add(s7)
        .add(s8)
        .add(s9)
        .add(s10)
        .add(s11)
        .lane(0);
  }
}
