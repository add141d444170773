package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.ORDER;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Vectors of channels where the last may be short: what lies behind it is another's. */
final class Lanes {
  /** The longer a sum, the less accurate. */
  private static final int CHAIN = 1024;

  private Lanes() {}

  /**
   * Copies one vector of each of some positions; lanes behind the last channel become 0.
   *
   * @param stride bytes between positions in {@code from}
   * @param channels left at the first lane; none where not positive
   * @param step bytes between positions in {@code to}
   */
  static void copy(
      MemorySegment from,
      long fromOffset,
      long stride,
      int channels,
      MemorySegment to,
      long toOffset,
      long step,
      int positions) {
    if (channels >= LANES && stride == BYTES && step == BYTES) {
      MemorySegment.copy(from, fromOffset, to, toOffset, positions * BYTES);
      return;
    }
    if (channels >= LANES) {
      for (int p = 0; p < positions; p++) {
        FloatVector.fromMemorySegment(FLOAT, from, fromOffset + p * stride, ORDER)
            .intoMemorySegment(to, toOffset + p * step, ORDER);
      }
      return;
    }
    FloatVector zero = FloatVector.zero(FLOAT);
    VectorMask<Float> behind = FLOAT.indexInRange(0, channels).not();
    long last = from.byteSize() - BYTES;
    int p = 0;
    for (; p < positions && fromOffset + p * stride <= last; p++) {
      FloatVector.fromMemorySegment(FLOAT, from, fromOffset + p * stride, ORDER)
          .blend(zero, behind)
          .intoMemorySegment(to, toOffset + p * step, ORDER);
    }
    // Of the last of a map a whole vector can't be read.
    for (; p < positions; p++) {
      zero.intoMemorySegment(to, toOffset + p * step, ORDER);
      for (int c = 0; c < channels; c++) {
        long lane = (long) c * Float.BYTES;
        to.set(
            JAVA_FLOAT,
            toOffset + p * step + lane,
            from.get(JAVA_FLOAT, fromOffset + p * stride + lane));
      }
    }
  }

  /**
   * How many of some windows end inside of a map, vectors that read past a pixel's last channel
   * included; 0 or less where none does.
   *
   * @param from the first window's first byte; windows lie {@code step} bytes apart
   * @param reach bytes of the map from a window's first to its last
   */
  static int windowsInside(MemorySegment map, long from, long step, long reach, int windows) {
    return (int) Math.min(windows, Math.floorDiv(map.byteSize() - reach - from, step) + 1);
  }

  /** Adds some lanes of a vector of sums to a total, or begins with them. */
  static void add(
      MemorySegment sums,
      long offset,
      MemorySegment total,
      long totalOffset,
      int lanes,
      boolean begin) {
    if (lanes == LANES) {
      FloatVector sum = FloatVector.fromMemorySegment(FLOAT, sums, offset, ORDER);
      if (!begin) {
        sum = FloatVector.fromMemorySegment(FLOAT, total, totalOffset, ORDER).add(sum);
      }
      sum.intoMemorySegment(total, totalOffset, ORDER);
      return;
    }
    for (int lane = 0; lane < lanes; lane++) {
      long at = totalOffset + (long) lane * Float.BYTES;
      float sum = sums.get(JAVA_FLOAT, offset + (long) lane * Float.BYTES);
      total.set(JAVA_FLOAT, at, begin ? sum : total.get(JAVA_FLOAT, at) + sum);
    }
  }

  /**
   * Sums some lanes over all positions, by four chains over each {@link #CHAIN} positions.
   *
   * @param stride bytes between positions
   */
  static void sum(
      MemorySegment map,
      long offset,
      long stride,
      int positions,
      int lanes,
      MemorySegment total,
      long totalOffset) {
    if (lanes == LANES) {
      FloatVector all = FloatVector.zero(FLOAT);
      for (int p = 0; p < positions; p += CHAIN) {
        int end = Math.min(positions, p + CHAIN);
        FloatVector s0 = FloatVector.zero(FLOAT), s1 = s0, s2 = s0, s3 = s0;
        int q = p;
        for (; q + 4 <= end; q += 4) {
          long at = offset + q * stride;
          s0 = s0.add(FloatVector.fromMemorySegment(FLOAT, map, at, ORDER));
          s1 = s1.add(FloatVector.fromMemorySegment(FLOAT, map, at + stride, ORDER));
          s2 = s2.add(FloatVector.fromMemorySegment(FLOAT, map, at + 2 * stride, ORDER));
          s3 = s3.add(FloatVector.fromMemorySegment(FLOAT, map, at + 3 * stride, ORDER));
        }
        for (; q < end; q++) {
          s0 = s0.add(FloatVector.fromMemorySegment(FLOAT, map, offset + q * stride, ORDER));
        }
        all = all.add(s0.add(s1).add(s2.add(s3)));
      }
      all.intoMemorySegment(total, totalOffset, ORDER);
      return;
    }
    for (int lane = 0; lane < lanes; lane++) {
      long first = offset + (long) lane * Float.BYTES;
      float all = 0;
      for (int p = 0; p < positions; p += CHAIN) {
        int end = Math.min(positions, p + CHAIN);
        float sum = 0;
        for (int q = p; q < end; q++) {
          sum += map.get(JAVA_FLOAT, first + q * stride);
        }
        all += sum;
      }
      total.set(JAVA_FLOAT, totalOffset + (long) lane * Float.BYTES, all);
    }
  }
}
