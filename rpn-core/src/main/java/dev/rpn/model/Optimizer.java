package dev.rpn.model;

/** How a gradient becomes an update; data only, the arithmetic is a training kernel's. */
public sealed interface Optimizer {
  /** Step size. */
  float learningRate();

  /** The same with another step size. */
  Optimizer withLearningRate(float rate);

  private static void checkWeightDecay(String name, float value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(
          name + ": expected a weight decay in [0, 1], got " + value);
    }
  }

  /**
   * Adam (Kingma and Ba, 2014), with decoupled weight decay AdamW (Loshchilov and Hutter, 2017).
   *
   * @param learningRate step size, above 0
   * @param beta1 decay of the mean, in [0, 1); a double because both systems subtract it from 1 in
   *     double: in float, 1 - 0.999 is off by 1.3e-5
   * @param beta2 decay of the square, in [0, 1)
   * @param epsilon keeps the quotient finite, above 0
   * @param form where epsilon stands
   * @param weightDecay each update first takes {@code learningRate * weightDecay} of every weight
   *     away, biases included, as AdamW does in torch and in Keras unless told otherwise; in [0, 1]
   */
  record Adam(
      float learningRate, double beta1, double beta2, float epsilon, Form form, float weightDecay)
      implements Optimizer {
    /** Where epsilon is added. */
    public enum Form {
      /** To the square root before its bias correction ('epsilon hat'), as Keras does. */
      KERAS,
      /** To the square root after its bias correction, as torch does. */
      TORCH
    }

    /**
     * @throws IllegalArgumentException if a value is out of its range
     */
    public Adam {
      if (!(learningRate > 0) || !(epsilon > 0)) {
        throw new IllegalArgumentException(
            "Adam: expected a learning rate and an epsilon above 0, got "
                + learningRate
                + " and "
                + epsilon);
      }
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
        throw new IllegalArgumentException(
            "Adam: expected betas in [0, 1), got " + beta1 + " and " + beta2);
      }
      checkWeightDecay("Adam", weightDecay);
    }

    /** Keras's defaults: 0.001, 0.9, 0.999, 1e-7. */
    public static Adam keras() {
      return new Adam(1e-3f, 0.9, 0.999, 1e-7f, Form.KERAS, 0);
    }

    /** torch's defaults: 0.001, 0.9, 0.999, 1e-8. */
    public static Adam torch() {
      return new Adam(1e-3f, 0.9, 0.999, 1e-8f, Form.TORCH, 0);
    }

    @Override
    public Adam withLearningRate(float rate) {
      return new Adam(rate, beta1, beta2, epsilon, form, weightDecay);
    }

    /** The same with another weight decay. */
    public Adam withWeightDecay(float decay) {
      return new Adam(learningRate, beta1, beta2, epsilon, form, decay);
    }
  }

  /**
   * Gradient descent with momentum in torch's form, without dampening: {@code v = momentum v + g +
   * weightDecay w; w -= learningRate v}.
   *
   * @param learningRate step size, above 0
   * @param momentum what is kept of the last update's direction, in [0, 1); 0 for none
   * @param weightDecay part of every weight, biases included, that is added to its gradient; in [0,
   *     1]
   */
  record Sgd(float learningRate, float momentum, float weightDecay) implements Optimizer {
    /**
     * @throws IllegalArgumentException if a value is out of its range
     */
    public Sgd {
      if (!(learningRate > 0)) {
        throw new IllegalArgumentException(
            "SGD: expected a learning rate above 0, got " + learningRate);
      }
      if (!(momentum >= 0 && momentum < 1)) {
        throw new IllegalArgumentException("SGD: expected a momentum in [0, 1), got " + momentum);
      }
      checkWeightDecay("SGD", weightDecay);
    }

    @Override
    public Sgd withLearningRate(float rate) {
      return new Sgd(rate, momentum, weightDecay);
    }
  }
}
