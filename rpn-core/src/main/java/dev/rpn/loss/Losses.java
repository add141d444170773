package dev.rpn.loss;

import java.util.List;

/** Losses by the names that Keras gives them. */
public final class Losses {
  private static final List<String> NAMES =
      List.of(
          "binary_crossentropy",
          "binary_crossentropy_from_probabilities",
          "mean_squared_error",
          "mse",
          "smooth_l1",
          "huber");

  private Losses() {}

  /**
   * The loss of that name: {@code binary_crossentropy} (from logits), {@code
   * binary_crossentropy_from_probabilities}, {@code mean_squared_error} or {@code mse}, {@code
   * smooth_l1} (beta 1/9, as Faster R-CNN), {@code huber} (delta 1, as Keras).
   *
   * @throws IllegalArgumentException if there is none; names those that exist
   */
  public static Loss named(String name) {
    return switch (name) {
      case "binary_crossentropy" -> BinaryCrossEntropy.fromLogits();
      case "binary_crossentropy_from_probabilities" -> BinaryCrossEntropy.fromProbabilities();
      case "mean_squared_error", "mse" -> new MeanSquaredError();
      case "smooth_l1" -> new SmoothL1(1 / 9f);
      // With delta 1 the two definitions agree.
      case "huber" -> new SmoothL1(1);
      default ->
          throw new IllegalArgumentException(
              "loss: expected one of " + NAMES + ", got '" + name + "'");
    };
  }

  /** Every name that {@link #named} takes. */
  public static List<String> names() {
    return NAMES;
  }
}
