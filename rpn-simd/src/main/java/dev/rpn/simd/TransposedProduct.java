package dev.rpn.simd;

import static dev.rpn.simd.ProductKernel.CHUNK;
import static dev.rpn.simd.ProductKernel.CHUNK_PANEL_BYTES;
import static dev.rpn.simd.ProductKernel.step;
import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.GROUP_BYTES;
import static dev.rpn.simd.Species.ORDER;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static dev.rpn.simd.Species.TILE_VECTORS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The register tile of {@link ProductKernel} for sums over rows: {@link #ROWS} columns of one
 * matrix with one panel of another, every sum kept in a register, in ascending order from 0.
 *
 * <p>Four columns whatever the registers: the first matrix lies in groups of {@link Species#GROUP}
 * columns, as vectors are stored, and a whole number of tiles makes a group. Five columns multiply
 * faster by a tenth, and cost more than that to be packed.
 *
 * <p>For the form of the methods see {@link ProductKernel}. There is none without fused products:
 * callers have another way there.
 */
final class TransposedProduct {
  /** Columns of the first matrix in the register tile. */
  static final int ROWS = 4;

  /** What the last product may look at, without reading it, behind its operands. */
  static final long SLACK = CHUNK * Math.max(GROUP_BYTES, PANEL_BYTES);

  private TransposedProduct() {}

  /**
   * {@code m[r][c] = sum over k of x[k][r] * u[k][c]}.
   *
   * @param memory holds all operands, and {@link #SLACK} bytes behind them
   * @param xOffset the first of four values of {@code depth} rows, a group apart
   * @param uOffset {@code depth} rows of one panel, one after the other
   * @param depth how many products a sum has
   * @param mOffset where rows of one panel are written, one after the other
   */
  static void multiply(MemorySegment memory, long xOffset, long uOffset, int depth, long mOffset) {
    if (Species.WIDE_TILE) {
      multiply4x4(memory, xOffset, uOffset, depth, mOffset);
    } else {
      multiply4x2(memory, xOffset, uOffset, depth, mOffset);
    }
  }

  /** Adds a tile of sums to another. */
  static void add(MemorySegment memory, long from, long to) {
    for (int i = 0; i < ROWS * TILE_VECTORS; i++) {
      long at = i * BYTES;
      FloatVector.fromMemorySegment(FLOAT, memory, to + at, ORDER)
          .add(FloatVector.fromMemorySegment(FLOAT, memory, from + at, ORDER))
          .intoMemorySegment(memory, to + at, ORDER);
    }
  }

  /** Four rows of four vectors. */
  private static void multiply4x4(
      MemorySegment memory, long xOffset, long uOffset, int depth, long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero, s01 = zero, s02 = zero, s03 = zero;
    FloatVector s10 = zero, s11 = zero, s12 = zero, s13 = zero;
    FloatVector s20 = zero, s21 = zero, s22 = zero, s23 = zero;
    FloatVector s30 = zero, s31 = zero, s32 = zero, s33 = zero;
    for (int first = 0; first < depth; first += CHUNK) {
      MemorySegment xs = memory.asSlice(xOffset + first * GROUP_BYTES, CHUNK * GROUP_BYTES);
      MemorySegment us = memory.asSlice(uOffset + first * PANEL_BYTES, CHUNK_PANEL_BYTES);
      int steps = Math.min(CHUNK, depth - first);
      for (int k = 0; k < steps; k++) {
        long at = k * GROUP_BYTES;
        long row = Species.panelRow(k);
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, us, row, ORDER);
        FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, us, row + BYTES, ORDER);
        FloatVector u2 = FloatVector.fromMemorySegment(FLOAT, us, row + 2 * BYTES, ORDER);
        FloatVector u3 = FloatVector.fromMemorySegment(FLOAT, us, row + 3 * BYTES, ORDER);
        FloatVector x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at));
        s00 = x.fma(u0, s00);
        s01 = x.fma(u1, s01);
        s02 = x.fma(u2, s02);
        s03 = x.fma(u3, s03);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + Float.BYTES));
        s10 = x.fma(u0, s10);
        s11 = x.fma(u1, s11);
        s12 = x.fma(u2, s12);
        s13 = x.fma(u3, s13);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 2 * Float.BYTES));
        s20 = x.fma(u0, s20);
        s21 = x.fma(u1, s21);
        s22 = x.fma(u2, s22);
        s23 = x.fma(u3, s23);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 3 * Float.BYTES));
        s30 = x.fma(u0, s30);
        s31 = x.fma(u1, s31);
        s32 = x.fma(u2, s32);
        s33 = x.fma(u3, s33);
      }
    }
    s00.intoMemorySegment(memory, mOffset, ORDER);
    s01.intoMemorySegment(memory, mOffset + BYTES, ORDER);
    s02.intoMemorySegment(memory, mOffset + 2 * BYTES, ORDER);
    s03.intoMemorySegment(memory, mOffset + 3 * BYTES, ORDER);
    s10.intoMemorySegment(memory, mOffset + PANEL_BYTES, ORDER);
    s11.intoMemorySegment(memory, mOffset + PANEL_BYTES + BYTES, ORDER);
    s12.intoMemorySegment(memory, mOffset + PANEL_BYTES + 2 * BYTES, ORDER);
    s13.intoMemorySegment(memory, mOffset + PANEL_BYTES + 3 * BYTES, ORDER);
    s20.intoMemorySegment(memory, mOffset + 2 * PANEL_BYTES, ORDER);
    s21.intoMemorySegment(memory, mOffset + 2 * PANEL_BYTES + BYTES, ORDER);
    s22.intoMemorySegment(memory, mOffset + 2 * PANEL_BYTES + 2 * BYTES, ORDER);
    s23.intoMemorySegment(memory, mOffset + 2 * PANEL_BYTES + 3 * BYTES, ORDER);
    s30.intoMemorySegment(memory, mOffset + 3 * PANEL_BYTES, ORDER);
    s31.intoMemorySegment(memory, mOffset + 3 * PANEL_BYTES + BYTES, ORDER);
    s32.intoMemorySegment(memory, mOffset + 3 * PANEL_BYTES + 2 * BYTES, ORDER);
    s33.intoMemorySegment(memory, mOffset + 3 * PANEL_BYTES + 3 * BYTES, ORDER);
  }

  /** Four rows of two vectors. */
  private static void multiply4x2(
      MemorySegment memory, long xOffset, long uOffset, int depth, long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero, s01 = zero;
    FloatVector s10 = zero, s11 = zero;
    FloatVector s20 = zero, s21 = zero;
    FloatVector s30 = zero, s31 = zero;
    for (int first = 0; first < depth; first += CHUNK) {
      MemorySegment xs = memory.asSlice(xOffset + first * GROUP_BYTES, CHUNK * GROUP_BYTES);
      MemorySegment us = memory.asSlice(uOffset + first * PANEL_BYTES, CHUNK_PANEL_BYTES);
      int steps = Math.min(CHUNK, depth - first);
      for (int i = 0; i < steps; i += step) {
        int k = i & CHUNK - 1;
        long at = k * GROUP_BYTES;
        long row = Species.panelRow(k);
        FloatVector x0 = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at));
        FloatVector x1 = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + Float.BYTES));
        FloatVector x2 = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 2 * Float.BYTES));
        FloatVector x3 = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 3 * Float.BYTES));
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, us, row, ORDER);
        FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, us, row + BYTES, ORDER);
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
    s00.intoMemorySegment(memory, mOffset, ORDER);
    s01.intoMemorySegment(memory, mOffset + BYTES, ORDER);
    s10.intoMemorySegment(memory, mOffset + PANEL_BYTES, ORDER);
    s11.intoMemorySegment(memory, mOffset + PANEL_BYTES + BYTES, ORDER);
    s20.intoMemorySegment(memory, mOffset + 2 * PANEL_BYTES, ORDER);
    s21.intoMemorySegment(memory, mOffset + 2 * PANEL_BYTES + BYTES, ORDER);
    s30.intoMemorySegment(memory, mOffset + 3 * PANEL_BYTES, ORDER);
    s31.intoMemorySegment(memory, mOffset + 3 * PANEL_BYTES + BYTES, ORDER);
  }
}
