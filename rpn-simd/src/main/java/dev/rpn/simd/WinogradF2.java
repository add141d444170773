package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.ORDER;
import static dev.rpn.simd.Species.TILE_VECTORS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** F(2x2,3x3): 16 products for 36; every coefficient is 0, 1, -1 or 1/2. */
final class WinogradF2 extends Winograd {
  /** Outputs below this become 0. */
  private final float threshold;

  private WinogradF2(float threshold) {
    super(2);
    this.threshold = threshold;
  }

  static WinogradF2 withRelu() {
    return new WinogradF2(0);
  }

  static WinogradF2 withoutRelu() {
    return new WinogradF2(Float.NEGATIVE_INFINITY);
  }

  /** Row after row of positions: few streams of stores at a time, which lie pages apart. */
  @Override
  void filters(
      MemorySegment g,
      long gOffset,
      long gRow,
      long gTap,
      long gChannel,
      MemorySegment u,
      long uOffset,
      long uPlane,
      int channels) {
    innerRows(g, gOffset, gRow, gTap, gChannel, u, uOffset + 4 * uPlane, uPlane, channels);
    outerRow(g, gOffset, gTap, gChannel, u, uOffset, uPlane, channels);
    outerRow(g, gOffset + 2 * gRow, gTap, gChannel, u, uOffset + 12 * uPlane, uPlane, channels);
  }

  /** The first or last row of positions, from the first or last row of taps. */
  private static void outerRow(
      MemorySegment g,
      long gOffset,
      long gTap,
      long gChannel,
      MemorySegment u,
      long uOffset,
      long uPlane,
      int channels) {
    for (int i = 0; i < channels * TILE_VECTORS; i++) {
      long from = gOffset + i / TILE_VECTORS * gChannel + i % TILE_VECTORS * BYTES;
      long to = uOffset + i * BYTES;
      FloatVector g0 = FloatVector.fromMemorySegment(FLOAT, g, from, ORDER);
      FloatVector g1 = FloatVector.fromMemorySegment(FLOAT, g, from + gTap, ORDER);
      FloatVector g2 = FloatVector.fromMemorySegment(FLOAT, g, from + 2 * gTap, ORDER);
      FloatVector sum = g0.add(g2);
      g0.intoMemorySegment(u, to, ORDER);
      sum.add(g1).mul(0.5f).intoMemorySegment(u, to + uPlane, ORDER);
      sum.sub(g1).mul(0.5f).intoMemorySegment(u, to + 2 * uPlane, ORDER);
      g2.intoMemorySegment(u, to + 3 * uPlane, ORDER);
    }
  }

  /** The two rows of positions between, from all taps. */
  private static void innerRows(
      MemorySegment g,
      long gOffset,
      long gRow,
      long gTap,
      long gChannel,
      MemorySegment u,
      long uOffset,
      long uPlane,
      int channels) {
    for (int i = 0; i < channels * TILE_VECTORS; i++) {
      long from = gOffset + i / TILE_VECTORS * gChannel + i % TILE_VECTORS * BYTES;
      long to = uOffset + i * BYTES;
      FloatVector g0 = FloatVector.fromMemorySegment(FLOAT, g, from, ORDER);
      FloatVector g1 = FloatVector.fromMemorySegment(FLOAT, g, from + gTap, ORDER);
      FloatVector g2 = FloatVector.fromMemorySegment(FLOAT, g, from + 2 * gTap, ORDER);
      from += gRow;
      FloatVector g3 = FloatVector.fromMemorySegment(FLOAT, g, from, ORDER);
      FloatVector g4 = FloatVector.fromMemorySegment(FLOAT, g, from + gTap, ORDER);
      FloatVector g5 = FloatVector.fromMemorySegment(FLOAT, g, from + 2 * gTap, ORDER);
      from += gRow;
      FloatVector s0 = FloatVector.fromMemorySegment(FLOAT, g, from, ORDER).add(g0);
      FloatVector s1 = FloatVector.fromMemorySegment(FLOAT, g, from + gTap, ORDER).add(g1);
      FloatVector s2 = FloatVector.fromMemorySegment(FLOAT, g, from + 2 * gTap, ORDER).add(g2);
      FloatVector a0 = s0.add(g3).mul(0.5f);
      FloatVector a1 = s1.add(g4).mul(0.5f);
      FloatVector a2 = s2.add(g5).mul(0.5f);
      FloatVector sum = a0.add(a2);
      a0.intoMemorySegment(u, to, ORDER);
      sum.add(a1).mul(0.5f).intoMemorySegment(u, to + uPlane, ORDER);
      sum.sub(a1).mul(0.5f).intoMemorySegment(u, to + 2 * uPlane, ORDER);
      a2.intoMemorySegment(u, to + 3 * uPlane, ORDER);
      a0 = s0.sub(g3).mul(0.5f);
      a1 = s1.sub(g4).mul(0.5f);
      a2 = s2.sub(g5).mul(0.5f);
      sum = a0.add(a2);
      a0.intoMemorySegment(u, to + 4 * uPlane, ORDER);
      sum.add(a1).mul(0.5f).intoMemorySegment(u, to + 5 * uPlane, ORDER);
      sum.sub(a1).mul(0.5f).intoMemorySegment(u, to + 6 * uPlane, ORDER);
      a2.intoMemorySegment(u, to + 7 * uPlane, ORDER);
    }
  }

  @Override
  void input(
      MemorySegment d,
      long dOffset,
      long dRow,
      long dColumn,
      MemorySegment v,
      long vOffset,
      long vPlane,
      long vTile,
      int vectors,
      int tiles) {
    // One loop over tiles and vectors: two would meet their checks anew at every tile.
    long from = dOffset;
    long to = vOffset;
    int rest = vectors;
    for (int i = 0; i < tiles * vectors; i++) {
      FloatVector d0 = FloatVector.fromMemorySegment(FLOAT, d, from, ORDER);
      FloatVector d1 = FloatVector.fromMemorySegment(FLOAT, d, from + dRow, ORDER);
      FloatVector d2 = FloatVector.fromMemorySegment(FLOAT, d, from + 2 * dRow, ORDER);
      FloatVector d3 = FloatVector.fromMemorySegment(FLOAT, d, from + 3 * dRow, ORDER);
      FloatVector t00 = d0.sub(d2);
      FloatVector t10 = d1.add(d2);
      FloatVector t20 = d2.sub(d1);
      FloatVector t30 = d1.sub(d3);
      d0 = FloatVector.fromMemorySegment(FLOAT, d, from + dColumn, ORDER);
      d1 = FloatVector.fromMemorySegment(FLOAT, d, from + dRow + dColumn, ORDER);
      d2 = FloatVector.fromMemorySegment(FLOAT, d, from + 2 * dRow + dColumn, ORDER);
      d3 = FloatVector.fromMemorySegment(FLOAT, d, from + 3 * dRow + dColumn, ORDER);
      FloatVector t01 = d0.sub(d2);
      FloatVector t11 = d1.add(d2);
      FloatVector t21 = d2.sub(d1);
      FloatVector t31 = d1.sub(d3);
      d0 = FloatVector.fromMemorySegment(FLOAT, d, from + 2 * dColumn, ORDER);
      d1 = FloatVector.fromMemorySegment(FLOAT, d, from + dRow + 2 * dColumn, ORDER);
      d2 = FloatVector.fromMemorySegment(FLOAT, d, from + 2 * dRow + 2 * dColumn, ORDER);
      d3 = FloatVector.fromMemorySegment(FLOAT, d, from + 3 * dRow + 2 * dColumn, ORDER);
      FloatVector t02 = d0.sub(d2);
      FloatVector t12 = d1.add(d2);
      FloatVector t22 = d2.sub(d1);
      FloatVector t32 = d1.sub(d3);
      d0 = FloatVector.fromMemorySegment(FLOAT, d, from + 3 * dColumn, ORDER);
      d1 = FloatVector.fromMemorySegment(FLOAT, d, from + dRow + 3 * dColumn, ORDER);
      d2 = FloatVector.fromMemorySegment(FLOAT, d, from + 2 * dRow + 3 * dColumn, ORDER);
      d3 = FloatVector.fromMemorySegment(FLOAT, d, from + 3 * dRow + 3 * dColumn, ORDER);
      FloatVector t03 = d0.sub(d2);
      FloatVector t13 = d1.add(d2);
      FloatVector t23 = d2.sub(d1);
      FloatVector t33 = d1.sub(d3);
      t00.sub(t02).intoMemorySegment(v, to, ORDER);
      t01.add(t02).intoMemorySegment(v, to + vPlane, ORDER);
      t02.sub(t01).intoMemorySegment(v, to + 2 * vPlane, ORDER);
      t01.sub(t03).intoMemorySegment(v, to + 3 * vPlane, ORDER);
      t10.sub(t12).intoMemorySegment(v, to + 4 * vPlane, ORDER);
      t11.add(t12).intoMemorySegment(v, to + 5 * vPlane, ORDER);
      t12.sub(t11).intoMemorySegment(v, to + 6 * vPlane, ORDER);
      t11.sub(t13).intoMemorySegment(v, to + 7 * vPlane, ORDER);
      t20.sub(t22).intoMemorySegment(v, to + 8 * vPlane, ORDER);
      t21.add(t22).intoMemorySegment(v, to + 9 * vPlane, ORDER);
      t22.sub(t21).intoMemorySegment(v, to + 10 * vPlane, ORDER);
      t21.sub(t23).intoMemorySegment(v, to + 11 * vPlane, ORDER);
      t30.sub(t32).intoMemorySegment(v, to + 12 * vPlane, ORDER);
      t31.add(t32).intoMemorySegment(v, to + 13 * vPlane, ORDER);
      t32.sub(t31).intoMemorySegment(v, to + 14 * vPlane, ORDER);
      t31.sub(t33).intoMemorySegment(v, to + 15 * vPlane, ORDER);
      from += BYTES;
      to += BYTES;
      if (--rest == 0) {
        rest = vectors;
        from += 2 * dColumn - vectors * BYTES;
        to += vTile - vectors * BYTES;
      }
    }
  }

  @Override
  void output(
      MemorySegment m,
      long mOffset,
      long mPlane,
      long mTile,
      MemorySegment bias,
      long biasOffset,
      MemorySegment y,
      long yOffset,
      long yRow,
      long yColumn,
      long yTile,
      int vectors,
      int tiles) {
    long from = mOffset;
    long to = yOffset;
    long at = biasOffset;
    int rest = vectors;
    for (int i = 0; i < tiles * vectors; i++) {
      FloatVector m0 = FloatVector.fromMemorySegment(FLOAT, m, from, ORDER);
      FloatVector m1 = FloatVector.fromMemorySegment(FLOAT, m, from + 4 * mPlane, ORDER);
      FloatVector m2 = FloatVector.fromMemorySegment(FLOAT, m, from + 8 * mPlane, ORDER);
      FloatVector m3 = FloatVector.fromMemorySegment(FLOAT, m, from + 12 * mPlane, ORDER);
      FloatVector s00 = m0.add(m1).add(m2);
      FloatVector s10 = m1.sub(m2).sub(m3);
      m0 = FloatVector.fromMemorySegment(FLOAT, m, from + mPlane, ORDER);
      m1 = FloatVector.fromMemorySegment(FLOAT, m, from + 5 * mPlane, ORDER);
      m2 = FloatVector.fromMemorySegment(FLOAT, m, from + 9 * mPlane, ORDER);
      m3 = FloatVector.fromMemorySegment(FLOAT, m, from + 13 * mPlane, ORDER);
      FloatVector s01 = m0.add(m1).add(m2);
      FloatVector s11 = m1.sub(m2).sub(m3);
      m0 = FloatVector.fromMemorySegment(FLOAT, m, from + 2 * mPlane, ORDER);
      m1 = FloatVector.fromMemorySegment(FLOAT, m, from + 6 * mPlane, ORDER);
      m2 = FloatVector.fromMemorySegment(FLOAT, m, from + 10 * mPlane, ORDER);
      m3 = FloatVector.fromMemorySegment(FLOAT, m, from + 14 * mPlane, ORDER);
      FloatVector s02 = m0.add(m1).add(m2);
      FloatVector s12 = m1.sub(m2).sub(m3);
      m0 = FloatVector.fromMemorySegment(FLOAT, m, from + 3 * mPlane, ORDER);
      m1 = FloatVector.fromMemorySegment(FLOAT, m, from + 7 * mPlane, ORDER);
      m2 = FloatVector.fromMemorySegment(FLOAT, m, from + 11 * mPlane, ORDER);
      m3 = FloatVector.fromMemorySegment(FLOAT, m, from + 15 * mPlane, ORDER);
      FloatVector s03 = m0.add(m1).add(m2);
      FloatVector s13 = m1.sub(m2).sub(m3);
      FloatVector b = FloatVector.fromMemorySegment(FLOAT, bias, at, ORDER);
      FloatVector y00 = s00.add(s01).add(s02).add(b);
      y00.blend(0f, y00.lt(threshold)).intoMemorySegment(y, to, ORDER);
      FloatVector y01 = s01.sub(s02).sub(s03).add(b);
      y01.blend(0f, y01.lt(threshold)).intoMemorySegment(y, to + yColumn, ORDER);
      FloatVector y10 = s10.add(s11).add(s12).add(b);
      y10.blend(0f, y10.lt(threshold)).intoMemorySegment(y, to + yRow, ORDER);
      FloatVector y11 = s11.sub(s12).sub(s13).add(b);
      y11.blend(0f, y11.lt(threshold)).intoMemorySegment(y, to + yRow + yColumn, ORDER);
      from += BYTES;
      to += BYTES;
      at += BYTES;
      if (--rest == 0) {
        rest = vectors;
        from += mTile - vectors * BYTES;
        to += yTile - vectors * BYTES;
        at = biasOffset;
      }
    }
  }
}
