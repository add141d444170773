package dev.rpn.train;

import dev.rpn.kernel.TrainingKernels.AdamStep;
import dev.rpn.model.Optimizer.Adam;

/** The scalars of Adam's updates, in the precision in which each system computes them. */
final class AdamSchedule {
  /** Keeps {@link FiniteCheck}'s promise. */
  private static final float LARGEST_RATE = 1e6f;

  private AdamSchedule() {}

  /**
   * The scalars of one update.
   *
   * @param t updates, this one included: at least 1
   * @throws IllegalArgumentException if the step size is beyond all reason
   */
  static AdamStep at(Adam adam, long t) {
    if (!(adam.learningRate() <= LARGEST_RATE)) {
      throw new IllegalArgumentException(
          "Adam: expected a learning rate of at most "
              + LARGEST_RATE
              + ", got "
              + adam.learningRate());
    }
    return switch (adam.form()) {
      case KERAS -> keras(adam, t);
      case TORCH -> torch(adam, t);
    };
  }

  /** Keras 3: everything in float32, the powers of the float32 decays among it. */
  private static AdamStep keras(Adam adam, long t) {
    float power1 = (float) Math.pow((float) adam.beta1(), (double) t);
    float power2 = (float) Math.pow((float) adam.beta2(), (double) t);
    float alpha = adam.learningRate() * (float) Math.sqrt(1 - power2) / (1 - power1);
    return new AdamStep(
        alpha, 1, adam.epsilon(), rate(adam.beta1()), rate(adam.beta2()), keep(adam));
  }

  /** torch: everything in Python's doubles. */
  private static AdamStep torch(Adam adam, long t) {
    double correction1 = 1 - Math.pow(adam.beta1(), (double) t);
    double correction2 = 1 - Math.pow(adam.beta2(), (double) t);
    return new AdamStep(
        (float) (adam.learningRate() / correction1),
        (float) (1 / Math.sqrt(correction2)),
        adam.epsilon(),
        rate(adam.beta1()),
        rate(adam.beta2()),
        keep(adam));
  }

  /** torch's AdamW multiplies by it; Keras's takes the same away with one more rounding. */
  private static float keep(Adam adam) {
    return (float) (1 - (double) adam.learningRate() * adam.weightDecay());
  }

  /** Both systems subtract in double. */
  private static float rate(double beta) {
    return (float) (1 - beta);
  }
}
