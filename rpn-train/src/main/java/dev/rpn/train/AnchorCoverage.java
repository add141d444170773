package dev.rpn.train;

import java.util.Arrays;

/**
 * How well anchors fit truths, told by the best IoU that each truth has with any anchor that may
 * train. All are 0 where there is no truth.
 *
 * @param truths number of truths
 * @param at50 those whose best IoU is 0.5 or more
 * @param at70 those whose best IoU is 0.7 or more
 * @param least the worst-fitted truth's
 * @param lowerQuartile between two values interpolated linearly, as the next two
 * @param median of all truths
 * @param upperQuartile of all truths
 * @param largest the best-fitted truth's
 * @param mean of all truths
 */
public record AnchorCoverage(
    int truths,
    int at50,
    int at70,
    double least,
    double lowerQuartile,
    double median,
    double upperQuartile,
    double largest,
    double mean) {
  /**
   * Counts.
   *
   * @param best the best IoU of each truth; not changed
   */
  static AnchorCoverage of(float[] best) {
    float[] sorted = best.clone();
    Arrays.sort(sorted);
    int at50 = 0;
    int at70 = 0;
    double sum = 0;
    for (float overlap : sorted) {
      at50 += overlap >= 0.5f ? 1 : 0;
      at70 += overlap >= 0.7f ? 1 : 0;
      sum += overlap;
    }
    return new AnchorCoverage(
        sorted.length,
        at50,
        at70,
        quantile(sorted, 0),
        quantile(sorted, 0.25),
        quantile(sorted, 0.5),
        quantile(sorted, 0.75),
        quantile(sorted, 1),
        sorted.length == 0 ? 0 : sum / sorted.length);
  }

  private static double quantile(float[] sorted, double part) {
    if (sorted.length == 0) {
      return 0;
    }
    double place = part * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * ((double) sorted[above] - sorted[below]);
  }

  /** The part of the truths with an anchor at IoU 0.5. */
  public double share50() {
    return truths == 0 ? 0 : (double) at50 / truths;
  }

  /** The part of the truths with an anchor at IoU 0.7. */
  public double share70() {
    return truths == 0 ? 0 : (double) at70 / truths;
  }
}
