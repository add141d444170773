package dev.rpn.train;

import dev.rpn.anchor.BoxCoder;
import dev.rpn.anchor.Profile;
import dev.rpn.kernel.Segments;
import dev.rpn.loss.Normaliser;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Faster R-CNN's objective: the classification's loss over the sampled anchors of a batch, the
 * location's over the positive ones among them, both over the profile's count.
 *
 * <p>Pictures are independent until {@link #accumulate}, so that threads may prepare one each.
 */
final class SampledObjective {
  private final Profile profile;
  private final BoxCoder coder;
  private final float[] anchors;
  private final int perPicture;

  /** Anchors sampled in each picture, as rows of the whole batch. */
  private final int[] rows;

  private final int[] positives;
  private final int[] counts;
  private final int sampled;
  private final MemorySegment classificationTargets;
  private final MemorySegment locationTargets;
  private double classificationLoss;
  private double locationLoss;

  /**
   * @param anchors rows of x1, y1, x2, y2 of one picture
   * @param batch most pictures of a batch
   * @throws IllegalArgumentException if the profile's objective is not over sampled anchors
   */
  SampledObjective(Profile profile, float[] anchors, int batch) {
    if (profile.objective().normaliser() == Normaliser.ALL_ELEMENTS) {
      throw new IllegalArgumentException(
          "profile '"
              + profile.name()
              + "': its losses count every anchor of given targets; training on pictures expects a"
              + " profile that samples anchors, such as 'torchvision'");
    }
    this.profile = profile;
    this.anchors = anchors;
    coder = new BoxCoder(profile);
    perPicture = anchors.length / 4;
    sampled = profile.matching().sampled();
    rows = new int[Math.multiplyExact(batch, sampled)];
    positives = new int[batch];
    counts = new int[batch];
    // Freed with the last reference: it is small.
    Arena arena = Arena.ofAuto();
    classificationTargets = Segments.allocate(arena, (long) batch * perPicture);
    locationTargets = Segments.allocate(arena, 4L * batch * perPicture);
  }

  /** Bytes of native memory that {@link #SampledObjective} takes. */
  static long bytes(long anchors, int batch) {
    return 5 * Float.BYTES * anchors * batch;
  }

  /** Anchors of one picture. */
  int anchorsPerPicture() {
    return perPicture;
  }

  /**
   * Sets the targets of one picture of the batch.
   *
   * @param image its place in the batch
   * @param matched see {@link AnchorMatcher#match}
   * @param deltas room for four values, the thread's own
   */
  void prepare(int image, int[] matched, AnchorSample sample, float[] truths, float[] deltas) {
    positives[image] = sample.positives;
    counts[image] = sample.count;
    for (int i = 0; i < sample.count; i++) {
      int anchor = sample.anchors[i];
      int row = image * perPicture + anchor;
      rows[image * sampled + i] = row;
      boolean positive = i < sample.positives;
      classificationTargets.setAtIndex(ValueLayout.JAVA_FLOAT, row, positive ? 1 : 0);
      if (positive) {
        coder.encode(anchors, 4 * anchor, truths, 4 * matched[anchor], deltas, 0);
        for (int j = 0; j < 4; j++) {
          locationTargets.setAtIndex(ValueLayout.JAVA_FLOAT, 4L * row + j, deltas[j]);
        }
      }
    }
  }

  /** Anchors sampled in the first pictures of the batch. */
  long sampled(int batch) {
    long total = 0;
    for (int image = 0; image < batch; image++) {
      total += counts[image];
    }
    return total;
  }

  /**
   * What each anchor's loss is multiplied by in an update.
   *
   * @param pictures of the whole update
   * @param total anchors sampled in them
   */
  double scale(int pictures, long total) {
    return profile
        .objective()
        .normaliser()
        .scale((long) pictures * perPicture, total, (long) pictures * sampled);
  }

  /**
   * Computes both losses of a batch and their gradients at the heads' outputs.
   *
   * @param scale see {@link #scale}
   */
  void accumulate(
      int batch,
      double scale,
      MemorySegment logits,
      MemorySegment deltas,
      MemorySegment logitGradients,
      MemorySegment deltaGradients) {
    logitGradients.fill((byte) 0);
    deltaGradients.fill((byte) 0);
    Profile.Objective objective = profile.objective();
    classificationLoss = 0;
    locationLoss = 0;
    for (int image = 0; image < batch; image++) {
      int first = image * sampled;
      classificationLoss +=
          objective
              .classification()
              .accumulateSampled(
                  logits,
                  classificationTargets,
                  logitGradients,
                  rows,
                  first,
                  first + counts[image],
                  1,
                  scale);
      locationLoss +=
          objective
              .location()
              .accumulateSampled(
                  deltas,
                  locationTargets,
                  deltaGradients,
                  rows,
                  first,
                  first + positives[image],
                  4,
                  scale);
    }
  }

  double classificationLoss() {
    return classificationLoss;
  }

  double locationLoss() {
    return locationLoss;
  }
}
