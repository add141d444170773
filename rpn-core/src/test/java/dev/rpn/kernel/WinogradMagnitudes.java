package dev.rpn.kernel;

import dev.rpn.model.MapShape;

/**
 * What rounding errors of a weight gradient by F(3x3,4x4) are measured against: {@code |G'| (sum
 * over tiles of |B'| |d| |B| . |A| |dy| |A'|) |G|}. Never below a direct sum's magnitudes.
 */
final class WinogradMagnitudes {
  private static final int SIDE = 4;
  private static final int POSITIONS = 36;

  private static final double[][] B = {
    {4, 0, 5, 0, 1, 0},
    {0, 4, 4, 1, 1, 0},
    {0, 4, 4, 1, 1, 0},
    {0, 2, 1, 2, 1, 0},
    {0, 2, 1, 2, 1, 0},
    {0, 4, 0, 5, 0, 1}
  };
  private static final double[][] A = {
    {1, 0, 0, 0}, {1, 1, 1, 1}, {1, 1, 1, 1}, {1, 2, 4, 8}, {1, 2, 4, 8}, {0, 0, 0, 1}
  };
  private static final double[][] G = {
    {1 / 4d, 1 / 6d, 1 / 6d, 1 / 24d, 1 / 24d, 0},
    {0, 1 / 6d, 1 / 6d, 1 / 12d, 1 / 12d, 0},
    {0, 1 / 6d, 1 / 6d, 1 / 6d, 1 / 6d, 1}
  };

  private WinogradMagnitudes() {}

  static int tiles(MapShape shape) {
    return shape.batch() * Math.ceilDiv(shape.height(), SIDE) * Math.ceilDiv(shape.width(), SIDE);
  }

  static double[] weightGradient(MapShape shape, int outputs, float[] in, float[] outGradient) {
    int inputs = shape.channels();
    double[][] sums = new double[inputs * outputs][POSITIONS];
    double[][] v = new double[inputs][];
    double[][] z = new double[outputs][];
    for (int image = 0; image < shape.batch(); image++) {
      for (int y = 0; y < shape.height(); y += SIDE) {
        for (int x = 0; x < shape.width(); x += SIDE) {
          for (int i = 0; i < inputs; i++) {
            v[i] = transform(B, window(shape, in, inputs, image, y - 1, x - 1, i, SIDE + 2));
          }
          for (int o = 0; o < outputs; o++) {
            z[o] = transform(A, window(shape, outGradient, outputs, image, y, x, o, SIDE));
          }
          for (int pair = 0; pair < sums.length; pair++) {
            for (int position = 0; position < POSITIONS; position++) {
              sums[pair][position] += v[pair / outputs][position] * z[pair % outputs][position];
            }
          }
        }
      }
    }
    double[] magnitudes = new double[9 * sums.length];
    for (int pair = 0; pair < sums.length; pair++) {
      double[] taps = transform(G, sums[pair]);
      for (int tap = 0; tap < 9; tap++) {
        magnitudes[tap * sums.length + pair] = taps[tap];
      }
    }
    return magnitudes;
  }

  private static double[] window(
      MapShape shape, float[] map, int channels, int image, int top, int left, int c, int side) {
    double[] window = new double[side * side];
    for (int i = 0; i < window.length; i++) {
      int y = top + i / side;
      int x = left + i % side;
      if (y >= 0 && x >= 0 && y < shape.height() && x < shape.width()) {
        window[i] =
            Math.abs(map[((image * shape.height() + y) * shape.width() + x) * channels + c]);
      }
    }
    return window;
  }

  /** {@code m d m'} of a square {@code d}. */
  private static double[] transform(double[][] m, double[] d) {
    int side = m[0].length;
    double[] result = new double[m.length * m.length];
    for (int i = 0; i < result.length; i++) {
      for (int j = 0; j < d.length; j++) {
        result[i] += m[i / m.length][j / side] * d[j] * m[i % m.length][j % side];
      }
    }
    return result;
  }
}
