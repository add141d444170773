package dev.rpn.train;

/** The anchors of one picture that train in one step: positives first, then negatives. */
final class AnchorSample {
  /** Rows of the picture's anchors; of use up to {@link #count}. */
  final int[] anchors;

  int positives;

  /** Positives and negatives. */
  int count;

  AnchorSample(int most) {
    anchors = new int[most];
  }
}
