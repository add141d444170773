package dev.rpn.train;

/**
 * The losses of one step, before its update.
 *
 * @param step counted from 1
 * @param classification mean over what the objective counts
 * @param location likewise
 */
public record StepLoss(long step, double classification, double location) {
  /** The plain sum. */
  public double total() {
    return classification + location;
  }
}
