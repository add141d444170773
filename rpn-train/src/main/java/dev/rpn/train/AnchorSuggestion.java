package dev.rpn.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Anchor sizes that fit the truths of a data set: k-means over the truths' shapes, the distance
 * being 1 - IoU of truth and anchor about one centre (Redmon and Farhadi, 'YOLO9000', 2017), where
 * an anchor size stands for all its ratios. Begun by k-means++ (Arthur and Vassilvitskii, 2007)
 * several times, the best kept. The same truths give the same sizes.
 */
final class AnchorSuggestion {
  /** More truths than this are thinned out: sizes are rounded to whole pixels anyway. */
  private static final int MOST = 20_000;

  private static final int STARTS = 8;
  private static final int MOST_ROUNDS = 50;

  /** An anchor's shorter side: halved and rounded, as some profiles do, it is not empty. */
  private static final double SHORTEST_SIDE = 2;

  private final double[] widths;
  private final double[] heights;
  private final double[] heightRatios;
  private final double least;

  private AnchorSuggestion(float[] shapes, List<Float> ratios) {
    int truths = shapes.length / 2;
    int step = Math.max(1, Math.ceilDiv(truths, MOST));
    int count = Math.ceilDiv(truths, step);
    widths = new double[count];
    heights = new double[count];
    for (int i = 0; i < count; i++) {
      widths[i] = shapes[2 * i * step];
      heights[i] = shapes[2 * i * step + 1];
    }
    heightRatios = ratios.stream().mapToDouble(Math::sqrt).toArray();
    double shortest = 1;
    for (double ratio : heightRatios) {
      shortest = Math.min(shortest, Math.min(ratio, 1 / ratio));
    }
    least = Math.ceil(SHORTEST_SIDE / shortest);
  }

  /**
   * Suggests sizes.
   *
   * @param shapes rows of width and height of the truths, above 0, in the network's pixels
   * @param count how many sizes to find
   * @param ratios height by width of the anchors of a size
   * @return whole pixels in rising order, less than {@code count} where fewer differ; none without
   *     a truth
   */
  static List<Float> sizes(float[] shapes, int count, List<Float> ratios) {
    return shapes.length == 0 ? List.of() : new AnchorSuggestion(shapes, ratios).find(count);
  }

  private List<Float> find(int count) {
    double[] best = new double[0];
    double leastError = Double.POSITIVE_INFINITY;
    for (int start = 0; start < STARTS; start++) {
      double[] sizes = start(count, CounterRandom.key(0, start, 0));
      double error = error(sizes);
      for (int round = 0; round < MOST_ROUNDS; round++) {
        double[] moved = move(sizes);
        double movedError = error(moved);
        if (!(movedError < error)) {
          break;
        }
        sizes = moved;
        error = movedError;
      }
      if (error < leastError) {
        leastError = error;
        best = sizes;
      }
    }
    var whole = new ArrayList<Float>();
    for (double size : best) {
      whole.add((float) Math.max(Math.rint(size), least));
    }
    return whole.stream().distinct().sorted().toList();
  }

  /** Sizes of truths far from each other: each next with a chance by its squared distance. */
  private double[] start(int count, long key) {
    double[] sizes = new double[count];
    double[] distances = new double[widths.length];
    Arrays.fill(distances, 1);
    for (int i = 0; i < count; i++) {
      double total = 0;
      for (double distance : distances) {
        total += distance * distance;
      }
      double rest = total * CounterRandom.below(key, i, 1 << 30) / (1 << 30);
      int truth = 0;
      while (truth < distances.length - 1 && rest >= distances[truth] * distances[truth]) {
        rest -= distances[truth] * distances[truth];
        truth++;
      }
      sizes[i] = side(truth);
      for (int j = 0; j < distances.length; j++) {
        distances[j] = Math.min(distances[j], 1 - iou(j, sizes[i]));
      }
    }
    return sizes;
  }

  /** Every size becomes the mean of the truths that it fits best; one that has none stays. */
  private double[] move(double[] sizes) {
    double[] sums = new double[sizes.length];
    int[] counts = new int[sizes.length];
    for (int i = 0; i < widths.length; i++) {
      int nearest = nearest(i, sizes);
      sums[nearest] += side(i);
      counts[nearest]++;
    }
    double[] moved = sizes.clone();
    for (int i = 0; i < sizes.length; i++) {
      if (counts[i] > 0) {
        moved[i] = sums[i] / counts[i];
      }
    }
    return moved;
  }

  /** The sum of squared distances: squared, a few truths far from every size weigh enough. */
  private double error(double[] sizes) {
    double sum = 0;
    for (int i = 0; i < widths.length; i++) {
      double distance = 1 - iou(i, sizes[nearest(i, sizes)]);
      sum += distance * distance;
    }
    return sum;
  }

  private int nearest(int truth, double[] sizes) {
    int nearest = 0;
    double best = -1;
    for (int i = 0; i < sizes.length; i++) {
      double overlap = iou(truth, sizes[i]);
      if (overlap > best) {
        best = overlap;
        nearest = i;
      }
    }
    return nearest;
  }

  /** The side of the square of the truth's area. */
  private double side(int truth) {
    return Math.sqrt(widths[truth] * heights[truth]);
  }

  /** The best IoU of a truth and the anchors of a size, about one centre. */
  private double iou(int truth, double size) {
    double best = 0;
    for (double ratio : heightRatios) {
      double common =
          Math.min(widths[truth], size / ratio) * Math.min(heights[truth], size * ratio);
      best = Math.max(best, common / (widths[truth] * heights[truth] + size * size - common));
    }
    return best;
  }
}
