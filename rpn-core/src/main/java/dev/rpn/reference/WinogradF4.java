package dev.rpn.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.Fma;
import java.lang.foreign.MemorySegment;

/**
 * The three transforms of Winograd's F(4x4,3x3) (Lavin and Gray, 2015), value by value and in the
 * order of operations that every implementation keeps: rows first, then columns.
 *
 * <p>The interpolation points are 0, +-a, +-b and infinity. The usual a = 1, b = 2 lose most digits
 * in sums of values that the points' powers have driven apart; these two, exact in float32 up to
 * their cubes, have a third of that error.
 */
final class WinogradF4 {
  /** Outputs along a side of a tile. */
  static final int SIDE = 4;

  /** Inputs along a side of a tile. */
  static final int WINDOW = 6;

  /** Products of a tile. */
  static final int POSITIONS = 36;

  static final float A = 0.625f;
  static final float B = 1.6875f;
  private static final float A2 = A * A;
  private static final float B2 = B * B;
  private static final float A3 = A2 * A;
  private static final float B3 = B2 * B;

  private WinogradF4() {}

  /** One filter of nine taps to 36 values; in double, rounded once. */
  static void filter(float[] g, float[] u) {
    double[] rows = new double[18];
    double[] all = new double[POSITIONS];
    for (int x = 0; x < 3; x++) {
      filter(g[x], g[x + 3], g[x + 6], rows, x, 3);
    }
    for (int y = 0; y < WINDOW; y++) {
      filter(rows[3 * y], rows[3 * y + 1], rows[3 * y + 2], all, WINDOW * y, 1);
    }
    for (int i = 0; i < POSITIONS; i++) {
      u[i] = (float) all[i];
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

  /**
   * One tile of 36 inputs of one channel, in place.
   *
   * @param d the first at index {@code at}, each {@code step} values behind the one before
   */
  static void input(MemorySegment d, long at, long step) {
    for (int x = 0; x < WINDOW; x++) {
      inputs(d, at + x * step, WINDOW * step);
    }
    for (int y = 0; y < WINDOW; y++) {
      inputs(d, at + y * (WINDOW * step), step);
    }
  }

  private static void inputs(MemorySegment d, long at, long step) {
    float d0 = d.getAtIndex(JAVA_FLOAT, at);
    float d1 = d.getAtIndex(JAVA_FLOAT, at + step);
    float d2 = d.getAtIndex(JAVA_FLOAT, at + 2 * step);
    float d3 = d.getAtIndex(JAVA_FLOAT, at + 3 * step);
    float d4 = d.getAtIndex(JAVA_FLOAT, at + 4 * step);
    float d5 = d.getAtIndex(JAVA_FLOAT, at + 5 * step);
    float evenA = Fma.of(d2, -B2, d4);
    float oddA = Fma.of(d1, -B2, d3) * A;
    float evenB = Fma.of(d2, -A2, d4);
    float oddB = Fma.of(d1, -A2, d3) * B;
    d.setAtIndex(JAVA_FLOAT, at, Fma.of(Fma.of(d0, -B2, d2), -A2, evenA));
    d.setAtIndex(JAVA_FLOAT, at + step, evenA + oddA);
    d.setAtIndex(JAVA_FLOAT, at + 2 * step, evenA - oddA);
    d.setAtIndex(JAVA_FLOAT, at + 3 * step, evenB + oddB);
    d.setAtIndex(JAVA_FLOAT, at + 4 * step, evenB - oddB);
    float last = Fma.of(Fma.of(d1, -B2, d3), -A2, Fma.of(d3, -B2, d5));
    d.setAtIndex(JAVA_FLOAT, at + 5 * step, last);
  }

  /**
   * One tile of 36 products of one channel to 16 outputs, plus bias, then ReLU.
   *
   * @param m the first at index {@code at}, each {@code step} values behind the one before; changed
   * @param y written from index {@code to}, row by row, each {@code step} values behind the one
   *     before
   */
  static void output(MemorySegment m, long at, long step, float bias, MemorySegment y, long to) {
    for (int x = 0; x < WINDOW; x++) {
      outputs(m, at + x * step, WINDOW * step);
    }
    for (int row = 0; row < SIDE; row++) {
      outputs(m, at + row * (WINDOW * step), step);
      for (int x = 0; x < SIDE; x++) {
        float value = m.getAtIndex(JAVA_FLOAT, at + (WINDOW * row + x) * step) + bias;
        y.setAtIndex(JAVA_FLOAT, to + (row * SIDE + x) * step, value < 0 ? 0 : value);
      }
    }
  }

  private static void outputs(MemorySegment m, long at, long step) {
    float m0 = m.getAtIndex(JAVA_FLOAT, at);
    float m1 = m.getAtIndex(JAVA_FLOAT, at + step);
    float m2 = m.getAtIndex(JAVA_FLOAT, at + 2 * step);
    float m3 = m.getAtIndex(JAVA_FLOAT, at + 3 * step);
    float m4 = m.getAtIndex(JAVA_FLOAT, at + 4 * step);
    float m5 = m.getAtIndex(JAVA_FLOAT, at + 5 * step);
    m.setAtIndex(JAVA_FLOAT, at, m0 + (m1 + m2) + (m3 + m4));
    m.setAtIndex(JAVA_FLOAT, at + step, Fma.of(m3 - m4, B, (m1 - m2) * A));
    m.setAtIndex(JAVA_FLOAT, at + 2 * step, Fma.of(m3 + m4, B2, (m1 + m2) * A2));
    m.setAtIndex(JAVA_FLOAT, at + 3 * step, Fma.of(m3 - m4, B3, (m1 - m2) * A3) + m5);
  }
}
