package dev.rpn.simd;

import static dev.rpn.kernel.Fma.FUSED;
import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.ORDER;
import static dev.rpn.simd.Species.PANEL;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * F(4x4,3x3): 36 products for 144, interpolated at 0, +-{@link #A}, +-{@link #B} and infinity.
 *
 * <p>A tile has more vectors than there are registers: the pass along rows leaves its result where
 * the pass along columns finds it. Every product stands in the method itself: where C2 does not
 * inline a helper, the vectors that go in and come out are allocated.
 */
final class WinogradF4 extends Winograd {
  /** With these points the error is a third of that with the usual 1 and 2. */
  private static final float A = 0.625f;

  private static final float B = 1.6875f;
  private static final float A2 = A * A;
  private static final float B2 = B * B;
  private static final float A3 = A2 * A;
  private static final float B3 = B2 * B;

  WinogradF4() {
    super(4);
  }

  /** In double, rounded once. */
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
    double[] rows = new double[18];
    double[] all = new double[36];
    for (int i = 0; i < channels * PANEL; i++) {
      long from = gOffset + i / PANEL * gChannel + (long) (i % PANEL) * Float.BYTES;
      for (int column = 0; column < 3; column++) {
        long at = from + column * gTap;
        filter(
            g.get(JAVA_FLOAT, at),
            g.get(JAVA_FLOAT, at + gRow),
            g.get(JAVA_FLOAT, at + 2 * gRow),
            rows,
            column,
            3);
      }
      for (int row = 0; row < 6; row++) {
        int first = 3 * row;
        filter(rows[first], rows[first + 1], rows[first + 2], all, 6 * row, 1);
      }
      for (int position = 0; position < all.length; position++) {
        long to = uOffset + position * uPlane + (long) i * Float.BYTES;
        u.set(JAVA_FLOAT, to, (float) all[position]);
      }
    }
  }

  private static void filter(double g0, double g1, double g2, double[] u, int to, int step) {
    double a = A;
    double b = B;
    double forA = 1 / (2 * a * a * (a * a - b * b));
    double forB = 1 / (2 * b * b * (b * b - a * a));
    u[to] = g0 / (a * a * b * b);
    u[to + step] = (g0 + a * a * g2 + a * g1) * forA;
    u[to + 2 * step] = (g0 + a * a * g2 - a * g1) * forA;
    u[to + 3 * step] = (g0 + b * b * g2 + b * g1) * forB;
    u[to + 4 * step] = (g0 + b * b * g2 - b * g1) * forB;
    u[to + 5 * step] = g2;
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
    for (int tile = 0; tile < tiles; tile++) {
      long first = dOffset + 4L * tile * dColumn;
      for (int i = 0; i < vectors; i++) {
        long to = vOffset + tile * vTile + i * BYTES;
        for (int column = 0; column < 6; column++) {
          long from = first + column * dColumn + i * BYTES;
          input(d, from, dRow, v, to + column * vPlane, 6 * vPlane);
        }
        for (int row = 0; row < 6; row++) {
          long at = to + 6L * row * vPlane;
          input(v, at, vPlane, v, at, vPlane);
        }
      }
    }
  }

  /** Six vectors {@code step} bytes apart to six {@code stride} bytes apart. */
  private static void input(
      MemorySegment d, long from, long step, MemorySegment v, long to, long stride) {
    FloatVector d0 = FloatVector.fromMemorySegment(FLOAT, d, from, ORDER);
    FloatVector d1 = FloatVector.fromMemorySegment(FLOAT, d, from + step, ORDER);
    FloatVector d2 = FloatVector.fromMemorySegment(FLOAT, d, from + 2 * step, ORDER);
    FloatVector d3 = FloatVector.fromMemorySegment(FLOAT, d, from + 3 * step, ORDER);
    FloatVector d4 = FloatVector.fromMemorySegment(FLOAT, d, from + 4 * step, ORDER);
    FloatVector d5 = FloatVector.fromMemorySegment(FLOAT, d, from + 5 * step, ORDER);
    FloatVector minusA2 = FloatVector.broadcast(FLOAT, -A2);
    FloatVector minusB2 = FloatVector.broadcast(FLOAT, -B2);
    FloatVector evenA = FUSED ? d2.fma(minusB2, d4) : d2.mul(minusB2).add(d4);
    FloatVector evenB = FUSED ? d2.fma(minusA2, d4) : d2.mul(minusA2).add(d4);
    FloatVector odd = FUSED ? d1.fma(minusB2, d3) : d1.mul(minusB2).add(d3);
    FloatVector oddA = odd.mul(A);
    FloatVector oddB = (FUSED ? d1.fma(minusA2, d3) : d1.mul(minusA2).add(d3)).mul(B);
    // d4 - (a^2 + b^2) d2 + a^2 b^2 d0, from what is there already.
    FloatVector first = FUSED ? d0.fma(minusB2, d2) : d0.mul(minusB2).add(d2);
    FloatVector t0 = FUSED ? first.fma(minusA2, evenA) : first.mul(minusA2).add(evenA);
    FloatVector last = FUSED ? d3.fma(minusB2, d5) : d3.mul(minusB2).add(d5);
    FloatVector t5 = FUSED ? odd.fma(minusA2, last) : odd.mul(minusA2).add(last);
    t0.intoMemorySegment(v, to, ORDER);
    evenA.add(oddA).intoMemorySegment(v, to + stride, ORDER);
    evenA.sub(oddA).intoMemorySegment(v, to + 2 * stride, ORDER);
    evenB.add(oddB).intoMemorySegment(v, to + 3 * stride, ORDER);
    evenB.sub(oddB).intoMemorySegment(v, to + 4 * stride, ORDER);
    t5.intoMemorySegment(v, to + 5 * stride, ORDER);
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
    for (int tile = 0; tile < tiles; tile++) {
      for (int i = 0; i < vectors; i++) {
        long from = mOffset + tile * mTile + i * BYTES;
        for (int column = 0; column < 6; column++) {
          outputRows(m, from + column * mPlane, 6 * mPlane);
        }
        long b = biasOffset + i * BYTES;
        long to = yOffset + tile * yTile + i * BYTES;
        for (int row = 0; row < 4; row++) {
          outputColumns(m, from + 6L * row * mPlane, mPlane, bias, b, y, to + row * yRow, yColumn);
        }
      }
    }
  }

  /** Six vectors to four, in place. */
  private static void outputRows(MemorySegment m, long at, long step) {
    FloatVector m1 = FloatVector.fromMemorySegment(FLOAT, m, at + step, ORDER);
    FloatVector m2 = FloatVector.fromMemorySegment(FLOAT, m, at + 2 * step, ORDER);
    FloatVector m3 = FloatVector.fromMemorySegment(FLOAT, m, at + 3 * step, ORDER);
    FloatVector m4 = FloatVector.fromMemorySegment(FLOAT, m, at + 4 * step, ORDER);
    FloatVector m0 = FloatVector.fromMemorySegment(FLOAT, m, at, ORDER);
    FloatVector m5 = FloatVector.fromMemorySegment(FLOAT, m, at + 5 * step, ORDER);
    FloatVector sumA = m1.add(m2);
    FloatVector sumB = m3.add(m4);
    FloatVector differenceA = m1.sub(m2);
    FloatVector differenceB = m3.sub(m4);
    FloatVector b = FloatVector.broadcast(FLOAT, B);
    FloatVector b2 = FloatVector.broadcast(FLOAT, B2);
    FloatVector b3 = FloatVector.broadcast(FLOAT, B3);
    FloatVector r1 = differenceA.mul(A);
    FloatVector r2 = sumA.mul(A2);
    FloatVector r3 = differenceA.mul(A3);
    r1 = FUSED ? differenceB.fma(b, r1) : differenceB.mul(b).add(r1);
    r2 = FUSED ? sumB.fma(b2, r2) : sumB.mul(b2).add(r2);
    r3 = FUSED ? differenceB.fma(b3, r3) : differenceB.mul(b3).add(r3);
    m0.add(sumA).add(sumB).intoMemorySegment(m, at, ORDER);
    r1.intoMemorySegment(m, at + step, ORDER);
    r2.intoMemorySegment(m, at + 2 * step, ORDER);
    r3.add(m5).intoMemorySegment(m, at + 3 * step, ORDER);
  }

  /** Six vectors to four outputs of a row. */
  private static void outputColumns(
      MemorySegment m,
      long at,
      long step,
      MemorySegment bias,
      long biasOffset,
      MemorySegment y,
      long to,
      long stride) {
    FloatVector c = FloatVector.fromMemorySegment(FLOAT, bias, biasOffset, ORDER);
    FloatVector m1 = FloatVector.fromMemorySegment(FLOAT, m, at + step, ORDER);
    FloatVector m2 = FloatVector.fromMemorySegment(FLOAT, m, at + 2 * step, ORDER);
    FloatVector m3 = FloatVector.fromMemorySegment(FLOAT, m, at + 3 * step, ORDER);
    FloatVector m4 = FloatVector.fromMemorySegment(FLOAT, m, at + 4 * step, ORDER);
    FloatVector m0 = FloatVector.fromMemorySegment(FLOAT, m, at, ORDER);
    FloatVector m5 = FloatVector.fromMemorySegment(FLOAT, m, at + 5 * step, ORDER);
    FloatVector sumA = m1.add(m2);
    FloatVector sumB = m3.add(m4);
    FloatVector differenceA = m1.sub(m2);
    FloatVector differenceB = m3.sub(m4);
    FloatVector b = FloatVector.broadcast(FLOAT, B);
    FloatVector b2 = FloatVector.broadcast(FLOAT, B2);
    FloatVector b3 = FloatVector.broadcast(FLOAT, B3);
    FloatVector y1 = differenceA.mul(A);
    FloatVector y2 = sumA.mul(A2);
    FloatVector y3 = differenceA.mul(A3);
    y1 = FUSED ? differenceB.fma(b, y1) : differenceB.mul(b).add(y1);
    y2 = FUSED ? sumB.fma(b2, y2) : sumB.mul(b2).add(y2);
    y3 = FUSED ? differenceB.fma(b3, y3) : differenceB.mul(b3).add(y3);
    FloatVector y0 = m0.add(sumA).add(sumB).add(c);
    y1 = y1.add(c);
    y2 = y2.add(c);
    y3 = y3.add(m5).add(c);
    y0.blend(0f, y0.lt(0f)).intoMemorySegment(y, to, ORDER);
    y1.blend(0f, y1.lt(0f)).intoMemorySegment(y, to + stride, ORDER);
    y2.blend(0f, y2.lt(0f)).intoMemorySegment(y, to + 2 * stride, ORDER);
    y3.blend(0f, y3.lt(0f)).intoMemorySegment(y, to + 3 * stride, ORDER);
  }
}
