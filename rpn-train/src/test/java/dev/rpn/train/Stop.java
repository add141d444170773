package dev.rpn.train;

import java.io.IOException;
import java.util.function.LongPredicate;

/**
 * Ends a training.
 *
 * @param after whether it ends after this step
 */
record Stop(LongPredicate after) implements TrainingListener {
  static final String MESSAGE = "stopped";

  @Override
  public void step(
      long step,
      long steps,
      int epoch,
      double loss,
      double classification,
      double location,
      double seconds)
      throws IOException {
    if (after.test(step)) {
      throw new IOException(MESSAGE);
    }
  }
}
