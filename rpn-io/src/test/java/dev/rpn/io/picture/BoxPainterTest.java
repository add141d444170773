package dev.rpn.io.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.anchor.Box;
import java.util.List;
import org.junit.jupiter.api.Test;

class BoxPainterTest {
  private static final Picture BLACK = Picture.of(200, 100, new byte[200 * 100 * 3]);

  private static int red(Picture picture, int x, int y) {
    return picture.rgb(x, y) >> 16;
  }

  private static int blue(Picture picture, int x, int y) {
    return picture.rgb(x, y) & 255;
  }

  @Test
  void drawsTheFourEdgesAndNothingInside() {
    Picture painted =
        BoxPainter.paint(BLACK, List.of(new Box(50, 40, 150, 90)), List.of(1f), List.of());
    for (int[] edge : new int[][] {{50, 70}, {149, 70}, {100, 40}, {100, 89}}) {
      assertThat(red(painted, edge[0], edge[1])).isGreaterThan(100);
    }
    assertThat(painted.rgb(100, 65)).isZero();
    assertThat(painted.rgb(20, 65)).isZero();
    assertThat(BLACK.rgb(50, 70)).isZero();
  }

  @Test
  void coloursByScore() {
    List<Box> boxes = List.of(new Box(10, 40, 60, 90), new Box(110, 40, 160, 90));
    Picture painted = BoxPainter.paint(BLACK, boxes, List.of(0f, 1f), List.of());
    assertThat(blue(painted, 10, 70)).isGreaterThan(red(painted, 10, 70));
    assertThat(red(painted, 110, 70)).isGreaterThan(blue(painted, 110, 70));
  }

  @Test
  void drawsTheBetterBoxOnTop() {
    Box box = new Box(50, 40, 150, 90);
    Picture best = BoxPainter.paint(BLACK, List.of(box, box), List.of(1f, 0f), List.of());
    assertThat(red(best, 50, 70)).isGreaterThan(blue(best, 50, 70));
  }

  @Test
  void keepsLabelsInsideThePicture() {
    Box whole = new Box(0, 0, 200, 100);
    Picture painted = BoxPainter.paint(BLACK, List.of(whole), List.of(0.5f), List.of());
    // Nothing fits above or below, so the label is inside the upper left corner.
    int bright = 0;
    for (int y = 2; y < 14; y++) {
      for (int x = 2; x < 28; x++) {
        bright += red(painted, x, y) > 200 ? 1 : 0;
      }
    }
    assertThat(bright).isGreaterThan(120);
  }

  @Test
  void cutsOrLeavesOutBoxesBeyondThePicture() {
    Box beyond = new Box(-1e30f, -5, 1e30f, 50);
    Box nowhere = new Box(Float.NaN, 0, 10, 10);
    Box inverted = new Box(50, 50, 10, 10);
    Picture painted =
        BoxPainter.paint(
            BLACK, List.of(beyond, nowhere, inverted), List.of(1f, Float.NaN, -3f), List.of());
    assertThat(red(painted, 199, 25)).isGreaterThan(100);
    assertThat(red(painted, 0, 25)).isGreaterThan(100);
    assertThat(painted.rgb(30, 70)).isZero();
  }

  @Test
  void drawsTruthsInWhite() {
    Picture painted =
        BoxPainter.paint(BLACK, List.of(), List.of(), List.of(new Box(50, 40, 150, 90)));
    assertThat(blue(painted, 51, 40)).isGreaterThan(150);
  }

  @Test
  void refusesScoresThatAreNotOneABox() {
    assertThatThrownBy(() -> BoxPainter.paint(BLACK, List.of(), List.of(1f), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("scores: expected 0, one a box, got 1");
  }
}
