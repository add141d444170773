package dev.rpn.train;

import dev.rpn.engine.Workers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A moving average of the weights, see {@link TrainingOptions#averaging}. */
final class WeightAverage {
  private final double kept;
  private final Step step;
  private float rate;

  /**
   * @param kept what the average keeps of itself at an update
   * @param averages as large a block, holding the starting weights
   */
  WeightAverage(double kept, MemorySegment weights, MemorySegment averages, int parts) {
    this.kept = kept;
    long values = weights.byteSize() / Float.BYTES;
    step =
        new Step(
            (part, worker) -> {
              long first = values * part / parts;
              int count = (int) (values * (part + 1) / parts - first);
              long base = first * Float.BYTES;
              for (int i = 0; i < count; i++) {
                float average = averages.get(ValueLayout.JAVA_FLOAT, base + 4L * i);
                float weight = weights.get(ValueLayout.JAVA_FLOAT, base + 4L * i);
                averages.set(
                    ValueLayout.JAVA_FLOAT, base + 4L * i, average + (weight - average) * rate);
              }
            },
            parts);
  }

  /**
   * Takes in the weights after an update.
   *
   * @param t updates, that one included
   */
  void update(long t, Workers workers) {
    rate = (float) (1 - Math.min(kept, (1.0 + t) / (10.0 + t)));
    step.run(workers);
  }
}
