package dev.rpn.model;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Named tensors of one architecture: {@code LAYER/kernel} (HWIO) and {@code LAYER/bias}, in the
 * order of execution.
 */
public final class Weights {
  private final Map<String, Tensor> tensors;

  private Weights(Map<String, Tensor> tensors) {
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Takes exactly the tensors that the architecture names; the tensors are shared, not copied.
   *
   * @throws ModelMismatchException if one is missing, unknown, or of another shape
   */
  public static Weights of(Architecture architecture, Map<String, Tensor> tensors) {
    List<TensorSpec> specs = architecture.weights();
    var ordered = new LinkedHashMap<String, Tensor>();
    for (TensorSpec spec : specs) {
      Tensor tensor = tensors.get(spec.name());
      if (tensor == null) {
        throw new ModelMismatchException(
            "missing tensor '" + spec.name() + "' of shape " + spec.shape());
      }
      if (!tensor.hasShape(spec.sides())) {
        throw new ModelMismatchException(
            "tensor '"
                + spec.name()
                + "': expected shape "
                + spec.shape()
                + ", got "
                + Arrays.toString(tensor.shape()));
      }
      ordered.put(spec.name(), tensor);
    }
    for (String name : tensors.keySet()) {
      if (!ordered.containsKey(name)) {
        throw new ModelMismatchException(
            "unknown tensor '" + name + "': expected only " + ordered.keySet());
      }
    }
    return new Weights(ordered);
  }

  /**
   * The tensor of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "no tensor '" + name + "': expected one of " + tensors.keySet());
    }
    return tensor;
  }

  /** The kernel of a layer, HWIO. */
  public Tensor kernel(String layer) {
    return get(layer + "/kernel");
  }

  /** The bias of a layer. */
  public Tensor bias(String layer) {
    return get(layer + "/bias");
  }

  /** All tensors by name, in the order of execution; not modifiable. */
  public Map<String, Tensor> asMap() {
    return tensors;
  }

  /** Whether both hold the same names, shapes and bits. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Weights that && tensors.equals(that.tensors);
  }

  @Override
  public int hashCode() {
    return tensors.hashCode();
  }

  @Override
  public String toString() {
    return tensors.toString();
  }
}
