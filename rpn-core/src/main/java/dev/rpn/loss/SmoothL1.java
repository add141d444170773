package dev.rpn.loss;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Smooth L1 (Girshick, 'Fast R-CNN', 2015) as torch defines it: {@code d^2 / (2 beta)} where {@code
 * |d| < beta}, else {@code |d| - beta / 2}. With beta 0 it is the absolute value. Keras's Huber
 * loss with delta = beta is beta times it.
 *
 * @param beta where the square ends, at least 0
 */
public record SmoothL1(float beta) implements Loss {
  /**
   * @throws IllegalArgumentException if beta is negative or not finite
   */
  public SmoothL1 {
    if (!(beta >= 0) || Float.isInfinite(beta)) {
      throw new IllegalArgumentException(
          "smooth L1: expected a beta of at least 0 and finite, got " + beta);
    }
  }

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
      double size = Math.abs(difference);
      double gradient;
      if (size < beta) {
        sum += 0.5 * difference * difference / beta;
        gradient = difference / beta;
      } else {
        sum += size - 0.5 * beta;
        gradient = Math.signum(difference);
      }
      gradients.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (scale * gradient));
    }
    return scale * sum;
  }
}
