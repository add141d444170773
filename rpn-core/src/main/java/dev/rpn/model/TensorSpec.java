package dev.rpn.model;

import java.util.Arrays;
import java.util.List;

/**
 * The name and shape that an architecture gives to one of its weights.
 *
 * @param name {@code LAYER/kernel} or {@code LAYER/bias}, as Keras names them
 * @param shape its sides; a kernel is HWIO (height, width, inputs, outputs)
 */
public record TensorSpec(String name, List<Integer> shape) {
  /** Copies the sides. */
  public TensorSpec {
    shape = List.copyOf(shape);
  }

  static TensorSpec of(String name, Integer... shape) {
    return new TensorSpec(name, Arrays.asList(shape));
  }

  /** The sides as an array. */
  public int[] sides() {
    return shape.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The number of values. */
  public long size() {
    return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }
}
