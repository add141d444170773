package dev.rpn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.Box;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.ProposalLimits;
import dev.rpn.anchor.Size;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whole selections worked by hand from each system's definition: anchors, decoding, clipping,
 * filters, suppression and order, where the systems part.
 */
class ConventionsTest {
  /** Of an anchor that nobody should choose. */
  private static final float LOW = -9;

  private final Arena arena = Arena.ofAuto();

  /** One level's head output: everything low and unmoved, until set. */
  private final class Level {
    final float[] logits;
    final float[] deltas;

    Level(int anchors) {
      logits = new float[anchors];
      deltas = new float[4 * anchors];
      Arrays.fill(logits, LOW);
    }

    Level set(int index, float logit, float... moved) {
      logits[index] = logit;
      System.arraycopy(moved, 0, deltas, 4 * index, moved.length);
      return this;
    }

    HeadOutput output() {
      return new HeadOutput(floats(logits), floats(deltas));
    }
  }

  private MemorySegment floats(float[] values) {
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
  }

  private static List<Proposal> select(
      Profile profile, Anchors anchors, Size picture, ProposalLimits limits, Level... levels) {
    List<HeadOutput> outputs = Arrays.stream(levels).map(Level::output).toList();
    return new ProposalSelector(profile, anchors, 1, limits)
        .select(anchors, outputs, List.of(picture), limits)
        .toList(0);
  }

  private static Box box(float x1, float y1, float x2, float y2) {
    return new Box(x1, y1, x2, y2);
  }

  // py-faster-rcnn, generate_anchors.py, bbox_transform.py, proposal_layer.py and py_cpu_nms.py.
  //
  // Scale 2 of the base [0, 15]: 32 pixels about 7.5 are [-8, 23]; a stride of 16 along a row of
  // four gives [-8, 23], [8, 39], [24, 55], [40, 71]. Decoding unmoved: 23 - -8 + 1 = 32 wide about
  // -8 + 16 = 8 is [-8, 24], one pixel more than the anchor; so [8, 40], [24, 56], [40, 72].
  // Clipped to 70 x 40, whose last pixels are 69 and 39.

  private static final Size PYFRCNN_PICTURE = new Size(40, 70);

  private List<Proposal> pyfrcnn(float firstDx, int preNms, double iou) {
    var recipe = AnchorRecipe.of(List.of(32f), List.of(1f), 16);
    var anchors = new Anchors(recipe, Profile.PYFRCNN, PYFRCNN_PICTURE, List.of(new Size(1, 4)));
    assertThat(anchors.box(0, 3)).isEqualTo(box(40, -8, 71, 23));
    var level = new Level(4).set(0, 4, firstDx).set(1, 3).set(2, 2).set(3, 1);
    var limits = new ProposalLimits(preNms, 10, iou, 0);
    return select(Profile.PYFRCNN, anchors, PYFRCNN_PICTURE, limits, level);
  }

  @Test
  void pyFasterRcnnDecodesAPixelWiderAndClipsToTheLastPixel() {
    assertThat(pyfrcnn(0, 4, 1))
        .extracting(Proposal::box)
        .containsExactly(
            box(0, 0, 24, 24), box(8, 0, 40, 24), box(24, 0, 56, 24), box(40, 0, 69, 24));
  }

  @Test
  void pyFasterRcnnDropsSmallBoxesBeforeThePick() {
    // Moved by -9/32 of 32, the best is [-17, 15]: in the picture 16 pixels, and it stays.
    assertThat(pyfrcnn(-0.28125f, 2, 1))
        .extracting(Proposal::box)
        .containsExactly(box(0, 0, 15, 24), box(8, 0, 40, 24));
    // By -10/32 it is 15 pixels, and the next two are the best two.
    assertThat(pyfrcnn(-0.3125f, 2, 1))
        .extracting(Proposal::box)
        .containsExactly(box(8, 0, 40, 24), box(24, 0, 56, 24));
  }

  @Test
  void pyFasterRcnnSuppressesByAreasWithBothBorders() {
    // [8, 40] and [24, 56] are 33 pixels each and share 17: 17 / 49 = 0.3469; without the last
    // pixel it would be 16 / 48 = 0.3333.
    assertThat(pyfrcnn(-0.3125f, 2, 0.347)).hasSize(2);
    assertThat(pyfrcnn(-0.3125f, 2, 0.346))
        .extracting(Proposal::box)
        .containsExactly(box(8, 0, 40, 24));
  }

  // detectron2, anchor_generator.py, box_regression.py and proposal_utils.py.
  //
  // Ratios 1 and 2; level 0 has sizes 16 and 32 at strides of 8, level 1 sizes 24 and 48. A
  // position's four anchors are 16:1, 16:2, 32:1, 32:2. 16:2 is sqrt(256 / 2) = 11.313708 wide and
  // twice as high.

  private static final Size DETECTRON2_PICTURE = new Size(20, 30);

  private List<Proposal> detectron2(int postNms) {
    var recipe =
        new AnchorRecipe(
            List.of(List.of(16f, 32f), List.of(24f, 48f)), List.of(1f, 2f), List.of(8, 16));
    var anchors =
        new Anchors(
            recipe,
            Profile.DETECTRON2,
            DETECTRON2_PICTURE,
            List.of(new Size(2, 2), new Size(1, 1)));
    // Position (1, 1), second anchor: 16:2 about (8, 8). The best of all leaves the picture: by -1
    // of 16 from 0 it is [-24, -8], and clipped it is empty. The third best stands behind it.
    var fine = new Level(16).set(13, 20).set(0, 30, -1).set(4, 19.5f);
    // 24:1 and 48:1 about (0, 0).
    var coarse = new Level(4).set(0, 22).set(2, 21);
    var limits = new ProposalLimits(2, postNms, 0.4, 0);
    return select(Profile.DETECTRON2, anchors, DETECTRON2_PICTURE, limits, fine, coarse);
  }

  @Test
  void detectron2OrdersByLogitAndSuppressesLevelByLevel() {
    List<Proposal> proposals = detectron2(10);
    // All probabilities are 1 in float32: they would put level 0 first.
    assertThat(proposals).extracting(Proposal::score).containsExactly(1f, 1f, 1f);
    assertThat(proposals).extracting(Proposal::level).containsExactly(1, 1, 0);
    assertThat(proposals).extracting(Proposal::anchor).containsExactly(0, 2, 13);
    assertThat(proposals.get(0).box()).isEqualTo(box(0, 0, 12, 12));
    assertThat(proposals.get(1).box()).isEqualTo(box(0, 0, 24, 20));
    // 8 - 5.656854 and 8 + 11.313708, not rounded. The IoU with the first, 0.47, is above 0.4, but
    // that is of another level; of the two of level 1 it is 144 / 480.
    Box tall = proposals.get(2).box();
    assertThat(tall.x1()).isCloseTo(2.343146f, within(1e-5f));
    assertThat(tall.y1()).isZero();
    assertThat(tall.x2()).isCloseTo(13.656854f, within(1e-5f));
    assertThat(tall.y2()).isCloseTo(19.313708f, within(1e-5f));
  }

  @Test
  void detectron2PicksBeforeItDropsEmptyBoxesAndCutsOverAllLevels() {
    assertThat(detectron2(10)).extracting(Proposal::anchor).doesNotContain(4);
    assertThat(detectron2(2)).extracting(Proposal::level).containsExactly(1, 1);
  }

  @Test
  void kerasAnchorsStandInTheMiddleAndBoxesReachTheBorder() {
    var recipe = AnchorRecipe.of(List.of(16f, 32f), List.of(1f, 4f), 16);
    var picture = new Size(20, 30);
    var anchors = new Anchors(recipe, Profile.KERAS, picture, List.of(new Size(1, 2)));
    // A position's anchors are 16:1, 32:1, 16:4, 32:4. The best is 32:1 about (24, 8); the next
    // 16:4, 8 x 32 about (8, 8); the third 32:1 about (8, 8) moved onto the best by half its width.
    var level = new Level(8).set(5, 3).set(2, 2).set(1, 1, 0.5f);
    List<Proposal> proposals =
        select(Profile.KERAS, anchors, picture, new ProposalLimits(3, 10, 0.7, 0), level);
    assertThat(proposals)
        .extracting(Proposal::box)
        .containsExactly(box(8, 0, 30, 20), box(4, 0, 12, 20));
    assertThat(proposals.get(0).score()).isCloseTo(0.95257413f, within(1e-6f));
  }
}
