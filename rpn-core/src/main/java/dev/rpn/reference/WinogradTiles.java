package dev.rpn.reference;

import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.Segments;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A 3x3 convolution by F(2x2,3x3), some tiles at a time: what the convolution stage and the fused
 * head have in common. A tile is two rows by two columns of the result; tiles are numbered over
 * pictures, rows, columns.
 *
 * <p>Packed: {@code U[16][output / 4][input][4]}, then the bias. Scratch: V and M of {@link #ROWS}
 * tiles, then the activations {@code [tile][4 positions][outputs]}.
 */
final class WinogradTiles {
  /** Tiles that are transformed together. */
  static final int ROWS = 32;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final ConvolutionWeights weights;
  private final boolean backward;
  private final int inputs;
  private final int outputs;
  private final int paddedOutputs;

  /**
   * @param backward the input gradient: filters turned, channels exchanged, no bias, no ReLU
   */
  WinogradTiles(ConvolutionWeights weights, boolean backward) {
    this.weights = weights;
    this.backward = backward;
    inputs = backward ? weights.outputs() : weights.inputs();
    outputs = backward ? weights.inputs() : weights.outputs();
    paddedOutputs = WinogradProducts.groups(outputs) * WinogradProducts.GROUP;
  }

  int inputs() {
    return inputs;
  }

  int outputs() {
    return outputs;
  }

  /** Tiles of the whole batch. */
  static long tiles(MapShape shape) {
    return (long) shape.batch() * tileRows(shape) * tileColumns(shape);
  }

  static int tileRows(MapShape shape) {
    return (shape.height() + 1) / 2;
  }

  static int tileColumns(MapShape shape) {
    return (shape.width() + 1) / 2;
  }

  long packedBytes() {
    return Segments.align((positionSize() * WinogradTransform.POSITIONS + outputs) * Float.BYTES);
  }

  private long positionSize() {
    return (long) inputs * paddedOutputs;
  }

  void pack(MemorySegment packed, int part, int parts) {
    float[] g = new float[9];
    float[] u = new float[WinogradTransform.POSITIONS];
    int first = (int) ((long) paddedOutputs * part / parts);
    int last = (int) ((long) paddedOutputs * (part + 1) / parts);
    for (int output = first; output < last; output++) {
      int group = output / WinogradProducts.GROUP;
      int lane = output % WinogradProducts.GROUP;
      for (int input = 0; input < inputs; input++) {
        if (output < outputs) {
          WinogradTransform.taps(weights, backward, input, output, g);
          WinogradTransform.filter(g, u);
        } else {
          Arrays.fill(u, 0);
        }
        for (int position = 0; position < u.length; position++) {
          long index =
              position * positionSize()
                  + ((long) group * inputs + input) * WinogradProducts.GROUP
                  + lane;
          packed.setAtIndex(FLOAT, index, u[position]);
        }
      }
      if (output < outputs) {
        float bias = backward ? 0 : weights.bias().getAtIndex(FLOAT, output);
        packed.setAtIndex(FLOAT, positionSize() * WinogradTransform.POSITIONS + output, bias);
      }
    }
  }

  long scratchBytes() {
    return (activationsOffset() + (long) ROWS * 4 * outputs) * Float.BYTES;
  }

  private long productsOffset() {
    return (long) WinogradTransform.POSITIONS * ROWS * inputs;
  }

  /** Where in the scratch, counted in values, {@link #run} leaves its result. */
  long activationsOffset() {
    return productsOffset() + (long) WinogradTransform.POSITIONS * ROWS * paddedOutputs;
  }

  /**
   * Computes tiles {@code first} to {@code first + count - 1}, {@code count} at most {@link #ROWS}:
   * their four positions each, also those that lie outside a map of odd sides.
   */
  void run(
      MapShape shape,
      MemorySegment input,
      MemorySegment packed,
      MemorySegment scratch,
      long first,
      int count) {
    int groups = WinogradProducts.groups(count);
    int rows = groups * WinogradProducts.GROUP;
    long vStride = (long) ROWS * inputs;
    for (int tile = 0; tile < rows; tile++) {
      // The last group may lack tiles; any finite values do there, the last tile's are at hand.
      long number = first + Math.min(tile, count - 1);
      long perPicture = (long) tileRows(shape) * tileColumns(shape);
      int picture = (int) (number / perPicture);
      int row = (int) (number % perPicture / tileColumns(shape));
      int column = (int) (number % tileColumns(shape));
      long to = (long) (tile / WinogradProducts.GROUP) * inputs * WinogradProducts.GROUP;
      WinogradTransform.input(
          shape,
          input,
          picture,
          2 * row - 1,
          2 * column - 1,
          scratch,
          to + tile % WinogradProducts.GROUP,
          vStride,
          WinogradProducts.GROUP);
    }
    long mStride = (long) ROWS * paddedOutputs;
    for (int position = 0; position < WinogradTransform.POSITIONS; position++) {
      WinogradProducts.multiply(
          scratch,
          position * vStride,
          packed,
          position * positionSize(),
          scratch,
          productsOffset() + position * mStride,
          rows,
          inputs,
          paddedOutputs);
    }
    long bias = positionSize() * WinogradTransform.POSITIONS;
    for (int tile = 0; tile < count; tile++) {
      long from = productsOffset() + (long) tile * paddedOutputs;
      long to = activationsOffset() + (long) tile * 4 * outputs;
      for (int output = 0; output < outputs; output++) {
        WinogradTransform.output(
            scratch,
            from + output,
            mStride,
            scratch,
            to + output,
            outputs,
            packed.getAtIndex(FLOAT, bias + output),
            !backward);
      }
    }
  }
}
