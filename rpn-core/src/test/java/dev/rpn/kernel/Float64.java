package dev.rpn.kernel;

import dev.rpn.model.MapShape;
import java.util.function.ToDoubleFunction;

/** The operations of training as their definitions say, in float64: the judge of every kernel. */
final class Float64 {
  private Float64() {}

  static double[] of(float[] values) {
    double[] result = new double[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = values[i];
    }
    return result;
  }

  /** Magnitudes: an operation on these gives what its rounding errors are measured against. */
  static double[] abs(float[] values) {
    double[] result = of(values);
    for (int i = 0; i < result.length; i++) {
      result[i] = Math.abs(result[i]);
    }
    return result;
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** What the three convolution operations share: every product of an input and a weight. */
  private interface Product {
    void at(int input, int weight, int output);
  }

  private static void forEachProduct(int side, MapShape shape, int outputs, Product product) {
    int channels = shape.channels();
    for (int position = 0; position < shape.positions(); position++) {
      int x = position % shape.width();
      int y = position / shape.width() % shape.height();
      for (int tap = 0; tap < side * side; tap++) {
        int dy = tap / side - side / 2;
        int dx = tap % side - side / 2;
        if (y + dy < 0 || y + dy >= shape.height() || x + dx < 0 || x + dx >= shape.width()) {
          continue;
        }
        int from = (position + dy * shape.width() + dx) * channels;
        for (int c = 0; c < channels; c++) {
          for (int o = 0; o < outputs; o++) {
            product.at(from + c, (tap * channels + c) * outputs + o, position * outputs + o);
          }
        }
      }
    }
  }

  /** A 'same' convolution without bias; the filters are HWIO of that side. */
  static double[] convolution(int side, MapShape shape, int outputs, double[] x, double[] w) {
    double[] y = new double[shape.positions() * outputs];
    forEachProduct(side, shape, outputs, (i, k, o) -> y[o] += x[i] * w[k]);
    return y;
  }

  /** Its gradient with respect to the input, from that at the output. */
  static double[] inputGradient(int side, MapShape shape, int outputs, double[] g, double[] w) {
    double[] gradient = new double[shape.elements()];
    forEachProduct(side, shape, outputs, (i, k, o) -> gradient[i] += g[o] * w[k]);
    return gradient;
  }

  /** Its gradient with respect to the filters. */
  static double[] weightGradient(int side, MapShape shape, int outputs, double[] x, double[] g) {
    double[] gradient = new double[side * side * shape.channels() * outputs];
    forEachProduct(side, shape, outputs, (i, k, o) -> gradient[k] += x[i] * g[o]);
    return gradient;
  }

  /** Its gradient with respect to the bias. */
  static double[] biasGradient(int outputs, double[] g) {
    double[] gradient = new double[outputs];
    for (int i = 0; i < g.length; i++) {
      gradient[i % outputs] += g[i];
    }
    return gradient;
  }

  /** 2x2 max-pooling with stride 2. */
  static double[] maxPool(MapShape shape, double[] x) {
    int channels = shape.channels();
    int width = shape.width() / 2;
    int height = shape.height() / 2;
    double[] y = new double[shape.batch() * height * width * channels];
    for (int i = 0; i < y.length; i++) {
      y[i] = Double.NEGATIVE_INFINITY;
      for (int corner = 0; corner < 4; corner++) {
        y[i] = Math.max(y[i], x[corner(shape, i, corner)]);
      }
    }
    return y;
  }

  /** Index of one of the four inputs, row by row, of a max-pooling's output. */
  static int corner(MapShape shape, int output, int corner) {
    int channels = shape.channels();
    int width = shape.width() / 2;
    int height = shape.height() / 2;
    int c = output % channels;
    int column = output / channels % width * 2 + corner % 2;
    int row = output / channels / width;
    int inputRow = row / height * shape.height() + row % height * 2 + corner / 2;
    return (inputRow * shape.width() + column) * channels + c;
  }

  /** Central differences of a function at every argument. */
  static double[] differences(ToDoubleFunction<double[]> function, double[] at, double step) {
    double[] result = new double[at.length];
    double[] x = at.clone();
    for (int i = 0; i < x.length; i++) {
      x[i] = at[i] + step;
      double above = function.applyAsDouble(x);
      x[i] = at[i] - step;
      result[i] = (above - function.applyAsDouble(x)) / (2 * step);
      x[i] = at[i];
    }
    return result;
  }
}
