package dev.rpn.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The k largest logits of one level, by radix selection: three counting passes find the k-th
 * largest, one more collects. Of equal logits the first ones are taken.
 */
final class TopLogits {
  /** Key of an anchor that can't be chosen; below the key of every finite float. */
  private static final int EXCLUDED = Integer.MIN_VALUE;

  private static final int BINS = 1 << 11;

  private final int[] histogram = new int[BINS];
  private int[] keys = {};
  private int count;
  private int eligible;

  static long bytes(long largestLevel) {
    return (BINS + largestLevel) * Integer.BYTES;
  }

  void reserve(int largestLevel) {
    if (keys.length < largestLevel) {
      keys = new int[largestLevel];
    }
  }

  /**
   * Reads a level's logits.
   *
   * @return how many are NaN or infinite and therefore excluded
   */
  int load(MemorySegment logits, long first, int newCount) {
    count = newCount;
    int[] local = keys;
    int finite = 0;
    for (int i = 0; i < newCount; i++) {
      // Adding 0 makes -0 a 0: the two are a tie.
      float logit = logits.getAtIndex(ValueLayout.JAVA_FLOAT, first + i) + 0f;
      boolean usable = Math.abs(logit) <= Float.MAX_VALUE;
      local[i] = usable ? key(logit) : EXCLUDED;
      finite += usable ? 1 : 0;
    }
    eligible = finite;
    return newCount - finite;
  }

  /** An int that orders as the float does. */
  static int key(float value) {
    int bits = Float.floatToRawIntBits(value);
    return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
  }

  boolean excluded(int index) {
    return keys[index] == EXCLUDED;
  }

  void exclude(int index) {
    keys[index] = EXCLUDED;
    eligible--;
  }

  /**
   * Collects the indices of the k largest, ascending.
   *
   * @return how many: fewer than k where fewer are eligible
   */
  int select(int k, int[] chosen) {
    int least = EXCLUDED + 1;
    int ties = 0;
    if (k < eligible) {
      int wanted = k;
      int prefix = 0;
      int mask = 0;
      for (int shift = 21; shift >= 0; shift = shift == 21 ? 10 : shift - 10) {
        int bins = shift == 0 ? 1 << 10 : BINS;
        countDigits(prefix, mask, shift, bins - 1);
        int bin = bins - 1;
        while (histogram[bin] < wanted) {
          wanted -= histogram[bin--];
        }
        prefix |= bin << shift;
        mask |= (bins - 1) << shift;
      }
      least = prefix ^ Integer.MIN_VALUE;
      ties = wanted;
    } else {
      ties = eligible;
    }
    return collect(least, ties, chosen);
  }

  /** Counts a digit of the keys that begin with the prefix. */
  private void countDigits(int prefix, int mask, int shift, int digit) {
    int[] local = keys;
    int[] bins = histogram;
    Arrays.fill(bins, 0);
    for (int i = 0; i < count; i++) {
      int unsigned = local[i] ^ Integer.MIN_VALUE;
      if ((unsigned & mask) == prefix) {
        bins[(unsigned >>> shift) & digit]++;
      }
    }
  }

  /** All above the least, and the first of those equal to it. */
  private int collect(int least, int ties, int[] chosen) {
    int[] local = keys;
    int left = ties;
    int n = 0;
    for (int i = 0; i < count; i++) {
      int key = local[i];
      if (key > least || (key == least && left-- > 0)) {
        chosen[n++] = i;
      }
    }
    return n;
  }
}
