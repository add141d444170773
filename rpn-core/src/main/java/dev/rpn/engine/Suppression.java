package dev.rpn.engine;

import dev.rpn.anchor.IoU;
import java.util.Arrays;

/**
 * Greedy non-maximum suppression, level by level: boxes come best first, and one stays unless its
 * IoU with one that stayed before is above the threshold.
 *
 * <p>The decision is that of {@link IoU#of}: a float32 quotient compared with a float64 threshold.
 * Computing it for every pair would take most of the time, so blocks of pairs are screened first.
 * The IoU of two boxes is at most that of their extents in x, and in y. Two extents of widths a and
 * b whose ends are d and e apart share {@code (a + b - d - e) / 2}, so their IoU is above t just
 * where {@code d + e < (1 - t) / (1 + t) (a + b)}. A pair that misses that in x or in y by more
 * than rounding can explain is surely below the threshold; the few others are computed.
 */
final class Suppression {
  /** Many times the rounding of both forms together, in parts of {@code a + b}. */
  private static final double MARGIN = 1e-5;

  /** Below this area float32 loses relative precision: such boxes are never screened. */
  private static final float TINY = 1e-30f;

  /** Kept boxes screened at once: enough for full vectors, few enough to stop early. */
  private static final int BLOCK = 128;

  // The kept boxes, a row of each array a level.
  private float[] x1 = {};
  private float[] y1 = {};
  private float[] x2 = {};
  private float[] y2 = {};

  /** How far apart the ends in x may be, this box's part of it. */
  private float[] reachX = {};

  private float[] reachY = {};
  private int[] kept = {};
  private int capacity;
  private double threshold;
  private float pixelOffset;

  static long bytes(long levels, long capacity) {
    return levels * (1 + 6 * capacity) * Float.BYTES;
  }

  void reserve(int levels, int newCapacity) {
    int rows = Math.multiplyExact(levels, newCapacity);
    if (x1.length < rows) {
      x1 = new float[rows];
      y1 = new float[rows];
      x2 = new float[rows];
      y2 = new float[rows];
      reachX = new float[rows];
      reachY = new float[rows];
    }
    if (kept.length < levels) {
      kept = new int[levels];
    }
    capacity = newCapacity;
  }

  /** Forgets all boxes. */
  void reset(double newThreshold, float newPixelOffset) {
    threshold = newThreshold;
    pixelOffset = newPixelOffset;
    Arrays.fill(kept, 0);
  }

  /**
   * Offers the next best box; its coordinates are finite and it is not inverted.
   *
   * @return whether it stays
   */
  boolean keep(int level, float left, float top, float right, float bottom) {
    float width = right - left + pixelOffset;
    float height = bottom - top + pixelOffset;
    boolean tiny = width * height < TINY;
    float factor = (float) ((1 - threshold) / (1 + threshold) + MARGIN);
    float alongX = tiny ? Float.POSITIVE_INFINITY : factor * width;
    float alongY = tiny ? Float.POSITIVE_INFINITY : factor * height;
    int first = level * capacity;
    int end = first + kept[level];
    for (int block = first; block < end; block += BLOCK) {
      int blockEnd = Math.min(block + BLOCK, end);
      if (anyNear(block, blockEnd, left, top, right, bottom, alongX, alongY)
          && anyAbove(block, blockEnd, left, top, right, bottom, alongX, alongY)) {
        return false;
      }
    }
    x1[end] = left;
    y1[end] = top;
    x2[end] = right;
    y2[end] = bottom;
    reachX[end] = alongX;
    reachY[end] = alongY;
    kept[level]++;
    return true;
  }

  /** The screen, without a branch, so that the compiler vectorises it. */
  private boolean anyNear(
      int from,
      int to,
      float left,
      float top,
      float right,
      float bottom,
      float alongX,
      float alongY) {
    float[] lefts = x1;
    float[] tops = y1;
    float[] rights = x2;
    float[] bottoms = y2;
    float[] reachesX = reachX;
    float[] reachesY = reachY;
    float least = Float.POSITIVE_INFINITY;
    for (int i = from; i < to; i++) {
      float apartX = Math.abs(left - lefts[i]) + Math.abs(right - rights[i]);
      float apartY = Math.abs(top - tops[i]) + Math.abs(bottom - bottoms[i]);
      float excess = Math.max(apartX - (alongX + reachesX[i]), apartY - (alongY + reachesY[i]));
      least = Math.min(least, excess);
    }
    return least <= 0;
  }

  private boolean anyAbove(
      int from,
      int to,
      float left,
      float top,
      float right,
      float bottom,
      float alongX,
      float alongY) {
    for (int i = from; i < to; i++) {
      if (Math.abs(left - x1[i]) + Math.abs(right - x2[i]) <= alongX + reachX[i]
          && Math.abs(top - y1[i]) + Math.abs(bottom - y2[i]) <= alongY + reachY[i]
          && IoU.of(x1[i], y1[i], x2[i], y2[i], left, top, right, bottom, pixelOffset)
              > threshold) {
        return true;
      }
    }
    return false;
  }
}
