package dev.rpn.anchor;

/**
 * How many proposals are looked at and kept.
 *
 * @param preNms boxes a level that enter non-maximum suppression, best first; at least 1
 * @param postNms proposals a picture that leave it, over all levels; at least 1
 * @param iou a box goes where its IoU (float32) with a better one of its level is above this
 *     (float64); 0 to 1
 * @param minScore proposals of a lower probability go; 0 to 1
 */
public record ProposalLimits(int preNms, int postNms, double iou, float minScore) {
  /**
   * @throws IllegalArgumentException if a value is out of its range
   */
  public ProposalLimits {
    if (preNms < 1 || postNms < 1) {
      throw new IllegalArgumentException(
          "proposal limits: expected counts of at least 1, got pre-NMS "
              + preNms
              + " and post-NMS "
              + postNms);
    }
    if (!(iou >= 0 && iou <= 1)) {
      throw new IllegalArgumentException(
          "proposal limits: expected an NMS IoU from 0 to 1, got " + iou);
    }
    if (!(minScore >= 0 && minScore <= 1)) {
      throw new IllegalArgumentException(
          "proposal limits: expected a minimal score from 0 to 1, got " + minScore);
    }
  }

  /** The same with other counts. */
  public ProposalLimits withCounts(int newPreNms, int newPostNms) {
    return new ProposalLimits(newPreNms, newPostNms, iou, minScore);
  }

  /** The same with another threshold of suppression. */
  public ProposalLimits withIou(double newIou) {
    return new ProposalLimits(preNms, postNms, newIou, minScore);
  }

  /** The same with another minimal score. */
  public ProposalLimits withMinScore(float newMinScore) {
    return new ProposalLimits(preNms, postNms, iou, newMinScore);
  }
}
