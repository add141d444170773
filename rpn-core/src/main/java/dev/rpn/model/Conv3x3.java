package dev.rpn.model;

import java.util.List;

/**
 * A 3x3 convolution with stride 1, zero padding that keeps the size ('same'), bias and ReLU.
 *
 * @param name the layer's name
 * @param inputs channels in, at least 1
 * @param outputs channels out, at least 1
 */
public record Conv3x3(String name, int inputs, int outputs) implements Layer {
  /**
   * @throws IllegalArgumentException if a channel count is below 1
   */
  public Conv3x3 {
    if (inputs < 1 || outputs < 1) {
      throw new IllegalArgumentException(
          "layer '" + name + "': expected at least 1 channel, got " + inputs + " -> " + outputs);
    }
  }

  @Override
  public int outputs(int given) {
    if (given != inputs) {
      throw new IllegalArgumentException(
          "layer '" + name + "': channels: expected " + inputs + ", got " + given);
    }
    return outputs;
  }

  @Override
  public List<TensorSpec> weights() {
    return List.of(
        TensorSpec.of(name + "/kernel", 3, 3, inputs, outputs),
        TensorSpec.of(name + "/bias", outputs));
  }
}
