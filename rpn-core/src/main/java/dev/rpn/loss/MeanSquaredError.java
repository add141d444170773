package dev.rpn.loss;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The square of the difference; a mean once it is scaled by one over the number of values. */
public record MeanSquaredError() implements Loss {
  @Override
  public double accumulate(
      MemorySegment predictions,
      MemorySegment targets,
      MemorySegment gradients,
      long first,
      long count,
      double scale) {
    double sum = 0;
    for (long i = first; i < first + count; i++) {
      double difference =
          (double) predictions.getAtIndex(ValueLayout.JAVA_FLOAT, i)
              - targets.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      sum += difference * difference;
      gradients.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (scale * 2 * difference));
    }
    return scale * sum;
  }
}
