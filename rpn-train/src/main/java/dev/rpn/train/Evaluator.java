package dev.rpn.train;

import java.util.Arrays;

/**
 * COCO's recall of class-agnostic proposals (pycocotools' COCOeval, areas 'all', no crowds): in
 * each picture the proposals choose in the order of their scores, each the free truth that it
 * overlaps most, at least by the threshold.
 */
public final class Evaluator {
  private static final int[] LIMITS = {10, 100, 300, 1000};
  private static final double[] THRESHOLDS = thresholds();

  /** Truths found, for each threshold and limit. */
  private final long[][] found = new long[THRESHOLDS.length][LIMITS.length];

  private int images;
  private long truths;

  /** Nothing seen yet. */
  public Evaluator() {}

  /** numpy's linspace(0.5, 0.95, 10), bit by bit. */
  private static double[] thresholds() {
    var values = new double[10];
    double step = (0.95 - 0.5) / 9;
    for (int i = 0; i < values.length; i++) {
      values[i] = i * step + 0.5;
    }
    values[9] = 0.95;
    return values;
  }

  /**
   * Adds one picture.
   *
   * @param boxes proposals, x1, y1, x2, y2 each, in any order
   * @param scores one a proposal; among equal scores the earlier is the better
   * @param truthBoxes x1, y1, x2, y2 each, in the same pixels
   * @throws IllegalArgumentException if the lengths do not fit or a value is NaN
   */
  public void add(float[] boxes, float[] scores, float[] truthBoxes) {
    if (boxes.length != 4 * scores.length) {
      throw new IllegalArgumentException(
          "proposals: expected "
              + 4 * scores.length
              + " coordinates for "
              + scores.length
              + " scores, got "
              + boxes.length);
    }
    if (truthBoxes.length % 4 != 0) {
      throw new IllegalArgumentException(
          "truths: expected four coordinates a box, got " + truthBoxes.length);
    }
    checkNumbers("proposal box", boxes);
    checkNumbers("score", scores);
    checkNumbers("truth", truthBoxes);
    int count = truthBoxes.length / 4;
    images++;
    truths += count;
    if (count == 0) {
      return;
    }
    int[] order = best(scores);
    var overlaps = new double[order.length][count];
    for (int d = 0; d < order.length; d++) {
      for (int g = 0; g < count; g++) {
        overlaps[d][g] = overlap(boxes, order[d], truthBoxes, g);
      }
    }
    for (int t = 0; t < THRESHOLDS.length; t++) {
      match(overlaps, count, THRESHOLDS[t], found[t]);
    }
  }

  private static void checkNumbers(String name, float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (Float.isNaN(values[i])) {
        throw new IllegalArgumentException(name + ": value " + i + " is NaN");
      }
    }
  }

  /** The proposals with the best scores, best first, as many as the largest limit. */
  private static int[] best(float[] scores) {
    var order = new Integer[scores.length];
    Arrays.setAll(order, i -> i);
    // -0 equals 0 as in numpy, so that the order of their indices decides.
    Arrays.sort(order, (a, b) -> scores[a] > scores[b] ? -1 : scores[a] < scores[b] ? 1 : 0);
    int kept = Math.min(order.length, LIMITS[LIMITS.length - 1]);
    return Arrays.stream(order, 0, kept).mapToInt(Integer::intValue).toArray();
  }

  /** COCO's bbIou: in double, from the corner and the sides. */
  private static double overlap(float[] a, int i, float[] b, int j) {
    double ax = a[4 * i];
    double ay = a[4 * i + 1];
    double aw = a[4 * i + 2] - ax;
    double ah = a[4 * i + 3] - ay;
    double bx = b[4 * j];
    double by = b[4 * j + 1];
    double bw = b[4 * j + 2] - bx;
    double bh = b[4 * j + 3] - by;
    double w = Math.min(aw + ax, bw + bx) - Math.max(ax, bx);
    double h = Math.min(ah + ay, bh + by) - Math.max(ay, by);
    if (!(w > 0) || !(h > 0)) {
      return 0;
    }
    double intersection = w * h;
    return intersection / (aw * ah + bw * bh - intersection);
  }

  private static void match(double[][] overlaps, int count, double threshold, long[] hits) {
    var taken = new boolean[count];
    for (int d = 0; d < overlaps.length; d++) {
      double least = Math.min(threshold, 1 - 1e-10);
      int chosen = -1;
      for (int g = 0; g < count; g++) {
        // Of equal overlaps COCO takes the last.
        if (!taken[g] && overlaps[d][g] >= least) {
          least = overlaps[d][g];
          chosen = g;
        }
      }
      if (chosen >= 0) {
        taken[chosen] = true;
        for (int l = 0; l < LIMITS.length; l++) {
          if (d < LIMITS[l]) {
            hits[l]++;
          }
        }
      }
    }
  }

  /** The figures of all pictures added so far. */
  public Evaluation result() {
    return new Evaluation(
        images,
        truths,
        averageRecall(0),
        averageRecall(1),
        averageRecall(2),
        averageRecall(3),
        recall(0, 1));
  }

  private double averageRecall(int limit) {
    double sum = 0;
    for (int t = 0; t < THRESHOLDS.length; t++) {
      sum += recall(t, limit);
    }
    return sum / THRESHOLDS.length;
  }

  private double recall(int threshold, int limit) {
    return truths == 0 ? -1 : (double) found[threshold][limit] / truths;
  }
}
