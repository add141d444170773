package dev.rpn.kernel;

import dev.rpn.model.Conv3x3;
import dev.rpn.model.Weights;
import java.lang.foreign.MemorySegment;

/**
 * The weights of a 3x3 convolution as a kernel reads them; the segments are read when packed, so
 * that a trainer may change them between two packings.
 *
 * @param inputs channels in
 * @param outputs channels out
 * @param kernel float32 HWIO, {@code 9 * inputs * outputs} values, native
 * @param bias float32, {@code outputs} values, native
 */
public record ConvolutionWeights(
    int inputs, int outputs, MemorySegment kernel, MemorySegment bias) {
  /**
   * @throws IllegalArgumentException if a segment has another size than the channels ask for
   */
  public ConvolutionWeights {
    Segments.check("kernel", kernel, 9L * inputs * outputs);
    Segments.check("bias", bias, outputs);
  }

  /** The weights of one layer of a network. */
  public static ConvolutionWeights of(Conv3x3 layer, Weights weights) {
    return new ConvolutionWeights(
        layer.inputs(),
        layer.outputs(),
        weights.kernel(layer.name()).data(),
        weights.bias(layer.name()).data());
  }
}
