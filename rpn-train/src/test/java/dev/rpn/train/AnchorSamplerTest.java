package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.anchor.Profile;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnchorSamplerTest {
  private static final int ANCHORS = 5000;

  /** The first so many positive, the next ignored, the rest negative. */
  private static int[] matched(int positives, int ignored) {
    int[] matched = new int[ANCHORS];
    Arrays.fill(matched, AnchorMatcher.NEGATIVE);
    Arrays.fill(matched, 0, positives, 3);
    Arrays.fill(matched, positives, positives + ignored, AnchorMatcher.IGNORED);
    return matched;
  }

  private static AnchorSample sample(int[] matched, long seed, long step, int image) {
    AnchorSampler sampler = new AnchorSampler(Profile.TORCHVISION.matching(), matched.length);
    AnchorSample sample = sampler.newSample();
    sampler.sample(matched, seed, step, image, sample);
    return sample;
  }

  private static int[] used(AnchorSample sample) {
    return Arrays.copyOf(sample.anchors, sample.count);
  }

  @Test
  void atMostHalfArePositive() {
    int[] matched = matched(1000, 100);
    AnchorSample sample = sample(matched, 1, 2, 3);
    assertThat(sample.positives).isEqualTo(128);
    assertThat(sample.count).isEqualTo(256);
    assertThat(used(sample)).doesNotHaveDuplicates();
    for (int i = 0; i < sample.count; i++) {
      int label = matched[sample.anchors[i]];
      assertThat(i < sample.positives ? label >= 0 : label == AnchorMatcher.NEGATIVE).isTrue();
    }
  }

  @Test
  void negativesFillUpWherePositivesAreFew() {
    AnchorSample sample = sample(matched(7, 100), 1, 2, 3);
    assertThat(sample.positives).isEqualTo(7);
    assertThat(sample.count).isEqualTo(256);
  }

  @Test
  void takesAllWhereThereAreFew() {
    int[] matched = Arrays.copyOf(matched(3, 2), 10);
    AnchorSample sample = sample(matched, 1, 2, 3);
    assertThat(used(sample)).containsExactlyInAnyOrder(0, 1, 2, 5, 6, 7, 8, 9);
  }

  @Test
  void dependsOnSeedStepAndImageAlone() {
    int[] matched = matched(500, 0);
    int[] first = used(sample(matched, 1, 2, 3));
    assertThat(used(sample(matched, 1, 2, 3))).containsExactly(first);
    assertThat(used(sample(matched, 2, 2, 3))).isNotEqualTo(first);
    assertThat(used(sample(matched, 1, 3, 3))).isNotEqualTo(first);
    assertThat(used(sample(matched, 1, 2, 4))).isNotEqualTo(first);
  }

  @Test
  void aSamplerUsedBeforeSamplesTheSame() {
    int[] matched = matched(500, 0);
    AnchorSampler sampler = new AnchorSampler(Profile.TORCHVISION.matching(), ANCHORS);
    AnchorSample sample = sampler.newSample();
    sampler.sample(matched(900, 50), 9, 9, 9, sample);
    sampler.sample(matched, 1, 2, 3, sample);
    assertThat(used(sample)).containsExactly(used(sample(matched, 1, 2, 3)));
  }

  @Test
  void everyCandidateIsAsLikely() {
    // 1000 steps of 128 out of 500: 256 a candidate, standard deviation below 14.
    int[] matched = matched(500, 0);
    int[] hits = new int[500];
    for (int step = 0; step < 1000; step++) {
      AnchorSample sample = sample(matched, 5, step, 0);
      for (int i = 0; i < sample.positives; i++) {
        hits[sample.anchors[i]]++;
      }
    }
    assertThat(Arrays.stream(hits).min().orElseThrow()).isGreaterThan(256 - 75);
    assertThat(Arrays.stream(hits).max().orElseThrow()).isLessThan(256 + 75);
  }

  @Test
  void permutationsHoldEveryNumberAndDifferByKey() {
    int[] first = new int[100];
    int[] second = new int[100];
    CounterRandom.permutation(CounterRandom.key(1, 0, 1), first);
    CounterRandom.permutation(CounterRandom.key(1, 1, 1), second);
    assertThat(first).containsExactlyInAnyOrder(IntStream.range(0, 100).toArray());
    assertThat(first).isNotEqualTo(second);
  }
}
