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
 *
 * <p>Operands are read through slices of a length that C2 knows: it then proves every access of
 * {@link #CHUNK} products to be inside, and the loop is nothing but loads and products. Through the
 * whole segment it makes two nested loops, whose checks a product of 16 channels spends more time
 * with than with its arithmetic (docs/adr/0007-slices-of-known-length.md).
 */
final class ProductKernel {
  /** Products of a sum between two checks. */
  static final int CHUNK = 128;

  /**
   * Length of a row's slices; less than that behind the row is inside of the last, but not read.
   */
  static final long CHUNK_BYTES = (long) CHUNK * Float.BYTES;

  /** The same of a panel. */
  static final long CHUNK_PANEL_BYTES = CHUNK * PANEL_BYTES;

  /**
   * 1, which C2 must not know: it would unroll the loop, load the factors of four turns, and spill
   * sums for them where there are 16 registers, or in the tile of {@link GradientProduct}.
   */
  static int step = 1;

  private ProductKernel() {}

  /**
   * {@code m[r][c] = sum over k of v[r][k] * u[k][c]}.
   *
   * @param v rows of {@code depth} values, {@code rowStride} bytes apart; the segment has {@link
   *     #CHUNK_BYTES} behind the last
   * @param u {@code depth} rows of one panel, one after the other; the segment has {@link
   *     #CHUNK_PANEL_BYTES} behind the last
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
        FloatVector u3 = FloatVector.fromMemorySegment(FLOAT, panel, row + 3 * BYTES, ORDER);
        FloatVector x = FloatVector.broadcast(FLOAT, v0.get(JAVA_FLOAT, at));
        s00 = x.fma(u0, s00);
        s01 = x.fma(u1, s01);
        s02 = x.fma(u2, s02);
        s03 = x.fma(u3, s03);
        x = FloatVector.broadcast(FLOAT, v1.get(JAVA_FLOAT, at));
        s10 = x.fma(u0, s10);
        s11 = x.fma(u1, s11);
        s12 = x.fma(u2, s12);
        s13 = x.fma(u3, s13);
        x = FloatVector.broadcast(FLOAT, v2.get(JAVA_FLOAT, at));
        s20 = x.fma(u0, s20);
        s21 = x.fma(u1, s21);
        s22 = x.fma(u2, s22);
        s23 = x.fma(u3, s23);
        x = FloatVector.broadcast(FLOAT, v3.get(JAVA_FLOAT, at));
        s30 = x.fma(u0, s30);
        s31 = x.fma(u1, s31);
        s32 = x.fma(u2, s32);
        s33 = x.fma(u3, s33);
        x = FloatVector.broadcast(FLOAT, v4.get(JAVA_FLOAT, at));
        s40 = x.fma(u0, s40);
        s41 = x.fma(u1, s41);
        s42 = x.fma(u2, s42);
        s43 = x.fma(u3, s43);
      }
    }
    s00.intoMemorySegment(m, mOffset, ORDER);
    s01.intoMemorySegment(m, mOffset + BYTES, ORDER);
    s02.intoMemorySegment(m, mOffset + 2 * BYTES, ORDER);
    s03.intoMemorySegment(m, mOffset + 3 * BYTES, ORDER);
    s10.intoMemorySegment(m, mOffset + PANEL_BYTES, ORDER);
    s11.intoMemorySegment(m, mOffset + PANEL_BYTES + BYTES, ORDER);
    s12.intoMemorySegment(m, mOffset + PANEL_BYTES + 2 * BYTES, ORDER);
    s13.intoMemorySegment(m, mOffset + PANEL_BYTES + 3 * BYTES, ORDER);
    s20.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES, ORDER);
    s21.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES + BYTES, ORDER);
    s22.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES + 2 * BYTES, ORDER);
    s23.intoMemorySegment(m, mOffset + 2 * PANEL_BYTES + 3 * BYTES, ORDER);
    s30.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES, ORDER);
    s31.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES + BYTES, ORDER);
    s32.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES + 2 * BYTES, ORDER);
    s33.intoMemorySegment(m, mOffset + 3 * PANEL_BYTES + 3 * BYTES, ORDER);
    s40.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES, ORDER);
    s41.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES + BYTES, ORDER);
    s42.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES + 2 * BYTES, ORDER);
    s43.intoMemorySegment(m, mOffset + 4 * PANEL_BYTES + 3 * BYTES, ORDER);
  }

  /** Four rows of two vectors. */
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
        FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, panel, row + BYTES, ORDER);
        s00 = x0.fma(u0, s00);
        s01 = x0.fma(u1, s01);
        s10 = x1.fma(u0, s10);
        s11 = x1.fma(u1, s11);
        s20 = x2.fma(u0, s20);
        s21 = x2.fma(u1, s21);
        s30 = x3.fma(u0, s30);
        s31 = x3.fma(u1, s31);
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
        FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, panel, row + BYTES, ORDER);
        s00 = x0.mul(u0).add(s00);
        s01 = x0.mul(u1).add(s01);
        s10 = x1.mul(u0).add(s10);
        s11 = x1.mul(u1).add(s11);
        s20 = x2.mul(u0).add(s20);
        s21 = x2.mul(u1).add(s21);
        s30 = x3.mul(u0).add(s30);
        s31 = x3.mul(u1).add(s31);
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
  }
}
