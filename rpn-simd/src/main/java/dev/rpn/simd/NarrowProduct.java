package dev.rpn.simd;

import static dev.rpn.simd.ProductKernel.CHUNK;
import static dev.rpn.simd.ProductKernel.CHUNK_BYTES;
import static dev.rpn.simd.ProductKernel.CHUNK_PANEL_BYTES;
import static dev.rpn.simd.ProductKernel.step;
import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.ORDER;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.Fma;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The product of {@link ProductKernel} with the first vectors of a panel only: a head's columns and
 * a backbone's first layers fill less than one panel. The same sums in the same order; for the form
 * of the methods see there.
 */
final class NarrowProduct {
  private NarrowProduct() {}

  /**
   * As {@link ProductKernel#multiply}; of each row of {@code m} the vectors behind the first are
   * left as they were.
   *
   * @param vectors at least 1, fewer than a panel has
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
    if (!Species.WIDE_TILE) {
      if (Fma.FUSED) {
        multiply4x1(v, vOffset, rowStride, u, uOffset, depth, m, mOffset);
      } else {
        multiply4x1Unfused(v, vOffset, rowStride, u, uOffset, depth, m, mOffset);
      }
    } else if (vectors == 1) {
      multiply5x1(v, vOffset, rowStride, u, uOffset, depth, m, mOffset);
    } else if (vectors == 2) {
      multiply5x2(v, vOffset, rowStride, u, uOffset, depth, m, mOffset);
    } else {
      multiply5x3(v, vOffset, rowStride, u, uOffset, depth, m, mOffset);
    }
  }

  /** Five rows of one vector. */
  private static void multiply5x1(
      MemorySegment v,
      long vOffset,
      long rowStride,
      MemorySegment u,
      long uOffset,
      int depth,
      MemorySegment m,
      long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero;
    FloatVector s10 = zero;
    FloatVector s20 = zero;
    FloatVector s30 = zero;
    FloatVector s40 = zero;
    for (int first = 0; first < depth; first += CHUNK) {
      long from = vOffset + (long) first * Float.BYTES;
      MemorySegment v0 = v.asSlice(from, CHUNK_BYTES);
      MemorySegment v1 = v.asSlice(from + rowStride, CHUNK_BYTES);
      MemorySegment v2 = v.asSlice(from + 2 * rowStride, CHUNK_BYTES);
      MemorySegment v3 = v.asSlice(from + 3 * rowStride, CHUNK_BYTES);
      MemorySegment v4 = v.asSlice(from + 4 * rowStride, CHUNK_BYTES);
      MemorySegment panel = u.asSlice(uOffset + first * PANEL_BYTES, CHUNK_PANEL_BYTES);
      int steps = Math.min(CHUNK, depth - first);
      for (int k = 0; k < steps; k++) {
        long at = (long) k * Float.BYTES;
        long row = Species.panelRow(k);
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, panel, row, ORDER);
        FloatVector x = FloatVector.broadcast(FLOAT, v0.get(JAVA_FLOAT, at));
        s00 = x.fma(u0, s00);
        x = FloatVector.broadcast(FLOAT, v1.get(JAVA_FLOAT, at));
        s10 = x.fma(u0, s10);
        x = FloatVector.broadcast(FLOAT, v2.get(JAVA_FLOAT, at));
        s20 = x.fma(u0, s20);
        x = FloatVector.broadcast(FLOAT, v3.get(JAVA_FLOAT, at));
        s30 = x.fma(u0, s30);
        x = FloatVector.broadcast(FLOAT, v4.get(JAVA_FLOAT, at));
        s40 = x.fma(u0, s40);
      }
    }
    s00.intoMemorySegment(m, mOffset, ORDER);
    s10.intoMemorySegment(m, mOffset + PANEL_BYTES, ORDER);
    s20.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES, ORDER);
    s30.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES, ORDER);
    s40.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES, ORDER);
  }

  /** Five rows of two vectors. */
  private static void multiply5x2(
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
    FloatVector s40 = zero, s41 = zero;
    for (int first = 0; first < depth; first += CHUNK) {
      long from = vOffset + (long) first * Float.BYTES;
      MemorySegment v0 = v.asSlice(from, CHUNK_BYTES);
      MemorySegment v1 = v.asSlice(from + rowStride, CHUNK_BYTES);
      MemorySegment v2 = v.asSlice(from + 2 * rowStride, CHUNK_BYTES);
      MemorySegment v3 = v.asSlice(from + 3 * rowStride, CHUNK_BYTES);
      MemorySegment v4 = v.asSlice(from + 4 * rowStride, CHUNK_BYTES);
      MemorySegment panel = u.asSlice(uOffset + first * PANEL_BYTES, CHUNK_PANEL_BYTES);
      int steps = Math.min(CHUNK, depth - first);
      for (int k = 0; k < steps; k++) {
        long at = (long) k * Float.BYTES;
        long row = Species.panelRow(k);
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, panel, row, ORDER);
        FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, panel, row + BYTES, ORDER);
        FloatVector x = FloatVector.broadcast(FLOAT, v0.get(JAVA_FLOAT, at));
        s00 = x.fma(u0, s00);
        s01 = x.fma(u1, s01);
        x = FloatVector.broadcast(FLOAT, v1.get(JAVA_FLOAT, at));
        s10 = x.fma(u0, s10);
        s11 = x.fma(u1, s11);
        x = FloatVector.broadcast(FLOAT, v2.get(JAVA_FLOAT, at));
        s20 = x.fma(u0, s20);
        s21 = x.fma(u1, s21);
        x = FloatVector.broadcast(FLOAT, v3.get(JAVA_FLOAT, at));
        s30 = x.fma(u0, s30);
        s31 = x.fma(u1, s31);
        x = FloatVector.broadcast(FLOAT, v4.get(JAVA_FLOAT, at));
        s40 = x.fma(u0, s40);
        s41 = x.fma(u1, s41);
      }
    }
    s00.intoMemorySegment(m, mOffset, ORDER);
    s01.intoMemorySegment(m, mOffset + BYTES, ORDER);
    s10.intoMemorySegment(m, mOffset + PANEL_BYTES, ORDER);
    s11.intoMemorySegment(m, mOffset + PANEL_BYTES + BYTES, ORDER);
    s20.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES, ORDER);
    s21.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES + BYTES, ORDER);
    s30.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES, ORDER);
    s31.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES + BYTES, ORDER);
    s40.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES, ORDER);
    s41.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES + BYTES, ORDER);
  }

  /** Five rows of three vectors. */
  private static void multiply5x3(
      MemorySegment v,
      long vOffset,
      long rowStride,
      MemorySegment u,
      long uOffset,
      int depth,
      MemorySegment m,
      long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero, s01 = zero, s02 = zero;
    FloatVector s10 = zero, s11 = zero, s12 = zero;
    FloatVector s20 = zero, s21 = zero, s22 = zero;
    FloatVector s30 = zero, s31 = zero, s32 = zero;
    FloatVector s40 = zero, s41 = zero, s42 = zero;
    for (int first = 0; first < depth; first += CHUNK) {
      long from = vOffset + (long) first * Float.BYTES;
      MemorySegment v0 = v.asSlice(from, CHUNK_BYTES);
      MemorySegment v1 = v.asSlice(from + rowStride, CHUNK_BYTES);
      MemorySegment v2 = v.asSlice(from + 2 * rowStride, CHUNK_BYTES);
      MemorySegment v3 = v.asSlice(from + 3 * rowStride, CHUNK_BYTES);
      MemorySegment v4 = v.asSlice(from + 4 * rowStride, CHUNK_BYTES);
      MemorySegment panel = u.asSlice(uOffset + first * PANEL_BYTES, CHUNK_PANEL_BYTES);
      int steps = Math.min(CHUNK, depth - first);
      for (int k = 0; k < steps; k++) {
        long at = (long) k * Float.BYTES;
        long row = Species.panelRow(k);
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, panel, row, ORDER);
        FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, panel, row + BYTES, ORDER);
        FloatVector u2 = FloatVector.fromMemorySegment(FLOAT, panel, row + 2 * BYTES, ORDER);
        FloatVector x = FloatVector.broadcast(FLOAT, v0.get(JAVA_FLOAT, at));
        s00 = x.fma(u0, s00);
        s01 = x.fma(u1, s01);
        s02 = x.fma(u2, s02);
        x = FloatVector.broadcast(FLOAT, v1.get(JAVA_FLOAT, at));
        s10 = x.fma(u0, s10);
        s11 = x.fma(u1, s11);
        s12 = x.fma(u2, s12);
        x = FloatVector.broadcast(FLOAT, v2.get(JAVA_FLOAT, at));
        s20 = x.fma(u0, s20);
        s21 = x.fma(u1, s21);
        s22 = x.fma(u2, s22);
        x = FloatVector.broadcast(FLOAT, v3.get(JAVA_FLOAT, at));
        s30 = x.fma(u0, s30);
        s31 = x.fma(u1, s31);
        s32 = x.fma(u2, s32);
        x = FloatVector.broadcast(FLOAT, v4.get(JAVA_FLOAT, at));
        s40 = x.fma(u0, s40);
        s41 = x.fma(u1, s41);
        s42 = x.fma(u2, s42);
      }
    }
    s00.intoMemorySegment(m, mOffset, ORDER);
    s01.intoMemorySegment(m, mOffset + BYTES, ORDER);
    s02.intoMemorySegment(m, mOffset + 2 * BYTES, ORDER);
    s10.intoMemorySegment(m, mOffset + PANEL_BYTES, ORDER);
    s11.intoMemorySegment(m, mOffset + PANEL_BYTES + BYTES, ORDER);
    s12.intoMemorySegment(m, mOffset + PANEL_BYTES + 2 * BYTES, ORDER);
    s20.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES, ORDER);
    s21.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES + BYTES, ORDER);
    s22.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES + 2 * BYTES, ORDER);
    s30.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES, ORDER);
    s31.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES + BYTES, ORDER);
    s32.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES + 2 * BYTES, ORDER);
    s40.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES, ORDER);
    s41.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES + BYTES, ORDER);
    s42.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES + 2 * BYTES, ORDER);
  }

  /** Four rows of one vector. */
  private static void multiply4x1(
      MemorySegment v,
      long vOffset,
      long rowStride,
      MemorySegment u,
      long uOffset,
      int depth,
      MemorySegment m,
      long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero;
    FloatVector s10 = zero;
    FloatVector s20 = zero;
    FloatVector s30 = zero;
    for (int first = 0; first < depth; first += CHUNK) {
      long from = vOffset + (long) first * Float.BYTES;
      MemorySegment v0 = v.asSlice(from, CHUNK_BYTES);
      MemorySegment v1 = v.asSlice(from + rowStride, CHUNK_BYTES);
      MemorySegment v2 = v.asSlice(from + 2 * rowStride, CHUNK_BYTES);
      MemorySegment v3 = v.asSlice(from + 3 * rowStride, CHUNK_BYTES);
      MemorySegment panel = u.asSlice(uOffset + first * PANEL_BYTES, CHUNK_PANEL_BYTES);
      int steps = Math.min(CHUNK, depth - first);
      for (int i = 0; i < steps; i += step) {
        int k = i & CHUNK - 1;
        long at = (long) k * Float.BYTES;
        long row = Species.panelRow(k);
        FloatVector x0 = FloatVector.broadcast(FLOAT, v0.get(JAVA_FLOAT, at));
        FloatVector x1 = FloatVector.broadcast(FLOAT, v1.get(JAVA_FLOAT, at));
        FloatVector x2 = FloatVector.broadcast(FLOAT, v2.get(JAVA_FLOAT, at));
        FloatVector x3 = FloatVector.broadcast(FLOAT, v3.get(JAVA_FLOAT, at));
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, panel, row, ORDER);
        s00 = x0.fma(u0, s00);
        s10 = x1.fma(u0, s10);
        s20 = x2.fma(u0, s20);
        s30 = x3.fma(u0, s30);
      }
    }
    s00.intoMemorySegment(m, mOffset, ORDER);
    s10.intoMemorySegment(m, mOffset + PANEL_BYTES, ORDER);
    s20.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES, ORDER);
    s30.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES, ORDER);
  }

  /** Four rows of one vector, where a fused product would be computed in software. */
  private static void multiply4x1Unfused(
      MemorySegment v,
      long vOffset,
      long rowStride,
      MemorySegment u,
      long uOffset,
      int depth,
      MemorySegment m,
      long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero;
    FloatVector s10 = zero;
    FloatVector s20 = zero;
    FloatVector s30 = zero;
    for (int first = 0; first < depth; first += CHUNK) {
      long from = vOffset + (long) first * Float.BYTES;
      MemorySegment v0 = v.asSlice(from, CHUNK_BYTES);
      MemorySegment v1 = v.asSlice(from + rowStride, CHUNK_BYTES);
      MemorySegment v2 = v.asSlice(from + 2 * rowStride, CHUNK_BYTES);
      MemorySegment v3 = v.asSlice(from + 3 * rowStride, CHUNK_BYTES);
      MemorySegment panel = u.asSlice(uOffset + first * PANEL_BYTES, CHUNK_PANEL_BYTES);
      int steps = Math.min(CHUNK, depth - first);
      for (int i = 0; i < steps; i += step) {
        int k = i & CHUNK - 1;
        long at = (long) k * Float.BYTES;
        long row = Species.panelRow(k);
        FloatVector x0 = FloatVector.broadcast(FLOAT, v0.get(JAVA_FLOAT, at));
        FloatVector x1 = FloatVector.broadcast(FLOAT, v1.get(JAVA_FLOAT, at));
        FloatVector x2 = FloatVector.broadcast(FLOAT, v2.get(JAVA_FLOAT, at));
        FloatVector x3 = FloatVector.broadcast(FLOAT, v3.get(JAVA_FLOAT, at));
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, panel, row, ORDER);
        s00 = x0.mul(u0).add(s00);
        s10 = x1.mul(u0).add(s10);
        s20 = x2.mul(u0).add(s20);
        s30 = x3.mul(u0).add(s30);
      }
    }
    s00.intoMemorySegment(m, mOffset, ORDER);
    s10.intoMemorySegment(m, mOffset + PANEL_BYTES, ORDER);
    s20.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES, ORDER);
    s30.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES, ORDER);
  }
}
