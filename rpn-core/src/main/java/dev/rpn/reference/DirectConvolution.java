package dev.rpn.reference;

import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The judge: a 3x3 'same' convolution as its definition says it, summed in float64, one output at a
 * time. Nothing in it is clever, so that it can be believed.
 */
public final class DirectConvolution {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private DirectConvolution() {}

  /**
   * One output before its ReLU: the sum of the products, plus bias.
   *
   * @param shape the input's shape
   * @param input float32 NHWC
   * @param n picture
   * @param y row, inside the map
   * @param x column, inside the map
   * @param output channel
   */
  public static double at(
      MapShape shape,
      MemorySegment input,
      ConvolutionWeights weights,
      int n,
      int y,
      int x,
      int output) {
    return sum(shape, input, weights, n, y, x, output, false)
        + weights.bias().getAtIndex(FLOAT, output);
  }

  /** The same with every factor's magnitude: what the rounding error is measured against. */
  public static double magnitude(
      MapShape shape,
      MemorySegment input,
      ConvolutionWeights weights,
      int n,
      int y,
      int x,
      int output) {
    return sum(shape, input, weights, n, y, x, output, true)
        + Math.abs(weights.bias().getAtIndex(FLOAT, output));
  }

  private static double sum(
      MapShape shape,
      MemorySegment input,
      ConvolutionWeights weights,
      int n,
      int y,
      int x,
      int output,
      boolean magnitude) {
    double sum = 0;
    for (int tap = 0; tap < 9; tap++) {
      int row = y + tap / 3 - 1;
      int column = x + tap % 3 - 1;
      if (row < 0 || row >= shape.height() || column < 0 || column >= shape.width()) {
        continue;
      }
      long from = (((long) n * shape.height() + row) * shape.width() + column) * shape.channels();
      for (int c = 0; c < shape.channels(); c++) {
        double product =
            (double) input.getAtIndex(FLOAT, from + c)
                * weights
                    .kernel()
                    .getAtIndex(
                        FLOAT, ((long) tap * weights.inputs() + c) * weights.outputs() + output);
        sum += magnitude ? Math.abs(product) : product;
      }
    }
    return sum;
  }
}
