package dev.rpn.loss;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A loss that is a sum over single values: of each, the value and its gradient with respect to the
 * network's output.
 *
 * <p>The classification output of the network is logits; a loss that is defined on probabilities
 * takes logits, too, and gives the gradient at the logit.
 *
 * <p>Implementations are immutable and keep no state, so that shares of one batch may be computed
 * on several threads. Terms are summed in float64 in the order of the values.
 */
public interface Loss {
  /**
   * The loss of consecutive values, and its gradient.
   *
   * @param predictions what the network gave, float32
   * @param targets what it should have given, float32
   * @param gradients receives {@code scale} times the derivative of each value's loss, float32;
   *     values outside of the range are left alone; may be the segment of the predictions
   * @param first index of the first value in all three
   * @param count how many
   * @param scale what every term is multiplied by; see {@link Normaliser#scale}
   * @return {@code scale} times the sum of the losses
   * @throws IndexOutOfBoundsException if a segment is shorter than the range
   */
  double accumulate(
      MemorySegment predictions,
      MemorySegment targets,
      MemorySegment gradients,
      long first,
      long count,
      double scale);

  /**
   * The loss of sampled anchors, and its gradient; the gradients of all other anchors are left
   * alone, so the caller sets them to 0 before.
   *
   * @param anchors rows of the sampled anchors, each given once
   * @param from first entry of {@code anchors} that is used
   * @param to the entry after the last
   * @param valuesPerAnchor 1 for logits, 4 for deltas
   * @return {@code scale} times the sum of the losses
   * @throws IndexOutOfBoundsException if a row is outside of a segment
   */
  default double accumulateSampled(
      MemorySegment predictions,
      MemorySegment targets,
      MemorySegment gradients,
      int[] anchors,
      int from,
      int to,
      int valuesPerAnchor,
      double scale) {
    Objects.checkFromToIndex(from, to, anchors.length);
    double sum = 0;
    for (int i = from; i < to; i++) {
      long first = (long) anchors[i] * valuesPerAnchor;
      sum += accumulate(predictions, targets, gradients, first, valuesPerAnchor, scale);
    }
    return sum;
  }
}
