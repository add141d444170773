package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The transforms of F(3x3,4x4), the gradient of 3x3 filters by 36 products for 144: where forward
 * {@code y = A'((G g G') . (B' d B))A}, backward {@code dg = G'(sum over tiles of (B' d B) . (A dy
 * A'))G}, interpolated at 0, +-1, +-2 and infinity (Lavin and Gray, 'Fast Algorithms for CNNs',
 * 2015).
 *
 * <p>With these points every coefficient is an integer but those of G, whose denominators are taken
 * out as one factor at the end: small integers have exact gradients. The points of {@link
 * WinogradF4} would halve the error, which is small beside the noise of a batch, and lose that.
 *
 * <p>Each call makes one column of positions: the six that have one coefficient of the dimension x.
 * What a column needs fits into the second-level cache where a whole tile's 36 would not. Products
 * stand in the methods themselves: where C2 does not inline a helper, the vectors that go in and
 * come out are allocated. For fused products only.
 */
final class WinogradGradient {
  /** Output gradients along a side of a tile. */
  static final int SIDE = 4;

  /** Inputs along a side of a tile, and products. */
  static final int WINDOW = SIDE + 2;

  /** Taps along a side of the filter. */
  static final int TAPS = 3;

  /** B of inputs 1, 2 and 3, or for the first column 0, 2, 3; the last input has 1. */
  private static final float[] B = {
    4, -5, 0, //
    -4, -4, 1, //
    4, -4, -1, //
    -2, -1, 2, //
    2, -1, -2, //
    4, 0, -5
  };

  private static final float[] A = {
    1, 0, 0, 0, //
    1, 1, 1, 1, //
    1, -1, 1, -1, //
    1, 2, 4, 8, //
    1, -2, 4, -8, //
    0, 0, 0, 1
  };

  /** The denominator of G, 24, in both dimensions. */
  static final float SCALE = 1f / (24 * 24);

  private WinogradGradient() {}

  /** The transform of one column of positions. */
  @FunctionalInterface
  interface Column {
    /**
     * Transforms some tiles that lie side by side.
     *
     * @param x which column of positions
     * @param d the first window's first channel of its first pixel at {@code offset}; rows and
     *     columns lie {@code row} and {@code column} bytes apart, tiles {@link #SIDE} columns
     * @param v written from {@code vOffset}, positions {@code vPlane} bytes apart, tiles {@code
     *     vTile}
     * @param vectors how many vectors of channels
     * @param tiles how many tiles
     */
    void transform(
        int x,
        MemorySegment d,
        long offset,
        long row,
        long column,
        MemorySegment v,
        long vOffset,
        long vPlane,
        long vTile,
        int vectors,
        int tiles);
  }

  /** {@code B' d B} of windows of inputs. */
  static void input(
      int x,
      MemorySegment d,
      long offset,
      long row,
      long column,
      MemorySegment v,
      long vOffset,
      long vPlane,
      long vTile,
      int vectors,
      int tiles) {
    FloatVector b0 = FloatVector.broadcast(FLOAT, B[3 * x]);
    FloatVector b1 = FloatVector.broadcast(FLOAT, B[3 * x + 1]);
    FloatVector b2 = FloatVector.broadcast(FLOAT, B[3 * x + 2]);
    FloatVector two = FloatVector.broadcast(FLOAT, 2f);
    FloatVector four = FloatVector.broadcast(FLOAT, 4f);
    long c0 = x == 0 ? 0 : column;
    long c1 = 2 * column;
    long c2 = 3 * column;
    long c3 = (x == WINDOW - 1 ? 5 : 4) * column;
    long from = offset;
    long to = vOffset;
    int rest = vectors;
    for (int i = 0; i < tiles * vectors; i++) {
      long at = from;
      FloatVector d0 = FloatVector.fromMemorySegment(FLOAT, d, at + c3, ORDER);
      d0 = FloatVector.fromMemorySegment(FLOAT, d, at + c0, ORDER).fma(b0, d0);
      d0 = FloatVector.fromMemorySegment(FLOAT, d, at + c1, ORDER).fma(b1, d0);
      d0 = FloatVector.fromMemorySegment(FLOAT, d, at + c2, ORDER).fma(b2, d0);
      at += row;
      FloatVector d1 = FloatVector.fromMemorySegment(FLOAT, d, at + c3, ORDER);
      d1 = FloatVector.fromMemorySegment(FLOAT, d, at + c0, ORDER).fma(b0, d1);
      d1 = FloatVector.fromMemorySegment(FLOAT, d, at + c1, ORDER).fma(b1, d1);
      d1 = FloatVector.fromMemorySegment(FLOAT, d, at + c2, ORDER).fma(b2, d1);
      at += row;
      FloatVector d2 = FloatVector.fromMemorySegment(FLOAT, d, at + c3, ORDER);
      d2 = FloatVector.fromMemorySegment(FLOAT, d, at + c0, ORDER).fma(b0, d2);
      d2 = FloatVector.fromMemorySegment(FLOAT, d, at + c1, ORDER).fma(b1, d2);
      d2 = FloatVector.fromMemorySegment(FLOAT, d, at + c2, ORDER).fma(b2, d2);
      at += row;
      FloatVector d3 = FloatVector.fromMemorySegment(FLOAT, d, at + c3, ORDER);
      d3 = FloatVector.fromMemorySegment(FLOAT, d, at + c0, ORDER).fma(b0, d3);
      d3 = FloatVector.fromMemorySegment(FLOAT, d, at + c1, ORDER).fma(b1, d3);
      d3 = FloatVector.fromMemorySegment(FLOAT, d, at + c2, ORDER).fma(b2, d3);
      at += row;
      FloatVector d4 = FloatVector.fromMemorySegment(FLOAT, d, at + c3, ORDER);
      d4 = FloatVector.fromMemorySegment(FLOAT, d, at + c0, ORDER).fma(b0, d4);
      d4 = FloatVector.fromMemorySegment(FLOAT, d, at + c1, ORDER).fma(b1, d4);
      d4 = FloatVector.fromMemorySegment(FLOAT, d, at + c2, ORDER).fma(b2, d4);
      at += row;
      FloatVector d5 = FloatVector.fromMemorySegment(FLOAT, d, at + c3, ORDER);
      d5 = FloatVector.fromMemorySegment(FLOAT, d, at + c0, ORDER).fma(b0, d5);
      d5 = FloatVector.fromMemorySegment(FLOAT, d, at + c1, ORDER).fma(b1, d5);
      d5 = FloatVector.fromMemorySegment(FLOAT, d, at + c2, ORDER).fma(b2, d5);
      FloatVector even1 = four.fma(d2.neg(), d4);
      FloatVector odd1 = four.fma(d1.neg(), d3);
      FloatVector even2 = d4.sub(d2);
      FloatVector odd2 = d3.sub(d1);
      FloatVector twice = odd2.mul(two);
      d0.sub(d2).fma(four, even2).intoMemorySegment(v, to, ORDER);
      even1.add(odd1).intoMemorySegment(v, to + vPlane, ORDER);
      even1.sub(odd1).intoMemorySegment(v, to + 2 * vPlane, ORDER);
      even2.add(twice).intoMemorySegment(v, to + 3 * vPlane, ORDER);
      even2.sub(twice).intoMemorySegment(v, to + 4 * vPlane, ORDER);
      d5.sub(d3).sub(twice.mul(two)).intoMemorySegment(v, to + 5 * vPlane, ORDER);
      from += BYTES;
      to += BYTES;
      if (--rest == 0) {
        rest = vectors;
        from += SIDE * column - vectors * BYTES;
        to += vTile - vectors * BYTES;
      }
    }
  }

  /** {@code A dy A'} of tiles of output gradients. */
  static void outputGradient(
      int x,
      MemorySegment dy,
      long offset,
      long row,
      long column,
      MemorySegment z,
      long zOffset,
      long zPlane,
      long zTile,
      int vectors,
      int tiles) {
    FloatVector a0 = FloatVector.broadcast(FLOAT, A[4 * x]);
    FloatVector a1 = FloatVector.broadcast(FLOAT, A[4 * x + 1]);
    FloatVector a2 = FloatVector.broadcast(FLOAT, A[4 * x + 2]);
    FloatVector a3 = FloatVector.broadcast(FLOAT, A[4 * x + 3]);
    FloatVector two = FloatVector.broadcast(FLOAT, 2f);
    FloatVector four = FloatVector.broadcast(FLOAT, 4f);
    long from = offset;
    long to = zOffset;
    int rest = vectors;
    for (int i = 0; i < tiles * vectors; i++) {
      long at = from;
      FloatVector y0 = FloatVector.fromMemorySegment(FLOAT, dy, at, ORDER).mul(a0);
      y0 = FloatVector.fromMemorySegment(FLOAT, dy, at + column, ORDER).fma(a1, y0);
      y0 = FloatVector.fromMemorySegment(FLOAT, dy, at + 2 * column, ORDER).fma(a2, y0);
      y0 = FloatVector.fromMemorySegment(FLOAT, dy, at + 3 * column, ORDER).fma(a3, y0);
      at += row;
      FloatVector y1 = FloatVector.fromMemorySegment(FLOAT, dy, at, ORDER).mul(a0);
      y1 = FloatVector.fromMemorySegment(FLOAT, dy, at + column, ORDER).fma(a1, y1);
      y1 = FloatVector.fromMemorySegment(FLOAT, dy, at + 2 * column, ORDER).fma(a2, y1);
      y1 = FloatVector.fromMemorySegment(FLOAT, dy, at + 3 * column, ORDER).fma(a3, y1);
      at += row;
      FloatVector y2 = FloatVector.fromMemorySegment(FLOAT, dy, at, ORDER).mul(a0);
      y2 = FloatVector.fromMemorySegment(FLOAT, dy, at + column, ORDER).fma(a1, y2);
      y2 = FloatVector.fromMemorySegment(FLOAT, dy, at + 2 * column, ORDER).fma(a2, y2);
      y2 = FloatVector.fromMemorySegment(FLOAT, dy, at + 3 * column, ORDER).fma(a3, y2);
      at += row;
      FloatVector y3 = FloatVector.fromMemorySegment(FLOAT, dy, at, ORDER).mul(a0);
      y3 = FloatVector.fromMemorySegment(FLOAT, dy, at + column, ORDER).fma(a1, y3);
      y3 = FloatVector.fromMemorySegment(FLOAT, dy, at + 2 * column, ORDER).fma(a2, y3);
      y3 = FloatVector.fromMemorySegment(FLOAT, dy, at + 3 * column, ORDER).fma(a3, y3);
      FloatVector even1 = y0.add(y2);
      FloatVector odd1 = y1.add(y3);
      FloatVector even2 = y2.fma(four, y0);
      FloatVector odd2 = y3.fma(four, y1).mul(two);
      y0.intoMemorySegment(z, to, ORDER);
      even1.add(odd1).intoMemorySegment(z, to + zPlane, ORDER);
      even1.sub(odd1).intoMemorySegment(z, to + 2 * zPlane, ORDER);
      even2.add(odd2).intoMemorySegment(z, to + 3 * zPlane, ORDER);
      even2.sub(odd2).intoMemorySegment(z, to + 4 * zPlane, ORDER);
      y3.intoMemorySegment(z, to + 5 * zPlane, ORDER);
      from += BYTES;
      to += BYTES;
      if (--rest == 0) {
        rest = vectors;
        from += SIDE * column - vectors * BYTES;
        to += zTile - vectors * BYTES;
      }
    }
  }

  /**
   * {@code G'} along one dimension: six planes to three, of the sums of a column of positions, and
   * then of what all columns gave.
   *
   * @param m read from {@code mOffset}, planes {@code mPlane} bytes apart
   * @param w written from {@code wOffset}, planes {@code wPlane} bytes apart
   * @param vectors how many vectors of each plane, one after the other
   * @param scale a factor of the result
   * @param add whether the result is added to what is there
   */
  static void filters(
      MemorySegment m,
      long mOffset,
      long mPlane,
      MemorySegment w,
      long wOffset,
      long wPlane,
      int vectors,
      float scale,
      boolean add) {
    FloatVector four = FloatVector.broadcast(FLOAT, 4f);
    FloatVector factor = FloatVector.broadcast(FLOAT, scale);
    for (int i = 0; i < vectors; i++) {
      long from = mOffset + i * BYTES;
      FloatVector m0 = FloatVector.fromMemorySegment(FLOAT, m, from, ORDER);
      FloatVector m1 = FloatVector.fromMemorySegment(FLOAT, m, from + mPlane, ORDER);
      FloatVector m2 = FloatVector.fromMemorySegment(FLOAT, m, from + 2 * mPlane, ORDER);
      FloatVector m3 = FloatVector.fromMemorySegment(FLOAT, m, from + 3 * mPlane, ORDER);
      FloatVector m4 = FloatVector.fromMemorySegment(FLOAT, m, from + 4 * mPlane, ORDER);
      FloatVector m5 = FloatVector.fromMemorySegment(FLOAT, m, from + 5 * mPlane, ORDER);
      FloatVector sum1 = m1.add(m2);
      FloatVector sum2 = m3.add(m4);
      FloatVector w0 = four.fma(sum1.neg(), m0.fma(FloatVector.broadcast(FLOAT, 6f), sum2));
      FloatVector w1 = m2.sub(m1).fma(four, m3.sub(m4).mul(2f));
      FloatVector w2 = sum2.sub(sum1).fma(four, m5.mul(24f));
      w0 = w0.mul(factor);
      w1 = w1.mul(factor);
      w2 = w2.mul(factor);
      long to = wOffset + i * BYTES;
      if (add) {
        w0 = FloatVector.fromMemorySegment(FLOAT, w, to, ORDER).add(w0);
        w1 = FloatVector.fromMemorySegment(FLOAT, w, to + wPlane, ORDER).add(w1);
        w2 = FloatVector.fromMemorySegment(FLOAT, w, to + 2 * wPlane, ORDER).add(w2);
      }
      w0.intoMemorySegment(w, to, ORDER);
      w1.intoMemorySegment(w, to + wPlane, ORDER);
      w2.intoMemorySegment(w, to + 2 * wPlane, ORDER);
    }
  }
}
