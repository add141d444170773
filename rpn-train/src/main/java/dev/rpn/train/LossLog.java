package dev.rpn.train;

import java.util.ArrayList;
import java.util.List;

/** The losses of the last steps, kept in a checkpoint so that a resumed log has no gap. */
final class LossLog {
  /** Steps that are remembered. */
  static final int CAPACITY = 4096;

  private final double[] classification = new double[CAPACITY];
  private final double[] location = new double[CAPACITY];
  private long step;
  private int size;

  /** Adds the next step's losses. */
  void add(double classificationLoss, double locationLoss) {
    int at = (int) (step % CAPACITY);
    classification[at] = classificationLoss;
    location[at] = locationLoss;
    step++;
    size = Math.min(size + 1, CAPACITY);
  }

  /** What is remembered, oldest first. */
  List<StepLoss> entries() {
    var entries = new ArrayList<StepLoss>();
    for (long i = step - size; i < step; i++) {
      int at = (int) (i % CAPACITY);
      entries.add(new StepLoss(i + 1, classification[at], location[at]));
    }
    return entries;
  }

  /** Replaces the content; what follows is the step after the last of these. */
  void restore(long lastStep, List<StepLoss> entries) {
    step = lastStep - entries.size();
    size = 0;
    entries.forEach(entry -> add(entry.classification(), entry.location()));
  }
}
