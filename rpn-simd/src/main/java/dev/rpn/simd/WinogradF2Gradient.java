package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * What F(2x2,3x3) becomes for the gradient of the filters, called F(3x3,2x2): where forward {@code
 * y = A'((G g G') . (B' d B))A}, backward {@code dg = G'(sum over tiles of (B' d B) . (A dy A'))G}.
 * The tile of inputs is transformed as forward, by {@link WinogradF2#input}.
 *
 * <p>Coefficients are 0, 1, -1 and 1/2, as there.
 */
final class WinogradF2Gradient {
  private WinogradF2Gradient() {}

  /**
   * {@code A dy A'} of some tiles of output gradients that lie side by side.
   *
   * @param dy the first tile's first channel at {@code offset}; rows and columns lie {@code row}
   *     and {@code column} bytes apart, tiles two columns
   * @param z written from {@code zOffset}, positions {@code zPlane} bytes apart, tiles {@code
   *     zTile}
   * @param vectors how many vectors of channels
   * @param tiles how many tiles
   */
  static void outputGradient(
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
    long from = offset;
    long to = zOffset;
    int rest = vectors;
    for (int i = 0; i < tiles * vectors; i++) {
      FloatVector y00 = FloatVector.fromMemorySegment(FLOAT, dy, from, ORDER);
      FloatVector y01 = FloatVector.fromMemorySegment(FLOAT, dy, from + column, ORDER);
      FloatVector y10 = FloatVector.fromMemorySegment(FLOAT, dy, from + row, ORDER);
      FloatVector y11 = FloatVector.fromMemorySegment(FLOAT, dy, from + row + column, ORDER);
      FloatVector sum0 = y00.add(y10);
      FloatVector sum1 = y01.add(y11);
      FloatVector difference0 = y00.sub(y10);
      FloatVector difference1 = y01.sub(y11);
      y00.intoMemorySegment(z, to, ORDER);
      y00.add(y01).intoMemorySegment(z, to + zPlane, ORDER);
      y00.sub(y01).intoMemorySegment(z, to + 2 * zPlane, ORDER);
      y01.neg().intoMemorySegment(z, to + 3 * zPlane, ORDER);
      sum0.intoMemorySegment(z, to + 4 * zPlane, ORDER);
      sum0.add(sum1).intoMemorySegment(z, to + 5 * zPlane, ORDER);
      sum0.sub(sum1).intoMemorySegment(z, to + 6 * zPlane, ORDER);
      sum1.neg().intoMemorySegment(z, to + 7 * zPlane, ORDER);
      difference0.intoMemorySegment(z, to + 8 * zPlane, ORDER);
      difference0.add(difference1).intoMemorySegment(z, to + 9 * zPlane, ORDER);
      difference0.sub(difference1).intoMemorySegment(z, to + 10 * zPlane, ORDER);
      difference1.neg().intoMemorySegment(z, to + 11 * zPlane, ORDER);
      y10.neg().intoMemorySegment(z, to + 12 * zPlane, ORDER);
      y10.add(y11).neg().intoMemorySegment(z, to + 13 * zPlane, ORDER);
      y11.sub(y10).intoMemorySegment(z, to + 14 * zPlane, ORDER);
      y11.intoMemorySegment(z, to + 15 * zPlane, ORDER);
      from += BYTES;
      to += BYTES;
      if (--rest == 0) {
        rest = vectors;
        from += 2 * column - vectors * BYTES;
        to += zTile - vectors * BYTES;
      }
    }
  }

  /**
   * {@code G' m G} of sums of products.
   *
   * @param m read from {@code mOffset}, positions {@code mPlane} bytes apart
   * @param w nine taps in rows, written from {@code wOffset}, {@code wPlane} bytes apart
   * @param vectors how many vectors of channels
   */
  static void filters(
      MemorySegment m,
      long mOffset,
      long mPlane,
      MemorySegment w,
      long wOffset,
      long wPlane,
      int vectors) {
    for (int i = 0; i < vectors; i++) {
      long from = mOffset + i * BYTES;
      long to = wOffset + i * BYTES;
      FloatVector m1 = FloatVector.fromMemorySegment(FLOAT, m, from + 4 * mPlane, ORDER);
      FloatVector m2 = FloatVector.fromMemorySegment(FLOAT, m, from + 8 * mPlane, ORDER);
      FloatVector half = m1.add(m2).mul(0.5f);
      FloatVector s00 = FloatVector.fromMemorySegment(FLOAT, m, from, ORDER).add(half);
      FloatVector s10 = m1.sub(m2).mul(0.5f);
      FloatVector s20 =
          half.add(FloatVector.fromMemorySegment(FLOAT, m, from + 12 * mPlane, ORDER));
      m1 = FloatVector.fromMemorySegment(FLOAT, m, from + 5 * mPlane, ORDER);
      m2 = FloatVector.fromMemorySegment(FLOAT, m, from + 9 * mPlane, ORDER);
      half = m1.add(m2).mul(0.5f);
      FloatVector s01 = FloatVector.fromMemorySegment(FLOAT, m, from + mPlane, ORDER).add(half);
      FloatVector s11 = m1.sub(m2).mul(0.5f);
      FloatVector s21 =
          half.add(FloatVector.fromMemorySegment(FLOAT, m, from + 13 * mPlane, ORDER));
      m1 = FloatVector.fromMemorySegment(FLOAT, m, from + 6 * mPlane, ORDER);
      m2 = FloatVector.fromMemorySegment(FLOAT, m, from + 10 * mPlane, ORDER);
      half = m1.add(m2).mul(0.5f);
      FloatVector s02 = FloatVector.fromMemorySegment(FLOAT, m, from + 2 * mPlane, ORDER).add(half);
      FloatVector s12 = m1.sub(m2).mul(0.5f);
      FloatVector s22 =
          half.add(FloatVector.fromMemorySegment(FLOAT, m, from + 14 * mPlane, ORDER));
      m1 = FloatVector.fromMemorySegment(FLOAT, m, from + 7 * mPlane, ORDER);
      m2 = FloatVector.fromMemorySegment(FLOAT, m, from + 11 * mPlane, ORDER);
      half = m1.add(m2).mul(0.5f);
      FloatVector s03 = FloatVector.fromMemorySegment(FLOAT, m, from + 3 * mPlane, ORDER).add(half);
      FloatVector s13 = m1.sub(m2).mul(0.5f);
      FloatVector s23 =
          half.add(FloatVector.fromMemorySegment(FLOAT, m, from + 15 * mPlane, ORDER));
      half = s01.add(s02).mul(0.5f);
      s00.add(half).intoMemorySegment(w, to, ORDER);
      s01.sub(s02).mul(0.5f).intoMemorySegment(w, to + wPlane, ORDER);
      half.add(s03).intoMemorySegment(w, to + 2 * wPlane, ORDER);
      half = s11.add(s12).mul(0.5f);
      s10.add(half).intoMemorySegment(w, to + 3 * wPlane, ORDER);
      s11.sub(s12).mul(0.5f).intoMemorySegment(w, to + 4 * wPlane, ORDER);
      half.add(s13).intoMemorySegment(w, to + 5 * wPlane, ORDER);
      half = s21.add(s22).mul(0.5f);
      s20.add(half).intoMemorySegment(w, to + 6 * wPlane, ORDER);
      s21.sub(s22).mul(0.5f).intoMemorySegment(w, to + 7 * wPlane, ORDER);
      half.add(s23).intoMemorySegment(w, to + 8 * wPlane, ORDER);
    }
  }
}
