package dev.rpn.train;

import dev.rpn.engine.Workers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Shortens a gradient that is too long, as torch's {@code clip_grad_norm_} does. The norm is summed
 * in shares of a fixed size, then over those in their order: threads don't change its bits.
 */
final class GradientNorm {
  private static final int SHARE = 4096;

  /** torch's, against a division by 0. */
  private static final double EPSILON = 1e-6;

  private final double[] squares;
  private final Step square;
  private final Step scale;
  private float factor;

  /**
   * @param gradients all of them in one block; gaps hold 0
   */
  GradientNorm(MemorySegment gradients) {
    long count = gradients.byteSize() / Float.BYTES;
    squares = new double[Math.toIntExact((count + SHARE - 1) / SHARE)];
    square =
        new Step(
            (share, worker) -> {
              long base = (long) share * SHARE * Float.BYTES;
              int values = (int) Math.min(SHARE, count - (long) share * SHARE);
              double sum = 0;
              for (int i = 0; i < values; i++) {
                double value = gradients.get(ValueLayout.JAVA_FLOAT, base + 4L * i);
                sum += value * value;
              }
              squares[share] = sum;
            },
            squares.length);
    scale =
        new Step(
            (share, worker) -> {
              long base = (long) share * SHARE * Float.BYTES;
              int values = (int) Math.min(SHARE, count - (long) share * SHARE);
              for (int i = 0; i < values; i++) {
                float value = gradients.get(ValueLayout.JAVA_FLOAT, base + 4L * i);
                gradients.set(ValueLayout.JAVA_FLOAT, base + 4L * i, value * factor);
              }
            },
            squares.length);
  }

  /**
   * Multiplies every gradient by {@code longest / (norm + 1e-6)} where that is below 1.
   *
   * @param longest above 0
   */
  void clip(float longest, Workers workers) {
    factor = (float) (longest / (norm(workers) + EPSILON));
    if (factor < 1) {
      scale.run(workers);
    }
  }

  private double norm(Workers workers) {
    square.run(workers);
    double sum = 0;
    for (double share : squares) {
      sum += share;
    }
    return Math.sqrt(sum);
  }
}
