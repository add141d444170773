package dev.rpn.kernel;

import dev.rpn.kernel.KernelTestSupport.Fill;
import dev.rpn.model.MapShape;
import dev.rpn.reference.DirectConvolution;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/** One random convolution: its input, its weights, and what a direct one makes of them. */
final class Convolutions {
  /** Rows of {@code |G|}, the magnitudes of the filter transform of F(2x2,3x3). */
  private static final double[][] G = {{1, 0, 0}, {.5, .5, .5}, {.5, .5, .5}, {0, 0, 1}};

  /** Rows of {@code |B'|}. */
  private static final double[][] B = {{1, 0, 1, 0}, {0, 1, 1, 0}, {0, 1, 1, 0}, {0, 1, 0, 1}};

  /** Rows of {@code |A'|}. */
  private static final double[][] A = {{1, 1, 1, 0}, {0, 1, 1, 1}};

  final MapShape shape;
  final int outputs;
  final float[] input;
  final ConvolutionWeights weights;

  Convolutions(Arena arena, MapShape shape, int outputs, Fill fill, Random random) {
    this.shape = shape;
    this.outputs = outputs;
    input = KernelTestSupport.fill(fill, shape.elements(), random);
    weights = weights(arena, shape.channels(), outputs, fill, random);
  }

  Convolutions(MapShape shape, float[] input, ConvolutionWeights weights) {
    this.shape = shape;
    this.outputs = weights.outputs();
    this.input = input;
    this.weights = weights;
  }

  static ConvolutionWeights weights(
      Arena arena, int inputs, int outputs, Fill fill, Random random) {
    // Filters take both signs even where the map does not.
    Fill filters = fill == Fill.RELU ? Fill.NORMAL : fill;
    return new ConvolutionWeights(
        inputs,
        outputs,
        KernelTestSupport.input(
            arena, KernelTestSupport.fill(filters, 9 * inputs * outputs, random)),
        KernelTestSupport.input(arena, KernelTestSupport.fill(filters, outputs, random)));
  }

  /** The result in float64, with ReLU, NHWC. */
  double[] expected(Arena arena) {
    MemorySegment in = KernelTestSupport.input(arena, input);
    double[] expected = new double[shape.positions() * outputs];
    forEach((n, y, x, output, index) ->
        expected[index] = Math.max(0, DirectConvolution.at(shape, in, weights, n, y, x, output)));
    return expected;
  }

  /**
   * {@code S = |A'| [sum_c (|G| |g_c| |G'|) * (|B'| |d_c| |B|)] |A| + |b|}: what rounding errors of
   * F(2x2,3x3) are measured against, one value an output.
   */
  double[] magnitudes() {
    int inputs = shape.channels();
    float[] kernel = KernelTestSupport.floats(weights.kernel());
    float[] bias = KernelTestSupport.floats(weights.bias());
    double[][] u = new double[inputs * outputs][];
    for (int c = 0; c < inputs; c++) {
      for (int o = 0; o < outputs; o++) {
        double[][] g = new double[3][3];
        for (int tap = 0; tap < 9; tap++) {
          g[tap / 3][tap % 3] = Math.abs(kernel[(tap * inputs + c) * outputs + o]);
        }
        u[c * outputs + o] = flat(product(product(G, g), transposed(G)));
      }
    }
    double[] result = new double[shape.positions() * outputs];
    for (int n = 0; n < shape.batch(); n++) {
      for (int top = 0; top < shape.height(); top += 2) {
        for (int left = 0; left < shape.width(); left += 2) {
          double[][] v = new double[inputs][];
          for (int c = 0; c < inputs; c++) {
            double[][] d = new double[4][4];
            for (int i = 0; i < 16; i++) {
              d[i / 4][i % 4] = magnitude(n, top - 1 + i / 4, left - 1 + i % 4, c);
            }
            v[c] = flat(product(product(B, d), transposed(B)));
          }
          for (int o = 0; o < outputs; o++) {
            double[][] m = new double[4][4];
            for (int c = 0; c < inputs; c++) {
              for (int i = 0; i < 16; i++) {
                m[i / 4][i % 4] += u[c * outputs + o][i] * v[c][i];
              }
            }
            double[][] y = product(product(A, m), transposed(A));
            for (int i = 0; i < 4; i++) {
              int row = top + i / 2;
              int column = left + i % 2;
              if (row < shape.height() && column < shape.width()) {
                result[((n * shape.height() + row) * shape.width() + column) * outputs + o] =
                    y[i / 2][i % 2] + Math.abs(bias[o]);
              }
            }
          }
        }
      }
    }
    return result;
  }

  private double magnitude(int n, int y, int x, int c) {
    if (y < 0 || y >= shape.height() || x < 0 || x >= shape.width()) {
      return 0;
    }
    return Math.abs(input[((n * shape.height() + y) * shape.width() + x) * shape.channels() + c]);
  }

  interface Output {
    void accept(int picture, int row, int column, int channel, int index);
  }

  void forEach(Output output) {
    int index = 0;
    for (int n = 0; n < shape.batch(); n++) {
      for (int y = 0; y < shape.height(); y++) {
        for (int x = 0; x < shape.width(); x++) {
          for (int o = 0; o < outputs; o++) {
            output.accept(n, y, x, o, index++);
          }
        }
      }
    }
  }

  private static double[][] product(double[][] a, double[][] b) {
    double[][] c = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b[0].length; j++) {
        for (int k = 0; k < b.length; k++) {
          c[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return c;
  }

  private static double[][] transposed(double[][] a) {
    double[][] t = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        t[j][i] = a[i][j];
      }
    }
    return t;
  }

  private static double[] flat(double[][] a) {
    double[] values = new double[a.length * a[0].length];
    for (int i = 0; i < values.length; i++) {
      values[i] = a[i / a[0].length][i % a[0].length];
    }
    return values;
  }
}
