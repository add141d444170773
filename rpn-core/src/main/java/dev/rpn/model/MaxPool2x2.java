package dev.rpn.model;

import java.util.List;

/**
 * A 2x2 max-pooling with stride 2; an odd last row or column is dropped, as Keras's 'valid' does.
 *
 * @param name the layer's name
 */
public record MaxPool2x2(String name) implements Layer {
  @Override
  public int outputs(int inputs) {
    return inputs;
  }

  @Override
  public List<TensorSpec> weights() {
    return List.of();
  }
}
