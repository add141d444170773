package dev.rpn.loss;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Binary cross-entropy {@code -(t log p + (1 - t) log(1 - p))} with {@code p = sigmoid(x)}; targets
 * t are from 0 to 1. Both forms take the logit x and give the gradient at the logit.
 *
 * @param logits true: computed from the logit, {@code max(x, 0) - x t + log(1 + exp(-|x|))}, whose
 *     gradient {@code p - t} survives saturation. False: p is rounded to float32 and clipped to
 *     [1e-7, 1 - 1e-7] in float32 as Keras does, and where the clip acts the gradient is 0.
 */
public record BinaryCrossEntropy(boolean logits) implements Loss {
  /** Keras's epsilon; 1 less it is 0.99999988 in float32. */
  private static final float EPSILON = 1e-7f;

  /** The default: torch's, and Keras's on the TensorFlow backend behind a sigmoid. */
  public static BinaryCrossEntropy fromLogits() {
    return new BinaryCrossEntropy(true);
  }

  /** Keras's with clipped probabilities. */
  public static BinaryCrossEntropy fromProbabilities() {
    return new BinaryCrossEntropy(false);
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
      float x = predictions.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      float t = targets.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      // exp of a number that is not above 0 can't overflow.
      double power = StrictMath.exp(-Math.abs((double) x));
      double p = (x >= 0 ? 1 : power) / (1 + power);
      double gradient;
      if (logits) {
        sum += Math.max(x, 0) - (double) x * t + StrictMath.log1p(power);
        gradient = p - t;
      } else {
        float q = (float) p;
        float clipped = Math.min(Math.max(q, EPSILON), 1 - EPSILON);
        sum -= t * StrictMath.log(clipped) + (1 - t) * StrictMath.log(1 - clipped);
        gradient = q < clipped || q > clipped ? 0 : p - t;
      }
      gradients.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (scale * gradient));
    }
    return scale * sum;
  }
}
