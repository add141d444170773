package dev.rpn.model;

import java.util.LinkedHashMap;
import java.util.SplittableRandom;

/**
 * Fresh weights, the same for the same seed; biases are 0.
 *
 * <p>A head alone starts as Keras's Conv2D (Glorot uniform). A backbone is He-normal (standard
 * deviation sqrt(2 / fan-in)), which keeps the variance through many ReLUs; the head behind it
 * starts as Faster R-CNN's (normal, standard deviation 0.01), so that the first proposals are the
 * anchors and the backbone sees small gradients until the head means something.
 */
final class Initializer {
  private static final double HEAD_DEVIATION = 0.01;

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
        if (backboneTensors == 0) {
          double limit = Math.sqrt(6 / (fanIn + fanOut));
          for (int i = 0; i < tensor.size(); i++) {
            tensor.set(i, (float) (limit * (2 * random.nextDouble() - 1)));
          }
        } else {
          double deviation =
              tensors.size() < backboneTensors ? Math.sqrt(2 / fanIn) : HEAD_DEVIATION;
          for (int i = 0; i < tensor.size(); i++) {
            tensor.set(i, (float) (deviation * random.nextGaussian()));
          }
        }
      }
      tensors.put(spec.name(), tensor);
    }
    return Weights.of(architecture, tensors);
  }
}
