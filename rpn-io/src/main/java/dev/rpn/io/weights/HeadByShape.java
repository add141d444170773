package dev.rpn.io.weights;

import dev.rpn.model.RpnHead;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Tells a head's layers apart where nothing names them, by the shapes of their kernels. */
final class HeadByShape {
  private HeadByShape() {}

  /**
   * Layer names by whatever the kernels are called; empty unless the kernels are exactly a head's:
   * one of 3x3, and two of 1x1 of which one has four times the other's outputs.
   *
   * @param kernels shapes HWIO, four sides each
   */
  static Map<String, String> names(Map<String, List<Integer>> kernels) {
    var names = new HashMap<String, String>();
    int least =
        kernels.values().stream()
            .filter(shape -> shape.get(0) == 1)
            .mapToInt(shape -> shape.get(3))
            .min()
            .orElse(0);
    kernels.forEach((key, shape) -> {
      if (shape.get(0) == 3) {
        names.put(RpnHead.CONVOLUTION, key);
      } else if (shape.get(0) == 1 && shape.get(3) == least) {
        names.put(RpnHead.CLASSIFICATION, key);
      } else if (shape.get(0) == 1 && shape.get(3) == 4L * least) {
        names.put(RpnHead.LOCATION, key);
      }
    });
    var layers = new HashMap<String, String>();
    if (kernels.size() == 3 && names.size() == 3) {
      names.forEach((name, key) -> layers.put(key, name));
    }
    return layers;
  }
}
