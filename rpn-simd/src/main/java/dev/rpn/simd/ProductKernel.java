package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.ORDER;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static dev.rpn.simd.Species.TILE_VECTORS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.Fma;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The innermost product: {@link Species#TILE_ROWS} rows of one matrix with one panel of another,
 * every sum kept in a register from the first product to the last, in ascending order from 0.
 *
 * <p>The sums are named locals and every access stands in the method itself: C2 stops inlining
 * helpers into a method of this size, and a vector that crosses a call is allocated.
 */
final class ProductKernel {
  private ProductKernel() {}

  /**
   * {@code m[r][c] = sum over k of v[r][k] * u[k][c]}.
   *
   * @param v rows of {@code depth} values, {@code rowStride} bytes apart
   * @param u {@code depth} rows of one panel, one after the other
   * @param depth how many products a sum has
   * @param vectors how many vectors of a panel are asked for, at least 1; the others of {@code m}
   *     are written or not
   * @param m rows of one panel, one after the other; written
   */
  static void multiply(
      MemorySegment v,
      long vOffset,
      long rowStride,
      MemorySegment u,
      long uOffset,
      int depth,
      int vectors,
      MemorySegment m,
      long mOffset) {
    if (vectors < TILE_VECTORS) {
      NarrowProduct.multiply(v, vOffset, rowStride, u, uOffset, depth, vectors, m, mOffset);
    } else if (Species.WIDE_TILE) {
      multiply5x4(v, vOffset, rowStride, u, uOffset, depth, m, mOffset);
    } else if (Fma.FUSED) {
      multiply4x2(v, vOffset, rowStride, u, uOffset, depth, m, mOffset);
    } else {
      multiply4x2Unfused(v, vOffset, rowStride, u, uOffset, depth, m, mOffset);
    }
  }

  /** Five rows of four vectors. */
  private static void multiply5x4(
      MemorySegment v,
      long vOffset,
      long rowStride,
      MemorySegment u,
      long uOffset,
      int depth,
      MemorySegment m,
      long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero, s01 = zero, s02 = zero, s03 = zero;
    FloatVector s10 = zero, s11 = zero, s12 = zero, s13 = zero;
    FloatVector s20 = zero, s21 = zero, s22 = zero, s23 = zero;
    FloatVector s30 = zero, s31 = zero, s32 = zero, s33 = zero;
    FloatVector s40 = zero, s41 = zero, s42 = zero, s43 = zero;
    long row1 = vOffset + rowStride;
    long row2 = vOffset + 2 * rowStride;
    long row3 = vOffset + 3 * rowStride;
    long row4 = vOffset + 4 * rowStride;
    for (int k = 0; k < depth; k++) {
      long at = (long) k * Float.BYTES;
      long panel = uOffset + k * PANEL_BYTES;
      FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, u, panel, ORDER);
      FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, u, panel + BYTES, ORDER);
      FloatVector u2 = FloatVector.fromMemorySegment(FLOAT, u, panel + 2 * BYTES, ORDER);
      FloatVector u3 = FloatVector.fromMemorySegment(FLOAT, u, panel + 3 * BYTES, ORDER);
      FloatVector x = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, vOffset + at));
      s00 = x.fma(u0, s00);
      s01 = x.fma(u1, s01);
      s02 = x.fma(u2, s02);
      s03 = x.fma(u3, s03);
      x = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row1 + at));
      s10 = x.fma(u0, s10);
      s11 = x.fma(u1, s11);
      s12 = x.fma(u2, s12);
      s13 = x.fma(u3, s13);
      x = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row2 + at));
      s20 = x.fma(u0, s20);
      s21 = x.fma(u1, s21);
      s22 = x.fma(u2, s22);
      s23 = x.fma(u3, s23);
      x = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row3 + at));
      s30 = x.fma(u0, s30);
      s31 = x.fma(u1, s31);
      s32 = x.fma(u2, s32);
      s33 = x.fma(u3, s33);
      x = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row4 + at));
      s40 = x.fma(u0, s40);
      s41 = x.fma(u1, s41);
      s42 = x.fma(u2, s42);
      s43 = x.fma(u3, s43);
    }
    s00.intoMemorySegment(m, mOffset, ORDER);
    s01.intoMemorySegment(m, mOffset + BYTES, ORDER);
    s02.intoMemorySegment(m, mOffset + 2 * BYTES, ORDER);
    s03.intoMemorySegment(m, mOffset + 3 * BYTES, ORDER);
    s10.intoMemorySegment(m, mOffset + 4 * BYTES, ORDER);
    s11.intoMemorySegment(m, mOffset + 5 * BYTES, ORDER);
    s12.intoMemorySegment(m, mOffset + 6 * BYTES, ORDER);
    s13.intoMemorySegment(m, mOffset + 7 * BYTES, ORDER);
    s20.intoMemorySegment(m, mOffset + 8 * BYTES, ORDER);
    s21.intoMemorySegment(m, mOffset + 9 * BYTES, ORDER);
    s22.intoMemorySegment(m, mOffset + 10 * BYTES, ORDER);
    s23.intoMemorySegment(m, mOffset + 11 * BYTES, ORDER);
    s30.intoMemorySegment(m, mOffset + 12 * BYTES, ORDER);
    s31.intoMemorySegment(m, mOffset + 13 * BYTES, ORDER);
    s32.intoMemorySegment(m, mOffset + 14 * BYTES, ORDER);
    s33.intoMemorySegment(m, mOffset + 15 * BYTES, ORDER);
    s40.intoMemorySegment(m, mOffset + 16 * BYTES, ORDER);
    s41.intoMemorySegment(m, mOffset + 17 * BYTES, ORDER);
    s42.intoMemorySegment(m, mOffset + 18 * BYTES, ORDER);
    s43.intoMemorySegment(m, mOffset + 19 * BYTES, ORDER);
  }

  /** Four rows of two vectors, two products of a sum a turn. */
  private static void multiply4x2(
      MemorySegment v,
      long vOffset,
      long rowStride,
      MemorySegment u,
      long uOffset,
      int depth,
      MemorySegment m,
      long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero, s01 = zero;
    FloatVector s10 = zero, s11 = zero;
    FloatVector s20 = zero, s21 = zero;
    FloatVector s30 = zero, s31 = zero;
    long row1 = vOffset + rowStride;
    long row2 = vOffset + 2 * rowStride;
    long row3 = vOffset + 3 * rowStride;
    int even = depth & ~1;
    for (int k = 0; k < even; k += 2) {
      long at = (long) k * Float.BYTES;
      long panel = uOffset + k * PANEL_BYTES;
      FloatVector x0 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, vOffset + at));
      FloatVector x1 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row1 + at));
      FloatVector x2 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row2 + at));
      FloatVector x3 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row3 + at));
      FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, u, panel, ORDER);
      FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, u, panel + BYTES, ORDER);
      s00 = x0.fma(u0, s00);
      s01 = x0.fma(u1, s01);
      s10 = x1.fma(u0, s10);
      s11 = x1.fma(u1, s11);
      s20 = x2.fma(u0, s20);
      s21 = x2.fma(u1, s21);
      s30 = x3.fma(u0, s30);
      s31 = x3.fma(u1, s31);
      at += Float.BYTES;
      panel += PANEL_BYTES;
      x0 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, vOffset + at));
      x1 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row1 + at));
      x2 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row2 + at));
      x3 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row3 + at));
      u0 = FloatVector.fromMemorySegment(FLOAT, u, panel, ORDER);
      u1 = FloatVector.fromMemorySegment(FLOAT, u, panel + BYTES, ORDER);
      s00 = x0.fma(u0, s00);
      s01 = x0.fma(u1, s01);
      s10 = x1.fma(u0, s10);
      s11 = x1.fma(u1, s11);
      s20 = x2.fma(u0, s20);
      s21 = x2.fma(u1, s21);
      s30 = x3.fma(u0, s30);
      s31 = x3.fma(u1, s31);
    }
    if (even < depth) {
      long at = (long) even * Float.BYTES;
      long panel = uOffset + even * PANEL_BYTES;
      FloatVector x0 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, vOffset + at));
      FloatVector x1 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row1 + at));
      FloatVector x2 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row2 + at));
      FloatVector x3 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row3 + at));
      FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, u, panel, ORDER);
      FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, u, panel + BYTES, ORDER);
      s00 = x0.fma(u0, s00);
      s01 = x0.fma(u1, s01);
      s10 = x1.fma(u0, s10);
      s11 = x1.fma(u1, s11);
      s20 = x2.fma(u0, s20);
      s21 = x2.fma(u1, s21);
      s30 = x3.fma(u0, s30);
      s31 = x3.fma(u1, s31);
    }
    s00.intoMemorySegment(m, mOffset, ORDER);
    s01.intoMemorySegment(m, mOffset + BYTES, ORDER);
    s10.intoMemorySegment(m, mOffset + 2 * BYTES, ORDER);
    s11.intoMemorySegment(m, mOffset + 3 * BYTES, ORDER);
    s20.intoMemorySegment(m, mOffset + 4 * BYTES, ORDER);
    s21.intoMemorySegment(m, mOffset + 5 * BYTES, ORDER);
    s30.intoMemorySegment(m, mOffset + 6 * BYTES, ORDER);
    s31.intoMemorySegment(m, mOffset + 7 * BYTES, ORDER);
  }

  /** Four rows of two vectors, where a fused product would be computed in software. */
  private static void multiply4x2Unfused(
      MemorySegment v,
      long vOffset,
      long rowStride,
      MemorySegment u,
      long uOffset,
      int depth,
      MemorySegment m,
      long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero, s01 = zero;
    FloatVector s10 = zero, s11 = zero;
    FloatVector s20 = zero, s21 = zero;
    FloatVector s30 = zero, s31 = zero;
    long row1 = vOffset + rowStride;
    long row2 = vOffset + 2 * rowStride;
    long row3 = vOffset + 3 * rowStride;
    int even = depth & ~1;
    for (int k = 0; k < even; k += 2) {
      long at = (long) k * Float.BYTES;
      long panel = uOffset + k * PANEL_BYTES;
      FloatVector x0 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, vOffset + at));
      FloatVector x1 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row1 + at));
      FloatVector x2 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row2 + at));
      FloatVector x3 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row3 + at));
      FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, u, panel, ORDER);
      FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, u, panel + BYTES, ORDER);
      s00 = x0.mul(u0).add(s00);
      s01 = x0.mul(u1).add(s01);
      s10 = x1.mul(u0).add(s10);
      s11 = x1.mul(u1).add(s11);
      s20 = x2.mul(u0).add(s20);
      s21 = x2.mul(u1).add(s21);
      s30 = x3.mul(u0).add(s30);
      s31 = x3.mul(u1).add(s31);
      at += Float.BYTES;
      panel += PANEL_BYTES;
      x0 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, vOffset + at));
      x1 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row1 + at));
      x2 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row2 + at));
      x3 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row3 + at));
      u0 = FloatVector.fromMemorySegment(FLOAT, u, panel, ORDER);
      u1 = FloatVector.fromMemorySegment(FLOAT, u, panel + BYTES, ORDER);
      s00 = x0.mul(u0).add(s00);
      s01 = x0.mul(u1).add(s01);
      s10 = x1.mul(u0).add(s10);
      s11 = x1.mul(u1).add(s11);
      s20 = x2.mul(u0).add(s20);
      s21 = x2.mul(u1).add(s21);
      s30 = x3.mul(u0).add(s30);
      s31 = x3.mul(u1).add(s31);
    }
    if (even < depth) {
      long at = (long) even * Float.BYTES;
      long panel = uOffset + even * PANEL_BYTES;
      FloatVector x0 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, vOffset + at));
      FloatVector x1 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row1 + at));
      FloatVector x2 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row2 + at));
      FloatVector x3 = FloatVector.broadcast(FLOAT, v.get(JAVA_FLOAT, row3 + at));
      FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, u, panel, ORDER);
      FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, u, panel + BYTES, ORDER);
      s00 = x0.mul(u0).add(s00);
      s01 = x0.mul(u1).add(s01);
      s10 = x1.mul(u0).add(s10);
      s11 = x1.mul(u1).add(s11);
      s20 = x2.mul(u0).add(s20);
      s21 = x2.mul(u1).add(s21);
      s30 = x3.mul(u0).add(s30);
      s31 = x3.mul(u1).add(s31);
    }
    s00.intoMemorySegment(m, mOffset, ORDER);
    s01.intoMemorySegment(m, mOffset + BYTES, ORDER);
    s10.intoMemorySegment(m, mOffset + 2 * BYTES, ORDER);
    s11.intoMemorySegment(m, mOffset + 3 * BYTES, ORDER);
    s20.intoMemorySegment(m, mOffset + 4 * BYTES, ORDER);
    s21.intoMemorySegment(m, mOffset + 5 * BYTES, ORDER);
    s30.intoMemorySegment(m, mOffset + 6 * BYTES, ORDER);
    s31.intoMemorySegment(m, mOffset + 7 * BYTES, ORDER);
  }
}
