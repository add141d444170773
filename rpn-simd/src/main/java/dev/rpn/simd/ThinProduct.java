package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.GROUP;
import static dev.rpn.simd.Species.GROUP_BYTES;
import static dev.rpn.simd.Species.ORDER;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The product of {@link ProductKernel} for convolutions whose outputs fill one vector: the same
 * sums in the same order. Every multiply-add needs a value of its own there, so that many rows are
 * needed to keep the processor busy: as many as a method may read values one by one
 * (docs/kernels.md has the reason). One slice has all of them, because they lie a constant apart,
 * in groups of channels; for the form of the method see {@link ProductKernel}.
 *
 * <p>For 32 registers and fused products; callers have another way elsewhere.
 */
final class ThinProduct {
  /** Rows of the register tile. */
  static final int ROWS = 8;

  private ThinProduct() {}

  /**
   * {@code m[r][c] = sum over k of v[k / GROUP][r][k % GROUP] * u[k][c]}.
   *
   * @param v rows of {@link Species#GROUP} values, one after the other
   * @param vGroup bytes between the same row of two groups
   * @param u {@code depth} rows of one panel, one after the other, of which the first vector
   *     counts; the segment has {@link ProductKernel#CHUNK_PANEL_BYTES} behind the last
   * @param depth how many products a sum has
   * @param m rows of one vector, one after the other; written
   */
  static void multiply(
      MemorySegment v,
      long vOffset,
      long vGroup,
      MemorySegment u,
      long uOffset,
      int depth,
      MemorySegment m,
      long mOffset) {
    MemorySegment sums = m.asSlice(mOffset, ROWS * BYTES);
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s0 = zero, s1 = zero, s2 = zero, s3 = zero;
    FloatVector s4 = zero, s5 = zero, s6 = zero, s7 = zero;
    long from = vOffset;
    for (int first = 0; first < depth; first += GROUP) {
      MemorySegment rows = v.asSlice(from, ROWS * GROUP_BYTES);
      MemorySegment panel = u.asSlice(uOffset + first * PANEL_BYTES, GROUP * PANEL_BYTES);
      int steps = Math.min(GROUP, depth - first);
      for (int k = 0; k < steps; k++) {
        long at = (long) k * Float.BYTES;
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, panel, Species.panelRow(k), ORDER);
        FloatVector x = FloatVector.broadcast(FLOAT, rows.get(JAVA_FLOAT, at));
        s0 = x.fma(u0, s0);
        x = FloatVector.broadcast(FLOAT, rows.get(JAVA_FLOAT, at + GROUP_BYTES));
        s1 = x.fma(u0, s1);
        x = FloatVector.broadcast(FLOAT, rows.get(JAVA_FLOAT, at + 2 * GROUP_BYTES));
        s2 = x.fma(u0, s2);
        x = FloatVector.broadcast(FLOAT, rows.get(JAVA_FLOAT, at + 3 * GROUP_BYTES));
        s3 = x.fma(u0, s3);
        x = FloatVector.broadcast(FLOAT, rows.get(JAVA_FLOAT, at + 4 * GROUP_BYTES));
        s4 = x.fma(u0, s4);
        x = FloatVector.broadcast(FLOAT, rows.get(JAVA_FLOAT, at + 5 * GROUP_BYTES));
        s5 = x.fma(u0, s5);
        x = FloatVector.broadcast(FLOAT, rows.get(JAVA_FLOAT, at + 6 * GROUP_BYTES));
        s6 = x.fma(u0, s6);
        x = FloatVector.broadcast(FLOAT, rows.get(JAVA_FLOAT, at + 7 * GROUP_BYTES));
        s7 = x.fma(u0, s7);
      }
      from += vGroup;
    }
    s0.intoMemorySegment(sums, 0, ORDER);
    s1.intoMemorySegment(sums, BYTES, ORDER);
    s2.intoMemorySegment(sums, 2 * BYTES, ORDER);
    s3.intoMemorySegment(sums, 3 * BYTES, ORDER);
    s4.intoMemorySegment(sums, 4 * BYTES, ORDER);
    s5.intoMemorySegment(sums, 5 * BYTES, ORDER);
    s6.intoMemorySegment(sums, 6 * BYTES, ORDER);
    s7.intoMemorySegment(sums, 7 * BYTES, ORDER);
  }
}
