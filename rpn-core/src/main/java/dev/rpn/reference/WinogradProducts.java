package dev.rpn.reference;

import dev.rpn.kernel.Fma;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One position's products: {@code M[row][column] = sum over k of V[row][k] * U[k][column]}, four
 * rows by four columns at a time in local variables, k ascending from a sum of 0.
 *
 * <p>Layouts: V in groups of four rows {@code [row / 4][k][4]}, U in groups of four columns {@code
 * [column / 4][k][4]}, M {@code [row][columns]}.
 */
final class WinogradProducts {
  /** Rows and columns of a group. */
  static final int GROUP = 4;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private WinogradProducts() {}

  /** The number of groups that hold so many rows or columns. */
  static int groups(int count) {
    return (count + GROUP - 1) / GROUP;
  }

  /**
   * @param rows a multiple of four
   * @param depth length of the sums
   * @param columns a multiple of four
   */
  static void multiply(
      MemorySegment v,
      long vFrom,
      MemorySegment u,
      long uFrom,
      MemorySegment m,
      long mTo,
      int rows,
      int depth,
      int columns) {
    for (int column = 0; column < columns; column += GROUP) {
      for (int row = 0; row < rows; row += GROUP) {
        tile(
            v,
            (vFrom + (long) row * depth) * Float.BYTES,
            u,
            (uFrom + (long) column * depth) * Float.BYTES,
            m,
            (mTo + (long) row * columns + column) * Float.BYTES,
            depth,
            (long) columns * Float.BYTES);
      }
    }
  }

  private static void tile(
      MemorySegment v,
      long vOffset,
      MemorySegment u,
      long uOffset,
      MemorySegment m,
      long mOffset,
      int depth,
      long mStride) {
    float a00 = 0, a01 = 0, a02 = 0, a03 = 0;
    float a10 = 0, a11 = 0, a12 = 0, a13 = 0;
    float a20 = 0, a21 = 0, a22 = 0, a23 = 0;
    float a30 = 0, a31 = 0, a32 = 0, a33 = 0;
    for (int k = 0; k < depth; k++) {
      long step = 16L * k;
      float u0 = u.get(FLOAT, uOffset + step);
      float u1 = u.get(FLOAT, uOffset + step + 4);
      float u2 = u.get(FLOAT, uOffset + step + 8);
      float u3 = u.get(FLOAT, uOffset + step + 12);
      float v0 = v.get(FLOAT, vOffset + step);
      a00 = Fma.of(v0, u0, a00);
      a01 = Fma.of(v0, u1, a01);
      a02 = Fma.of(v0, u2, a02);
      a03 = Fma.of(v0, u3, a03);
      float v1 = v.get(FLOAT, vOffset + step + 4);
      a10 = Fma.of(v1, u0, a10);
      a11 = Fma.of(v1, u1, a11);
      a12 = Fma.of(v1, u2, a12);
      a13 = Fma.of(v1, u3, a13);
      float v2 = v.get(FLOAT, vOffset + step + 8);
      a20 = Fma.of(v2, u0, a20);
      a21 = Fma.of(v2, u1, a21);
      a22 = Fma.of(v2, u2, a22);
      a23 = Fma.of(v2, u3, a23);
      float v3 = v.get(FLOAT, vOffset + step + 12);
      a30 = Fma.of(v3, u0, a30);
      a31 = Fma.of(v3, u1, a31);
      a32 = Fma.of(v3, u2, a32);
      a33 = Fma.of(v3, u3, a33);
    }
    store(m, mOffset, a00, a01, a02, a03);
    store(m, mOffset + mStride, a10, a11, a12, a13);
    store(m, mOffset + 2 * mStride, a20, a21, a22, a23);
    store(m, mOffset + 3 * mStride, a30, a31, a32, a33);
  }

  private static void store(MemorySegment m, long at, float a, float b, float c, float d) {
    m.set(FLOAT, at, a);
    m.set(FLOAT, at + 4, b);
    m.set(FLOAT, at + 8, c);
    m.set(FLOAT, at + 12, d);
  }
}
