package dev.rpn.train;

import dev.rpn.engine.Workers;
import dev.rpn.model.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Looks for weights and gradients from which no finite update follows, before the update.
 *
 * <p>Adam moves a weight by less than ten step sizes and squares a gradient; weight decay
 * multiplies a weight by at most the step size. With gradients below 1e18, weights below 1e30 and a
 * step size below 1e6 the moments and the next weights are finite too, so that nothing has to be
 * undone. A velocity of gradient descent is below (1e18 + 1e30) / (1 - momentum), and finite with
 * the next weights at a momentum of at most 0.9999 and a step size of at most 100.
 *
 * <p>Weights are looked at only where the last look and a bound of what updates have added since
 * don't prove them small enough: with Adam, once in millions of steps.
 */
final class FiniteCheck {
  /** Its square is a float. */
  static final float LARGEST_GRADIENT = 1e18f;

  static final float LARGEST_WEIGHT = 1e30f;

  private static final int NOT_SIGN = 0x7fffffff;

  private final Parameters parameters;
  private final int[] largestGradients;
  private final int[] largestWeights;
  private final Step scanGradients;
  private final Step scanWeights;

  /** No weight is larger. */
  private double weightBound = Double.POSITIVE_INFINITY;

  FiniteCheck(Parameters parameters, int parts) {
    this.parameters = parameters;
    largestGradients = new int[parts];
    largestWeights = new int[parts];
    scanGradients = scan(parameters.gradients(), largestGradients);
    scanWeights = scan(parameters.weights(), largestWeights);
  }

  private Step scan(MemorySegment memory, int[] largest) {
    long values = parameters.layout().values();
    int parts = largest.length;
    return new Step(
        (part, worker) ->
            largest[part] = largest(memory, values * part / parts, values * (part + 1) / parts),
        parts);
  }

  /**
   * The largest magnitude, as bits: without the sign they order as the values do, infinity and NaN
   * being the largest.
   */
  private static int largest(MemorySegment values, long first, long end) {
    int largest = 0;
    long base = first * Float.BYTES;
    int count = (int) (end - first);
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, values.get(ValueLayout.JAVA_INT, base + 4L * i) & NOT_SIGN);
    }
    return largest;
  }

  /** The first tensor that is out of bounds, and how; null where there is none. */
  @Nullable Finding find(Workers workers) {
    scanGradients.run(workers);
    boolean good = largest(largestGradients) <= LARGEST_GRADIENT;
    if (weightBound > LARGEST_WEIGHT) {
      scanWeights.run(workers);
      weightBound = largest(largestWeights);
      good &= weightBound <= LARGEST_WEIGHT;
    }
    return good ? null : look();
  }

  /** The largest of all parts; infinite in place of NaN. */
  private static float largest(int[] parts) {
    int largest = 0;
    for (int part : parts) {
      largest = Math.max(largest, part);
    }
    return Float.intBitsToFloat(
        Math.min(largest, Float.floatToRawIntBits(Float.POSITIVE_INFINITY)));
  }

  /**
   * To be called after each update that followed from {@link #find}.
   *
   * @param update what was done
   */
  void updated(Update update) {
    weightBound = update.largestWeight(weightBound);
  }

  /** To be called after the weights were changed from outside. */
  void weightsChanged() {
    weightBound = Double.POSITIVE_INFINITY;
  }

  private @Nullable Finding look() {
    for (TensorSpec spec : parameters.layout().specs()) {
      Finding weight =
          Finding.beyond(
              LARGEST_WEIGHT,
              "weight " + spec.name(),
              parameters.layout().slice(parameters.weights(), spec));
      Finding gradient =
          Finding.beyond(
              LARGEST_GRADIENT,
              "gradient of " + spec.name(),
              parameters.layout().slice(parameters.gradients(), spec));
      if (weight != null || gradient != null) {
        return weight != null ? weight : gradient;
      }
    }
    return null;
  }

  /** Why a loss is not finite: the first of weights and maps, in the order of execution. */
  @Nullable Finding findCause(Pass pass) {
    for (TensorSpec spec : parameters.layout().specs()) {
      Finding weight =
          Finding.beyond(
              LARGEST_WEIGHT,
              "weight " + spec.name(),
              parameters.layout().slice(parameters.weights(), spec));
      if (weight != null) {
        return weight;
      }
    }
    for (int i = 0; i < pass.maps(); i++) {
      Finding map = Finding.beyond(Float.MAX_VALUE, pass.mapName(i), pass.map(i));
      if (map != null) {
        return map;
      }
    }
    return null;
  }

  /**
   * A value that should not be.
   *
   * @param tensor where
   * @param value and where in it
   */
  record Finding(String tensor, String value) {
    /** The first value of larger magnitude than the limit, or NaN; null where there is none. */
    static @Nullable Finding beyond(float limit, String tensor, MemorySegment values) {
      long count = values.byteSize() / Float.BYTES;
      for (long i = 0; i < count; i++) {
        float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        if (!(Math.abs(value) <= limit)) {
          return new Finding(tensor, value + " at index " + i);
        }
      }
      return null;
    }
  }
}
