package dev.rpn.train;

/**
 * Random numbers without a state: each is a function of the seed and of where it is used, so that
 * it does not matter which thread asks, in which order, or after which restart. The mixing is
 * SplitMix64's (Steele, Lea and Flood, 2014).
 */
final class CounterRandom {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private CounterRandom() {}

  /** The start of a sequence of its own for a place named by three numbers. */
  static long key(long seed, long a, long b) {
    return mix(mix(mix(seed + GOLDEN) + a * GOLDEN + 1) + b * GOLDEN + 2);
  }

  /**
   * A number from 0 to less than the bound.
   *
   * @param key see {@link #key}
   * @param index which of the sequence
   * @param bound above 0
   */
  static int below(long key, long index, int bound) {
    return (int) Math.unsignedMultiplyHigh(mix(key + (index + 1) * GOLDEN), bound);
  }

  /** The numbers below {@code values.length} in a random order. */
  static void permutation(long key, int[] values) {
    for (int i = 0; i < values.length; i++) {
      int j = below(key, i, i + 1);
      values[i] = values[j];
      values[j] = i;
    }
  }

  private static long mix(long value) {
    long z = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
