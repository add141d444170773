package dev.rpn.simd;

import static dev.rpn.simd.ProductKernel.CHUNK;
import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.GROUP_BYTES;
import static dev.rpn.simd.Species.ORDER;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The product of {@link TransposedProduct} with two vectors in place of a panel, and twice as many
 * columns of the first matrix. The same sums in the same order; for the form of the method see
 * {@link ProductKernel}. For 32 registers and fused products; callers have another way elsewhere.
 */
final class NarrowTransposedProduct {
  /** Columns of the first matrix in the register tile. */
  static final int ROWS = 8;

  /** Vectors in a row of the register tile. */
  static final int VECTORS = 2;

  private static final long ROW_BYTES = VECTORS * BYTES;

  private NarrowTransposedProduct() {}

  /**
   * {@code m[r][c] = sum over k of x[k][r] * u[k][c]}.
   *
   * @param memory holds all operands, and {@link TransposedProduct#SLACK} bytes behind them
   * @param xOffset the first of eight values of {@code depth} rows, a group apart
   * @param uOffset {@code depth} rows of two vectors, one after the other
   * @param depth how many products a sum has
   * @param mOffset where rows of two vectors are written, one after the other
   */
  static void multiply(MemorySegment memory, long xOffset, long uOffset, int depth, long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero, s01 = zero;
    FloatVector s10 = zero, s11 = zero;
    FloatVector s20 = zero, s21 = zero;
    FloatVector s30 = zero, s31 = zero;
    FloatVector s40 = zero, s41 = zero;
    FloatVector s50 = zero, s51 = zero;
    FloatVector s60 = zero, s61 = zero;
    FloatVector s70 = zero, s71 = zero;
    for (int first = 0; first < depth; first += CHUNK) {
      MemorySegment xs = memory.asSlice(xOffset + first * GROUP_BYTES, CHUNK * GROUP_BYTES);
      MemorySegment us = memory.asSlice(uOffset + first * ROW_BYTES, CHUNK * ROW_BYTES);
      int steps = Math.min(CHUNK, depth - first);
      for (int k = 0; k < steps; k++) {
        long at = k * GROUP_BYTES;
        long row = k * ROW_BYTES;
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, us, row, ORDER);
        FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, us, row + BYTES, ORDER);
        FloatVector x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at));
        s00 = x.fma(u0, s00);
        s01 = x.fma(u1, s01);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + Float.BYTES));
        s10 = x.fma(u0, s10);
        s11 = x.fma(u1, s11);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 2 * Float.BYTES));
        s20 = x.fma(u0, s20);
        s21 = x.fma(u1, s21);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 3 * Float.BYTES));
        s30 = x.fma(u0, s30);
        s31 = x.fma(u1, s31);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 4 * Float.BYTES));
        s40 = x.fma(u0, s40);
        s41 = x.fma(u1, s41);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 5 * Float.BYTES));
        s50 = x.fma(u0, s50);
        s51 = x.fma(u1, s51);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 6 * Float.BYTES));
        s60 = x.fma(u0, s60);
        s61 = x.fma(u1, s61);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 7 * Float.BYTES));
        s70 = x.fma(u0, s70);
        s71 = x.fma(u1, s71);
      }
    }
    s00.intoMemorySegment(memory, mOffset, ORDER);
    s01.intoMemorySegment(memory, mOffset + BYTES, ORDER);
    s10.intoMemorySegment(memory, mOffset + ROW_BYTES, ORDER);
    s11.intoMemorySegment(memory, mOffset + ROW_BYTES + BYTES, ORDER);
    s20.intoMemorySegment(memory, mOffset + 2 * ROW_BYTES, ORDER);
    s21.intoMemorySegment(memory, mOffset + 2 * ROW_BYTES + BYTES, ORDER);
    s30.intoMemorySegment(memory, mOffset + 3 * ROW_BYTES, ORDER);
    s31.intoMemorySegment(memory, mOffset + 3 * ROW_BYTES + BYTES, ORDER);
    s40.intoMemorySegment(memory, mOffset + 4 * ROW_BYTES, ORDER);
    s41.intoMemorySegment(memory, mOffset + 4 * ROW_BYTES + BYTES, ORDER);
    s50.intoMemorySegment(memory, mOffset + 5 * ROW_BYTES, ORDER);
    s51.intoMemorySegment(memory, mOffset + 5 * ROW_BYTES + BYTES, ORDER);
    s60.intoMemorySegment(memory, mOffset + 6 * ROW_BYTES, ORDER);
    s61.intoMemorySegment(memory, mOffset + 6 * ROW_BYTES + BYTES, ORDER);
    s70.intoMemorySegment(memory, mOffset + 7 * ROW_BYTES, ORDER);
    s71.intoMemorySegment(memory, mOffset + 7 * ROW_BYTES + BYTES, ORDER);
  }
}
