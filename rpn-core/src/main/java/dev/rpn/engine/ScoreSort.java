package dev.rpn.engine;

import java.util.Arrays;

/**
 * Orders candidates by score, best first, equal scores in the candidates' own order: a stable radix
 * sort of their numbers.
 */
final class ScoreSort {
  private static final int BINS = 1 << 11;
  private static final int PASSES = 3;

  private final int[] starts = new int[BINS];
  private int[] keys = {};
  private int[] order = {};
  private int[] spare = {};

  static long bytes(long candidates) {
    return (BINS + 3 * candidates) * Integer.BYTES;
  }

  void reserve(int candidates) {
    if (keys.length < candidates) {
      keys = new int[candidates];
      order = new int[candidates];
      spare = new int[candidates];
    }
  }

  /**
   * Sorts.
   *
   * @param scores finite
   * @return the numbers of the candidates, best first; valid until the next call
   */
  int[] sort(float[] scores, int count) {
    for (int i = 0; i < count; i++) {
      // Ascending as unsigned: the larger the score, the smaller the key.
      keys[i] = TopLogits.key(scores[i] + 0f) ^ Integer.MAX_VALUE;
      order[i] = i;
    }
    for (int pass = 0; pass < PASSES; pass++) {
      distribute(count, 11 * pass);
      int[] sorted = spare;
      spare = order;
      order = sorted;
    }
    return order;
  }

  private void distribute(int count, int shift) {
    int[] from = order;
    int[] to = spare;
    int[] next = starts;
    Arrays.fill(next, 0);
    for (int i = 0; i < count; i++) {
      next[(keys[i] >>> shift) & (BINS - 1)]++;
    }
    int start = 0;
    for (int bin = 0; bin < BINS; bin++) {
      int size = next[bin];
      next[bin] = start;
      start += size;
    }
    for (int i = 0; i < count; i++) {
      int candidate = from[i];
      to[next[(keys[candidate] >>> shift) & (BINS - 1)]++] = candidate;
    }
  }
}
