package dev.rpn.engine;

import dev.rpn.anchor.IoU;
import java.util.Arrays;

/**
 * Greedy non-maximum suppression, level by level: boxes come best first, and one stays unless its
 * IoU with one that stayed before is above the threshold.
 *
 * <p>The decision is that of {@link IoU#of}: a float32 quotient compared with a float64 threshold.
 * Dividing for every pair would cost most of the time, so blocks of pairs are screened first: with
 * areas a and b and intersection i, {@code i / (a + b - i) > t} is {@code i > t / (1 + t) (a + b)}.
 * The screen uses a slightly smaller factor than that, by far more than rounding can move either
 * side, so a pair that it lets go is surely below the threshold; the others are divided.
 */
final class Suppression {
  /** Relative: about 80 times the rounding of both forms together. */
  private static final double MARGIN = 1e-5;

  /** Areas so small that float32 loses relative precision are always divided. */
  private static final float TINY = 1e-30f;

  /** Kept boxes screened at once. */
  private static final int BLOCK = 64;

  private float[] x1 = {};
  private float[] y1 = {};
  private float[] x2 = {};
  private float[] y2 = {};
  private float[] areas = {};
  private int[] kept = {};
  private int capacity;
  private double threshold;
  private float factor;
  private float pixelOffset;

  static long bytes(long levels, long capacity) {
    return levels * (1 + 5 * capacity) * Float.BYTES;
  }

  void reserve(int levels, int newCapacity) {
    int rows = Math.multiplyExact(levels, newCapacity);
    if (x1.length < rows) {
      x1 = new float[rows];
      y1 = new float[rows];
      x2 = new float[rows];
      y2 = new float[rows];
      areas = new float[rows];
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
    factor = (float) (newThreshold / (1 + newThreshold) * (1 - MARGIN));
    Arrays.fill(kept, 0);
  }

  /**
   * Offers the next best box.
   *
   * @return whether it stays
   */
  boolean keep(int level, float left, float top, float right, float bottom) {
    int first = level * capacity;
    int end = first + kept[level];
    float area = (right - left + pixelOffset) * (bottom - top + pixelOffset);
    for (int block = first; block < end; block += BLOCK) {
      int blockEnd = Math.min(block + BLOCK, end);
      if (mayOverlap(block, blockEnd, left, top, right, bottom, area)
          && overlaps(block, blockEnd, left, top, right, bottom)) {
        return false;
      }
    }
    x1[end] = left;
    y1[end] = top;
    x2[end] = right;
    y2[end] = bottom;
    areas[end] = area;
    kept[level]++;
    return true;
  }

  /** Plain loop over arrays without a branch, so that the compiler vectorises it. */
  private boolean mayOverlap(
      int from, int to, float left, float top, float right, float bottom, float area) {
    float[] lefts = x1;
    float[] tops = y1;
    float[] rights = x2;
    float[] bottoms = y2;
    float[] sizes = areas;
    float offset = pixelOffset;
    float scale = factor;
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      float width = Math.min(right, rights[i]) - Math.max(left, lefts[i]) + offset;
      float height = Math.min(bottom, bottoms[i]) - Math.max(top, tops[i]) + offset;
      float intersection = Math.max(0, width) * Math.max(0, height);
      largest = Math.max(largest, intersection - scale * (area + sizes[i]));
    }
    return largest > -TINY;
  }

  private boolean overlaps(int from, int to, float left, float top, float right, float bottom) {
    for (int i = from; i < to; i++) {
      float iou = IoU.of(x1[i], y1[i], x2[i], y2[i], left, top, right, bottom, pixelOffset);
      if (iou > threshold) {
        return true;
      }
    }
    return false;
  }
}
