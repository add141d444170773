package dev.rpn.reference;

import dev.rpn.kernel.Fma;
import java.util.Arrays;

/** As many multiply-adds as the compiler's own vectorisation reaches, all in the L1 cache. */
final class MultiplyAdds {
  /** 16 KB: enough independent chains to hide the latency, half of a small L1 cache. */
  private static final int CHAINS = 4096;

  private MultiplyAdds() {}

  /** Does {@code rounds * 8 * CHAINS} of them and returns how many. */
  static long run(long rounds) {
    float[] values = new float[CHAINS];
    // Converge to 1: no subnormal number, which some processors are slow at.
    Arrays.fill(values, 0.5f);
    for (long round = 0; round < rounds; round++) {
      round(values, 0.75f, 0.25f);
    }
    float sum = 0;
    for (float value : values) {
      sum += value;
    }
    // The result must matter, or the compiler drops the work.
    return Float.isNaN(sum) ? 0 : rounds * 8 * CHAINS;
  }

  private static void round(float[] values, float a, float b) {
    for (int i = 0; i < values.length; i++) {
      float v = values[i];
      v = Fma.of(v, a, b);
      v = Fma.of(v, a, b);
      v = Fma.of(v, a, b);
      v = Fma.of(v, a, b);
      v = Fma.of(v, a, b);
      v = Fma.of(v, a, b);
      v = Fma.of(v, a, b);
      v = Fma.of(v, a, b);
      values[i] = v;
    }
  }
}
