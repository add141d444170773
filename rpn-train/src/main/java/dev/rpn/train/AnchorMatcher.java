package dev.rpn.train;

import dev.rpn.anchor.IoU;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.Size;
import java.util.Arrays;

/**
 * Decides which truth each anchor stands for (torchvision's Matcher with low-quality matches). An
 * anchor is positive from a high IoU with its best truth on, negative below a low one, and ignored
 * between; and every anchor whose IoU equals the best that some truth has with any anchor is
 * positive for its own best truth. All in float32, where ties count.
 *
 * <p>One departure from torchvision: a truth that no anchor touches is matched by none. There it
 * would make every anchor positive that touches no truth.
 */
final class AnchorMatcher {
  /** Negative. */
  static final int NEGATIVE = -1;

  /** Neither positive nor negative. */
  static final int IGNORED = -2;

  private final Profile.Matching matching;
  private final float pixelOffset;
  private final Size picture;
  private final float[] anchors;
  private float[] bestOfTruth = new float[64];

  /**
   * @param anchors rows of x1, y1, x2, y2; kept and never changed, so that matchers may share it
   */
  AnchorMatcher(Profile profile, float[] anchors, Size picture) {
    matching = profile.matching();
    pixelOffset = profile.boxes().pixelOffset();
    this.anchors = anchors;
    this.picture = picture;
  }

  /**
   * Matches all anchors with the truths of one picture.
   *
   * @param truths rows of x1, y1, x2, y2
   * @param matched receives for each anchor the row of its truth, {@link #NEGATIVE} or {@link
   *     #IGNORED}
   */
  void match(float[] truths, int[] matched) {
    int count = truths.length / 4;
    if (bestOfTruth.length < count) {
      bestOfTruth = new float[count];
    }
    Arrays.fill(bestOfTruth, 0, count, 0);
    for (int anchor = 0; anchor < matched.length; anchor++) {
      matched[anchor] = inside(anchor) ? matchByThreshold(anchor, truths, count) : IGNORED;
    }
    for (int anchor = 0; anchor < matched.length; anchor++) {
      if (matched[anchor] < 0 && inside(anchor)) {
        int truth = matchLowQuality(anchor, truths, count);
        if (truth >= 0) {
          matched[anchor] = truth;
        }
      }
    }
  }

  /** Also notes the best IoU of each truth. */
  private int matchByThreshold(int anchor, float[] truths, int count) {
    int best = NEGATIVE;
    float bestOverlap = Float.NEGATIVE_INFINITY;
    for (int truth = 0; truth < count; truth++) {
      float overlap = overlap(anchor, truths, truth);
      if (overlap > bestOverlap) {
        bestOverlap = overlap;
        best = truth;
      }
      if (overlap > bestOfTruth[truth]) {
        bestOfTruth[truth] = overlap;
      }
    }
    if (bestOverlap >= matching.positiveIou()) {
      return best;
    }
    return bestOverlap < matching.negativeIou() ? NEGATIVE : IGNORED;
  }

  /** The anchor's own best truth if it is the best anchor of any truth, else -1. */
  private int matchLowQuality(int anchor, float[] truths, int count) {
    int best = -1;
    float bestOverlap = Float.NEGATIVE_INFINITY;
    boolean bestOfAny = false;
    for (int truth = 0; truth < count; truth++) {
      float overlap = overlap(anchor, truths, truth);
      if (overlap > bestOverlap) {
        bestOverlap = overlap;
        best = truth;
      }
      bestOfAny |= overlap > 0 && overlap == bestOfTruth[truth];
    }
    return bestOfAny ? best : -1;
  }

  private float overlap(int anchor, float[] truths, int truth) {
    return IoU.of(
        truths[4 * truth],
        truths[4 * truth + 1],
        truths[4 * truth + 2],
        truths[4 * truth + 3],
        anchors[4 * anchor],
        anchors[4 * anchor + 1],
        anchors[4 * anchor + 2],
        anchors[4 * anchor + 3],
        pixelOffset);
  }

  /** Whether the profile lets this anchor train at all. */
  private boolean inside(int anchor) {
    return !matching.insideOnly()
        || (anchors[4 * anchor] >= 0
            && anchors[4 * anchor + 1] >= 0
            && anchors[4 * anchor + 2] < picture.width()
            && anchors[4 * anchor + 3] < picture.height());
  }
}
