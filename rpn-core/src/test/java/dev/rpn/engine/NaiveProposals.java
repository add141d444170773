package dev.rpn.engine;

import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.Box;
import dev.rpn.anchor.BoxCoder;
import dev.rpn.anchor.IoU;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.ProposalLimits;
import dev.rpn.anchor.Size;
import dev.rpn.kernel.SigmoidPolynomial;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The selection as the systems describe it, step by step on lists, each level for itself. */
final class NaiveProposals {
  /** An anchor on its way. */
  private record Entry(Proposal proposal, float logit) {}

  private NaiveProposals() {}

  static List<Proposal> select(
      Profile profile,
      Anchors anchors,
      List<HeadOutput> outputs,
      int picture,
      Size size,
      ProposalLimits limits) {
    boolean byLogit = profile.selection().ranking() == Profile.Ranking.LOGIT;
    Comparator<Entry> byIndex = Comparator.comparingInt(e -> e.proposal.anchor());
    Comparator<Entry> best =
        Comparator.comparingDouble((Entry e) -> -(byLogit ? e.logit : e.proposal.score()) + 0.0)
            .thenComparingInt(e -> e.proposal.level())
            .thenComparing(byIndex);
    var kept = new ArrayList<Entry>();
    for (int level = 0; level < anchors.levels(); level++) {
      List<Entry> entries = decode(profile, anchors, outputs.get(level), level, picture, size);
      if (profile.selection().smallFirst()) {
        entries.removeIf(e -> !usable(profile, e.proposal.box()));
      }
      entries.sort(Comparator.comparingDouble((Entry e) -> -e.logit + 0.0).thenComparing(byIndex));
      entries = new ArrayList<>(entries.subList(0, Math.min(limits.preNms(), entries.size())));
      entries.removeIf(e -> !usable(profile, e.proposal.box()));
      entries.removeIf(e -> e.proposal.score() < limits.minScore());
      entries.sort(best);
      kept.addAll(suppress(entries, limits.iou(), profile.boxes().pixelOffset()));
    }
    kept.sort(best);
    return kept.stream().limit(limits.postNms()).map(Entry::proposal).toList();
  }

  private static List<Entry> decode(
      Profile profile, Anchors anchors, HeadOutput output, int level, int picture, Size size) {
    var coder = new BoxCoder(profile);
    var entries = new ArrayList<Entry>();
    for (int i = 0; i < anchors.count(level); i++) {
      long row = (long) picture * anchors.count(level) + i;
      float logit = output.logits().getAtIndex(ValueLayout.JAVA_FLOAT, row);
      float[] d = output.deltas().asSlice(16 * row, 16).toArray(ValueLayout.JAVA_FLOAT);
      Box box = coder.decode(anchors.box(level, i), d[0], d[1], d[2], d[3]);
      float[] corners = {box.x1(), box.y1(), box.x2(), box.y2()};
      if (Float.isFinite(corners[0] + corners[1] + corners[2] + corners[3])) {
        coder.clip(corners, 0, size);
      } else {
        corners[0] = Float.NaN;
      }
      if (Float.isFinite(logit)) {
        Box clipped = new Box(corners[0], corners[1], corners[2], corners[3]);
        entries.add(
            new Entry(new Proposal(clipped, SigmoidPolynomial.sigmoid(logit), level, i), logit));
      }
    }
    return entries;
  }

  private static boolean usable(Profile profile, Box box) {
    float[] corners = {box.x1(), box.y1(), box.x2(), box.y2()};
    return new BoxCoder(profile).largeEnough(corners, 0);
  }

  private static List<Entry> suppress(List<Entry> sorted, double threshold, float offset) {
    boolean[] suppressed = new boolean[sorted.size()];
    var kept = new ArrayList<Entry>();
    for (int i = 0; i < sorted.size(); i++) {
      if (!suppressed[i]) {
        kept.add(sorted.get(i));
        Box a = sorted.get(i).proposal.box();
        for (int j = i + 1; j < sorted.size(); j++) {
          Box b = sorted.get(j).proposal.box();
          float iou =
              IoU.of(a.x1(), a.y1(), a.x2(), a.y2(), b.x1(), b.y1(), b.x2(), b.y2(), offset);
          suppressed[j] |= iou > threshold;
        }
      }
    }
    return kept;
  }
}
