package dev.rpn.train;

import dev.rpn.anchor.Profile;

/**
 * Picks the anchors that train: up to a fixed number a picture, at most a part of them positive,
 * the rest negative. Which ones depends on seed, step and picture alone.
 */
final class AnchorSampler {
  private final int sampled;
  private final int mostPositives;
  private final int[] candidates;

  /**
   * @param anchors of one picture
   */
  AnchorSampler(Profile.Matching matching, int anchors) {
    sampled = matching.sampled();
    mostPositives = (int) (sampled * matching.positiveFraction());
    candidates = new int[anchors];
  }

  /** An empty sample of the right size. */
  AnchorSample newSample() {
    return new AnchorSample(sampled);
  }

  /**
   * Samples one picture.
   *
   * @param matched see {@link AnchorMatcher#match}
   * @param step counted over the whole training
   * @param image the picture's place in the step
   */
  void sample(int[] matched, long seed, long step, int image, AnchorSample sample) {
    long key = CounterRandom.key(seed, step, image);
    sample.positives = pick(collect(matched, true), mostPositives, key, sample, 0);
    int negatives =
        pick(
            collect(matched, false),
            sampled - sample.positives,
            CounterRandom.key(key, 1, 0),
            sample,
            sample.positives);
    sample.count = sample.positives + negatives;
  }

  private int collect(int[] matched, boolean positive) {
    int count = 0;
    for (int anchor = 0; anchor < matched.length; anchor++) {
      if (positive ? matched[anchor] >= 0 : matched[anchor] == AnchorMatcher.NEGATIVE) {
        candidates[count++] = anchor;
      }
    }
    return count;
  }

  /** The beginning of a random permutation of the candidates. */
  private int pick(int count, int wanted, long key, AnchorSample sample, int at) {
    int picked = Math.min(count, wanted);
    for (int i = 0; i < picked; i++) {
      int j = i + CounterRandom.below(key, i, count - i);
      int chosen = candidates[j];
      candidates[j] = candidates[i];
      sample.anchors[at + i] = chosen;
    }
    return picked;
  }
}
