package dev.rpn.engine;

import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.BoxCoder;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.ProposalLimits;
import dev.rpn.anchor.Size;
import dev.rpn.kernel.Segments;
import dev.rpn.kernel.SigmoidPolynomial;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * The last stage: from the head's logits and deltas to proposals.
 *
 * <p>Per level, the best anchors by logit are picked and only those decoded, clipped to the picture
 * and rid of small boxes and low scores. All levels' candidates are then gone through in the order
 * of {@link Proposals}, each suppressed by better ones of its own level, until enough are kept (Ren
 * et al., 'Faster R-CNN', 2015; Lin et al., 'Feature Pyramid Networks', 2017).
 *
 * <p>The workspace is allocated at construction and grows where a call needs more than any before;
 * otherwise a call allocates nothing. Not for use by two threads at once.
 */
public final class ProposalSelector {
  private enum Verdict {
    USABLE,
    SMALL,
    NOT_FINITE
  }

  private final Profile profile;
  private final BoxCoder coder;
  private final TopLogits top = new TopLogits();
  private final ScoreSort sort = new ScoreSort();
  private final Suppression suppression = new Suppression();
  private final Proposals proposals = new Proposals();
  private final float[] box = new float[4];

  /** Indices of one level's best anchors. */
  private int[] chosen = {};

  // The candidates of one picture, in the order (level, index).
  private int candidates;
  private float[] x1 = {};
  private float[] y1 = {};
  private float[] x2 = {};
  private float[] y2 = {};
  private float[] scores = {};
  private float[] ranks = {};
  private int[] levels = {};
  private int[] indices = {};

  /**
   * Allocates the workspace for such calls.
   *
   * @param profile the conventions of the weights
   * @param anchors their largest grid
   * @param pictures in a batch, at least 1
   * @param limits their largest limits
   */
  public ProposalSelector(Profile profile, Anchors anchors, int pictures, ProposalLimits limits) {
    this.profile = profile;
    coder = new BoxCoder(profile);
    if (pictures < 1) {
      throw new IllegalArgumentException("pictures: expected at least 1, got " + pictures);
    }
    reserve(anchors, pictures, limits);
  }

  /** Bytes of the workspace and the proposals, all on the heap, that such calls need. */
  public static long workspaceBytes(Anchors anchors, int pictures, ProposalLimits limits) {
    long all = candidates(anchors, limits);
    return TopLogits.bytes(largestLevel(anchors))
        + ScoreSort.bytes(all)
        + Suppression.bytes(anchors.levels(), keptPerLevel(anchors, limits))
        + Proposals.bytes(pictures, Math.min(limits.postNms(), all))
        + Math.min(limits.preNms(), largestLevel(anchors)) * (long) Integer.BYTES
        + 8 * all * Float.BYTES;
  }

  private static int largestLevel(Anchors anchors) {
    int largest = 0;
    for (int level = 0; level < anchors.levels(); level++) {
      largest = Math.max(largest, anchors.count(level));
    }
    return largest;
  }

  /** Most candidates of a picture. */
  private static int candidates(Anchors anchors, ProposalLimits limits) {
    int all = 0;
    for (int level = 0; level < anchors.levels(); level++) {
      all += Math.min(limits.preNms(), anchors.count(level));
    }
    return all;
  }

  private static int keptPerLevel(Anchors anchors, ProposalLimits limits) {
    return Math.min(limits.postNms(), Math.min(limits.preNms(), largestLevel(anchors)));
  }

  private void reserve(Anchors anchors, int pictures, ProposalLimits limits) {
    int all = candidates(anchors, limits);
    int best = Math.min(limits.preNms(), largestLevel(anchors));
    top.reserve(largestLevel(anchors));
    sort.reserve(all);
    suppression.reserve(anchors.levels(), keptPerLevel(anchors, limits));
    proposals.reset(pictures, Math.min(limits.postNms(), all));
    if (chosen.length < best) {
      chosen = new int[best];
    }
    if (x1.length < all) {
      x1 = new float[all];
      y1 = new float[all];
      x2 = new float[all];
      y2 = new float[all];
      scores = new float[all];
      ranks = new float[all];
      levels = new int[all];
      indices = new int[all];
    }
  }

  /**
   * Selects the proposals of a batch. NaN and infinite values never reach a proposal; see {@link
   * Proposals#dropped}.
   *
   * @param anchors the grid that the head's output belongs to
   * @param outputs the head's output, one a level, for as many pictures
   * @param pictures rows and columns of each picture without its padding, to which boxes are
   *     clipped
   * @param limits how many to look at and to keep
   * @return valid until the next call
   * @throws IllegalArgumentException if there is no picture, or levels or segments do not fit
   */
  public Proposals select(
      Anchors anchors, List<HeadOutput> outputs, List<Size> pictures, ProposalLimits limits) {
    check(anchors, outputs, pictures.size());
    reserve(anchors, pictures.size(), limits);
    for (int picture = 0; picture < pictures.size(); picture++) {
      candidates = 0;
      for (int level = 0; level < anchors.levels(); level++) {
        collect(anchors, level, outputs.get(level), picture, pictures.get(picture), limits);
      }
      suppress(picture, limits);
    }
    return proposals;
  }

  /**
   * @throws IllegalArgumentException if there is no picture, or levels or segments do not fit
   */
  static void check(Anchors anchors, List<HeadOutput> outputs, int pictures) {
    if (pictures < 1) {
      throw new IllegalArgumentException("pictures: expected at least 1, got 0");
    }
    if (outputs.size() != anchors.levels()) {
      throw new IllegalArgumentException(
          "head outputs: levels: expected " + anchors.levels() + ", got " + outputs.size());
    }
    for (int level = 0; level < outputs.size(); level++) {
      long rows = (long) pictures * anchors.count(level);
      Segments.check("logits", outputs.get(level).logits(), rows);
      Segments.check("deltas", outputs.get(level).deltas(), 4 * rows);
    }
  }

  /** Adds the candidates of one level. */
  private void collect(
      Anchors anchors,
      int level,
      HeadOutput output,
      int picture,
      Size size,
      ProposalLimits limits) {
    int count = anchors.count(level);
    long first = (long) picture * count;
    int dropped = top.load(output.logits(), first, count);
    if (profile.selection().smallFirst()) {
      for (int i = 0; i < count; i++) {
        if (!top.excluded(i)) {
          Verdict verdict = decode(anchors, level, i, output.deltas(), first, size);
          if (verdict != Verdict.USABLE) {
            top.exclude(i);
            dropped += verdict == Verdict.NOT_FINITE ? 1 : 0;
          }
        }
      }
    }
    boolean byLogit = profile.selection().ranking() == Profile.Ranking.LOGIT;
    int best = top.select(limits.preNms(), chosen);
    int n = candidates;
    for (int i = 0; i < best; i++) {
      int index = chosen[i];
      Verdict verdict = decode(anchors, level, index, output.deltas(), first, size);
      dropped += verdict == Verdict.NOT_FINITE ? 1 : 0;
      float logit = output.logits().getAtIndex(ValueLayout.JAVA_FLOAT, first + index);
      float score = SigmoidPolynomial.sigmoid(logit);
      if (verdict == Verdict.USABLE && score >= limits.minScore()) {
        x1[n] = box[0];
        y1[n] = box[1];
        x2[n] = box[2];
        y2[n] = box[3];
        scores[n] = score;
        ranks[n] = byLogit ? logit : score;
        levels[n] = level;
        indices[n] = index;
        n++;
      }
    }
    candidates = n;
    proposals.drop(picture, dropped);
  }

  /** Leaves an anchor's clipped box in {@link #box}. */
  private Verdict decode(
      Anchors anchors, int level, int index, MemorySegment deltas, long first, Size size) {
    long row = 4 * (first + index);
    anchors.get(level, index, box, 0);
    coder.decode(
        box,
        0,
        deltas.getAtIndex(ValueLayout.JAVA_FLOAT, row),
        deltas.getAtIndex(ValueLayout.JAVA_FLOAT, row + 1),
        deltas.getAtIndex(ValueLayout.JAVA_FLOAT, row + 2),
        deltas.getAtIndex(ValueLayout.JAVA_FLOAT, row + 3));
    if (!(Float.isFinite(box[0])
        && Float.isFinite(box[1])
        && Float.isFinite(box[2])
        && Float.isFinite(box[3]))) {
      return Verdict.NOT_FINITE;
    }
    coder.clip(box, 0, size);
    return coder.largeEnough(box, 0) ? Verdict.USABLE : Verdict.SMALL;
  }

  /** Goes through the candidates, best first, until enough are kept. */
  private void suppress(int picture, ProposalLimits limits) {
    int[] order = sort.sort(ranks, candidates);
    suppression.reset(limits.iou(), profile.boxes().pixelOffset());
    for (int i = 0; i < candidates && proposals.count(picture) < limits.postNms(); i++) {
      int c = order[i];
      if (suppression.keep(levels[c], x1[c], y1[c], x2[c], y2[c])) {
        proposals.add(picture, x1[c], y1[c], x2[c], y2[c], scores[c], levels[c], indices[c]);
      }
    }
  }
}
