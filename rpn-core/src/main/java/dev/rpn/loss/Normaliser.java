package dev.rpn.loss;

/** What a batch's sum of losses is divided by. */
public enum Normaliser {
  /** The number of values: every anchor counts (Keras). */
  ALL_ELEMENTS,
  /** The number of anchors sampled in the batch, also for deltas (torchvision, py-faster-rcnn). */
  SAMPLED,
  /** The number of anchors that should be sampled in the batch: 256 a picture (detectron2). */
  REQUESTED;

  /**
   * The factor on every term.
   *
   * @param elements values of the batch: N H W k logits or N H W 4k deltas
   * @param sampled anchors sampled in the batch
   * @param requested anchors that should be sampled in the batch
   * @return one over the number that counts; 0 if that is 0, so that an empty batch has loss 0
   * @throws IllegalArgumentException if a number is negative
   */
  public double scale(long elements, long sampled, long requested) {
    if (elements < 0 || sampled < 0 || requested < 0) {
      throw new IllegalArgumentException(
          "normaliser: expected counts of at least 0, got "
              + elements
              + ", "
              + sampled
              + " and "
              + requested);
    }
    long count =
        switch (this) {
          case ALL_ELEMENTS -> elements;
          case SAMPLED -> sampled;
          case REQUESTED -> requested;
        };
    return count == 0 ? 0 : 1.0 / count;
  }
}
