package dev.rpn.anchor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class AnchorsTest {
  private static final List<Float> RATIOS = List.of(0.5f, 1f, 2f);

  private static float[] cell(Profile profile, List<Float> sizes, List<Float> ratios) {
    var recipe = AnchorRecipe.of(sizes, ratios, 16);
    return new Anchors(recipe, profile, new Size(16, 16), List.of(new Size(1, 1))).toArray();
  }

  @Test
  void ofPyFasterRcnnAreItsNine() {
    // What generate_anchors.py gives for base 16 and scales 8, 16, 32. The table in its comment is
    // Matlab's, which counts from 1: each number is one more there.
    assertThat(cell(Profile.PYFRCNN, List.of(128f, 256f, 512f), RATIOS))
        .containsExactly(
            new float[] {
              -84, -40, 99, 55, //
              -176, -88, 191, 103, //
              -360, -184, 375, 199, //
              -56, -56, 71, 71, //
              -120, -120, 135, 135, //
              -248, -248, 263, 263, //
              -36, -80, 51, 95, //
              -80, -168, 95, 183, //
              -168, -344, 183, 359
            });
  }

  @Test
  void ofDetectron2HaveTheSizeOutside() {
    // w = s / sqrt(r), h = s sqrt(r): 64 x 16, 32 x 32, 16 x 64; then twice as large.
    var recipe = AnchorRecipe.of(List.of(32f, 64f), List.of(0.25f, 1f, 4f), 4);
    var anchors =
        new Anchors(recipe, Profile.DETECTRON2, new Size(64, 64), List.of(new Size(1, 2)));
    assertThat(anchors.toArray())
        .containsExactly(
            new float[] {
              -32, -8, 32, 8, //
              -16, -16, 16, 16, //
              -8, -32, 8, 32, //
              -64, -16, 64, 16, //
              -32, -32, 32, 32, //
              -16, -64, 16, 64, //
              -28, -8, 36, 8, //
              -12, -16, 20, 16, //
              -4, -32, 12, 32, //
              -60, -16, 68, 16, //
              -28, -32, 36, 32, //
              -12, -64, 20, 64
            });
  }

  @Test
  void ofDetectron2AreNotRounded() {
    // sqrt(32 * 32 / 0.5) = 45.254834, its half 22.627417.
    assertThat(cell(Profile.DETECTRON2, List.of(32f), List.of(0.5f)))
        .containsExactly(-22.627417f, -11.313708f, 22.627417f, 11.313708f);
  }

  @Test
  void ofTorchvisionAreRoundedHalfToEvenWithTheRatioOutside() {
    // Halves 22.6 and 11.3; 12.5 rounds to 12.
    assertThat(cell(Profile.TORCHVISION, List.of(32f), List.of(0.5f)))
        .containsExactly(-23, -11, 23, 11);
    assertThat(cell(Profile.TORCHVISION, List.of(25f, 16f), List.of(1f, 4f)))
        .containsExactly(-12, -12, 12, 12, -8, -8, 8, 8, -6, -25, 6, 25, -4, -16, 4, 16);
  }

  @Test
  void ofKerasAreNotRoundedAndStandInTheMiddleOfTheirPosition() {
    float[] box = cell(Profile.KERAS, List.of(32f), List.of(0.5f));
    float[] expected = {8 - 22.627417f, 8 - 11.313708f, 8 + 22.627417f, 8 + 11.313708f};
    assertThat(box).containsExactly(expected, within(1e-5f));
  }

  @Test
  void torchvisionsStrideIsPictureOverGridRoundedDown() {
    var recipe = AnchorRecipe.of(List.of(64f), List.of(1f), 64);
    var anchors =
        new Anchors(recipe, Profile.TORCHVISION, new Size(640, 800), List.of(new Size(10, 13)));
    // 800 over 13 columns is 61, 640 over 10 rows is 64; (y, x) = (2, 3) is position 29.
    assertThat(anchors.box(0, 29)).isEqualTo(new Box(183 - 32, 128 - 32, 183 + 32, 128 + 32));
  }

  @Test
  void rowsAreInTheOrderLevelRowColumnAnchor() {
    var recipe =
        new AnchorRecipe(List.of(List.of(8f), List.of(16f)), List.of(1f, 4f), List.of(4, 8));
    var anchors =
        new Anchors(
            recipe, Profile.DETECTRON2, new Size(8, 12), List.of(new Size(2, 3), new Size(1, 2)));
    assertThat(anchors.count()).isEqualTo(12 + 4);
    assertThat(anchors.count(1)).isEqualTo(4);
    assertThat(anchors.first(1)).isEqualTo(12);
    float[] rows = anchors.toArray();
    // Level 0, y = 1, x = 2, second anchor (4 x 16) about (8, 4).
    assertThat(List.of(rows[44], rows[45], rows[46], rows[47])).containsExactly(6f, -4f, 10f, 12f);
    // Level 1, y = 0, x = 1, first anchor (16 x 16) about (8, 0).
    assertThat(List.of(rows[56], rows[57], rows[58], rows[59])).containsExactly(0f, -8f, 16f, 8f);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    var noStrides = new AnchorRecipe(List.of(List.of(8f)), List.of(1f), List.of());
    var picture = new Size(8, 8);
    var grid = List.of(new Size(9, 8));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Anchors(noStrides, Profile.TORCHVISION, picture, List.of()))
        .withMessage("anchors: levels: expected 1, got 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Anchors(noStrides, Profile.DETECTRON2, picture, grid))
        .withMessage("anchors: the profile 'detectron2' needs a stride for each level, got none");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Anchors(noStrides, Profile.TORCHVISION, picture, grid))
        .withMessage(
            "anchors: level 0: expected a grid no finer than the picture's Size[height=8, width=8],"
                + " got Size[height=9, width=8]");
    var huge = List.of(new Size(Integer.MAX_VALUE, Integer.MAX_VALUE));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new Anchors(AnchorRecipe.of(List.of(8f), List.of(1f), 4), Profile.KERAS, picture, huge))
        .withMessage("anchors: expected at most 536870911, got more at level 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cell(Profile.TORCHVISION, List.of(0.5f), List.of(1f)))
        .withMessageContaining("give an empty anchor");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Size(0, 5))
        .withMessage("size: expected sides of at least 1, got height 0 and width 5");
  }
}
