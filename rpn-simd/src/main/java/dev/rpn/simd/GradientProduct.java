package dev.rpn.simd;

import static dev.rpn.simd.ProductKernel.CHUNK;
import static dev.rpn.simd.ProductKernel.step;
import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.GROUP_BYTES;
import static dev.rpn.simd.Species.ORDER;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.Fma;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The innermost product of weight gradients: some input channels with three vectors of outputs,
 * summed over positions, every sum kept in a register, in ascending order from 0.
 *
 * <p>Three vectors because a filter has three columns: the vectors are then one packed vector of
 * output gradients at three neighbouring positions, and a few output channels fill the tile as well
 * as many. Two rows suit 16 registers. Of 32, four rows use half; but C1 gives up on methods that
 * are much larger than these once it counts branches ('out of virtual registers'), and what C1 does
 * not profile C2 never compiles: the process stays with vectors as objects, a hundred times slower.
 * For the form of the methods see {@link ProductKernel}.
 */
final class GradientProduct {
  /** Rows of the register tile. */
  static final int ROWS = Species.WIDE_TILE ? 4 : 2;

  /** Vectors in a row of the register tile. */
  static final int VECTORS = 3;

  /** Bytes of a tile of sums. */
  static final long SUM_BYTES = BYTES * ROWS * VECTORS;

  /** What the last product may look at, without reading it, behind its operands. */
  static final long SLACK = CHUNK * GROUP_BYTES;

  private GradientProduct() {}

  /**
   * {@code m[r][j] = sum over k of x[k][r] * u[k - j]}, {@code u[k]} and {@code m[r][j]} being
   * vectors.
   *
   * @param memory holds all operands, and {@link #SLACK} bytes behind them
   * @param xOffset the first of {@link #ROWS} values of each {@code x}, a group apart
   * @param uOffset {@code u[0]}; vectors lie one after the other
   * @param depth how many products a sum has
   * @param mOffset where {@link #SUM_BYTES} are written
   */
  static void multiply(MemorySegment memory, long xOffset, long uOffset, int depth, long mOffset) {
    if (Species.WIDE_TILE) {
      multiply4x3(memory, xOffset, uOffset, depth, mOffset);
    } else if (Fma.FUSED) {
      multiply2x3(memory, xOffset, uOffset, depth, mOffset);
    } else {
      multiply2x3Unfused(memory, xOffset, uOffset, depth, mOffset);
    }
  }

  /** Four rows of three vectors. */
  private static void multiply4x3(
      MemorySegment memory, long xOffset, long uOffset, int depth, long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero, s01 = zero, s02 = zero;
    FloatVector s10 = zero, s11 = zero, s12 = zero;
    FloatVector s20 = zero, s21 = zero, s22 = zero;
    FloatVector s30 = zero, s31 = zero, s32 = zero;
    for (int first = 0; first < depth; first += CHUNK) {
      MemorySegment xs = memory.asSlice(xOffset + first * GROUP_BYTES, CHUNK * GROUP_BYTES);
      MemorySegment us = memory.asSlice(uOffset + first * BYTES - 2 * BYTES, (CHUNK + 2) * BYTES);
      int steps = Math.min(CHUNK, depth - first);
      for (int i = 0; i < steps; i += step) {
        int k = i & CHUNK - 1;
        long at = k * GROUP_BYTES;
        long u = k * BYTES;
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, us, u + 2 * BYTES, ORDER);
        FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, us, u + BYTES, ORDER);
        FloatVector u2 = FloatVector.fromMemorySegment(FLOAT, us, u, ORDER);
        FloatVector x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at));
        s00 = x.fma(u0, s00);
        s01 = x.fma(u1, s01);
        s02 = x.fma(u2, s02);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + Float.BYTES));
        s10 = x.fma(u0, s10);
        s11 = x.fma(u1, s11);
        s12 = x.fma(u2, s12);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 2 * Float.BYTES));
        s20 = x.fma(u0, s20);
        s21 = x.fma(u1, s21);
        s22 = x.fma(u2, s22);
        x = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + 3 * Float.BYTES));
        s30 = x.fma(u0, s30);
        s31 = x.fma(u1, s31);
        s32 = x.fma(u2, s32);
      }
    }
    s00.intoMemorySegment(memory, mOffset, ORDER);
    s01.intoMemorySegment(memory, mOffset + BYTES, ORDER);
    s02.intoMemorySegment(memory, mOffset + 2 * BYTES, ORDER);
    s10.intoMemorySegment(memory, mOffset + 3 * BYTES, ORDER);
    s11.intoMemorySegment(memory, mOffset + 4 * BYTES, ORDER);
    s12.intoMemorySegment(memory, mOffset + 5 * BYTES, ORDER);
    s20.intoMemorySegment(memory, mOffset + 6 * BYTES, ORDER);
    s21.intoMemorySegment(memory, mOffset + 7 * BYTES, ORDER);
    s22.intoMemorySegment(memory, mOffset + 8 * BYTES, ORDER);
    s30.intoMemorySegment(memory, mOffset + 9 * BYTES, ORDER);
    s31.intoMemorySegment(memory, mOffset + 10 * BYTES, ORDER);
    s32.intoMemorySegment(memory, mOffset + 11 * BYTES, ORDER);
  }

  /** Two rows of three vectors. */
  private static void multiply2x3(
      MemorySegment memory, long xOffset, long uOffset, int depth, long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero, s01 = zero, s02 = zero;
    FloatVector s10 = zero, s11 = zero, s12 = zero;
    for (int first = 0; first < depth; first += CHUNK) {
      MemorySegment xs = memory.asSlice(xOffset + first * GROUP_BYTES, CHUNK * GROUP_BYTES);
      MemorySegment us = memory.asSlice(uOffset + first * BYTES - 2 * BYTES, (CHUNK + 2) * BYTES);
      int steps = Math.min(CHUNK, depth - first);
      for (int i = 0; i < steps; i += step) {
        int k = i & CHUNK - 1;
        long at = k * GROUP_BYTES;
        long u = k * BYTES;
        FloatVector x0 = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at));
        FloatVector x1 = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + Float.BYTES));
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, us, u + 2 * BYTES, ORDER);
        FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, us, u + BYTES, ORDER);
        FloatVector u2 = FloatVector.fromMemorySegment(FLOAT, us, u, ORDER);
        s00 = x0.fma(u0, s00);
        s01 = x0.fma(u1, s01);
        s02 = x0.fma(u2, s02);
        s10 = x1.fma(u0, s10);
        s11 = x1.fma(u1, s11);
        s12 = x1.fma(u2, s12);
      }
    }
    s00.intoMemorySegment(memory, mOffset, ORDER);
    s01.intoMemorySegment(memory, mOffset + BYTES, ORDER);
    s02.intoMemorySegment(memory, mOffset + 2 * BYTES, ORDER);
    s10.intoMemorySegment(memory, mOffset + 3 * BYTES, ORDER);
    s11.intoMemorySegment(memory, mOffset + 4 * BYTES, ORDER);
    s12.intoMemorySegment(memory, mOffset + 5 * BYTES, ORDER);
  }

  /** Two rows of three vectors, where a fused product would be computed in software. */
  private static void multiply2x3Unfused(
      MemorySegment memory, long xOffset, long uOffset, int depth, long mOffset) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s00 = zero, s01 = zero, s02 = zero;
    FloatVector s10 = zero, s11 = zero, s12 = zero;
    for (int first = 0; first < depth; first += CHUNK) {
      MemorySegment xs = memory.asSlice(xOffset + first * GROUP_BYTES, CHUNK * GROUP_BYTES);
      MemorySegment us = memory.asSlice(uOffset + first * BYTES - 2 * BYTES, (CHUNK + 2) * BYTES);
      int steps = Math.min(CHUNK, depth - first);
      for (int i = 0; i < steps; i += step) {
        int k = i & CHUNK - 1;
        long at = k * GROUP_BYTES;
        long u = k * BYTES;
        FloatVector x0 = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at));
        FloatVector x1 = FloatVector.broadcast(FLOAT, xs.get(JAVA_FLOAT, at + Float.BYTES));
        FloatVector u0 = FloatVector.fromMemorySegment(FLOAT, us, u + 2 * BYTES, ORDER);
        FloatVector u1 = FloatVector.fromMemorySegment(FLOAT, us, u + BYTES, ORDER);
        FloatVector u2 = FloatVector.fromMemorySegment(FLOAT, us, u, ORDER);
        s00 = x0.mul(u0).add(s00);
        s01 = x0.mul(u1).add(s01);
        s02 = x0.mul(u2).add(s02);
        s10 = x1.mul(u0).add(s10);
        s11 = x1.mul(u1).add(s11);
        s12 = x1.mul(u2).add(s12);
      }
    }
    s00.intoMemorySegment(memory, mOffset, ORDER);
    s01.intoMemorySegment(memory, mOffset + BYTES, ORDER);
    s02.intoMemorySegment(memory, mOffset + 2 * BYTES, ORDER);
    s10.intoMemorySegment(memory, mOffset + 3 * BYTES, ORDER);
    s11.intoMemorySegment(memory, mOffset + 4 * BYTES, ORDER);
    s12.intoMemorySegment(memory, mOffset + 5 * BYTES, ORDER);
  }
}
