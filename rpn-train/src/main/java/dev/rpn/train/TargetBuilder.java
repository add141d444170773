package dev.rpn.train;

import dev.rpn.anchor.Profile;
import dev.rpn.anchor.Size;

/** One thread's room for matching and sampling the anchors of a picture. */
final class TargetBuilder {
  private final AnchorMatcher matcher;
  private final AnchorSampler sampler;
  private final AnchorSample sample;
  private final int[] matched;
  private final float[] deltas = new float[4];

  TargetBuilder(Profile profile, float[] anchors, Size picture) {
    int count = anchors.length / 4;
    matcher = new AnchorMatcher(profile, anchors, picture);
    sampler = new AnchorSampler(profile.matching(), count);
    sample = sampler.newSample();
    matched = new int[count];
  }

  /**
   * Sets the targets of one picture.
   *
   * @param truths rows of x1, y1, x2, y2 in the network's pixels
   * @param step counted over the whole training
   * @param image the picture's place in the step
   * @param place its place in the objective's batch
   */
  void build(
      float[] truths, long seed, long step, int image, SampledObjective objective, int place) {
    matcher.match(truths, matched);
    sampler.sample(matched, seed, step, image, sample);
    objective.prepare(place, matched, sample, truths, deltas);
  }
}
