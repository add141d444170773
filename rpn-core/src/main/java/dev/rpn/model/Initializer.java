package dev.rpn.model;

import java.util.LinkedHashMap;
import java.util.SplittableRandom;

/**
 * Fresh weights, the same for the same seed: the head as Keras's Conv2D (Glorot uniform, bias 0); a
 * backbone He-normal (standard deviation sqrt(2 / fan-in)), which keeps the variance through many
 * ReLUs.
 */
final class Initializer {
  private Initializer() {}

  static Weights initialize(Architecture architecture, long seed) {
    var random = new SplittableRandom(seed);
    var tensors = new LinkedHashMap<String, Tensor>();
    int backboneTensors = architecture.weights().size() - architecture.head().weights().size();
    for (TensorSpec spec : architecture.weights()) {
      Tensor tensor = Tensor.zeros(spec.sides());
      if (spec.shape().size() == 4) {
        int area = spec.shape().get(0) * spec.shape().get(1);
        double fanIn = (double) area * spec.shape().get(2);
        double fanOut = (double) area * spec.shape().get(3);
        boolean he = tensors.size() < backboneTensors;
        double scale = he ? Math.sqrt(2 / fanIn) : Math.sqrt(6 / (fanIn + fanOut));
        for (int i = 0; i < tensor.size(); i++) {
          tensor.set(
              i, (float) (scale * (he ? random.nextGaussian() : 2 * random.nextDouble() - 1)));
        }
      }
      tensors.put(spec.name(), tensor);
    }
    return Weights.of(architecture, tensors);
  }
}
