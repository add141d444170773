package dev.rpn.train;

import org.jspecify.annotations.Nullable;

/**
 * A loss, gradient or weight is no longer finite. The weights are those before the step that
 * failed.
 */
public final class TrainingDivergedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long step;
  private final String tensor;

  TrainingDivergedException(long step, String tensor, String found, @Nullable String checkpoint) {
    super(
        "training diverged at step "
            + step
            + ": "
            + tensor
            + " is "
            + found
            + "; the weights are those before this step; "
            + (checkpoint == null ? "there is no checkpoint" : "last checkpoint: " + checkpoint)
            + "; try a smaller learning rate");
    this.step = step;
    this.tensor = tensor;
  }

  /** The step that failed, counted from 1. */
  public long step() {
    return step;
  }

  /** The first tensor found that is not finite. */
  public String tensor() {
    return tensor;
  }
}
