package dev.rpn.io.weights;

import dev.rpn.model.Tensor;
import java.io.Closeable;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An open weight file: names and shapes are known and checked, values are read on demand. */
interface TensorFile extends Closeable {
  /** Where it is. */
  Place place();

  /** What the format is called. */
  default String format() {
    return "weights";
  }

  /** How a tensor's values are stored, as the format's peers name it; empty where not told. */
  default String type(String name) {
    return "";
  }

  /** The sides of each tensor by its name; the same map every time, as it is asked for often. */
  Map<String, List<Integer>> shapes();

  /** Reads one tensor, whatever its values are. */
  Tensor read(String name) throws IOException;

  /** Text that the writer left, by key; empty where the format has none. */
  default Map<String, String> metadata() {
    return Map.of();
  }

  /** Reads one tensor. */
  default Tensor read(String name, NonFinite nonFinite) throws IOException {
    Tensor tensor = read(name);
    int index = nonFinite == NonFinite.ALLOW ? -1 : tensor.firstNonFinite();
    if (index >= 0) {
      throw place()
          .tensor(name)
          .wrong("finite values", "non-finite at index " + index + " (" + tensor.get(index) + ")");
    }
    return tensor;
  }

  /** Reads all tensors. */
  default Map<String, Tensor> readAll(NonFinite nonFinite) throws IOException {
    var tensors = new LinkedHashMap<String, Tensor>();
    for (String name : shapes().keySet()) {
      tensors.put(name, read(name, nonFinite));
    }
    return tensors;
  }

  /** Room for a tensor. */
  static Tensor allocate(Place place, List<Integer> shape) throws IOException {
    int[] sides = shape.stream().mapToInt(Integer::intValue).toArray();
    try {
      return Tensor.zeros(sides);
    } catch (OutOfMemoryError e) {
      throw place.memory(4 * shape.stream().mapToLong(s -> s).reduce(1, (a, b) -> a * b), e);
    }
  }
}
