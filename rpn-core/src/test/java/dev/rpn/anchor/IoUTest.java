package dev.rpn.anchor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IoUTest {
  private static final Box BOX = new Box(0, 0, 10, 10);

  @Test
  void ofKnownBoxes() {
    assertThat(IoU.of(BOX, BOX)).isEqualTo(1);
    assertThat(IoU.of(BOX, new Box(5, 0, 15, 10))).isEqualTo(50f / 150f);
    assertThat(IoU.of(BOX, new Box(2, 2, 7, 8))).isEqualTo(30f / 100f);
  }

  @Test
  void ofBoxesThatDoNotOverlapIsZero() {
    assertThat(IoU.of(BOX, new Box(10, 0, 20, 10))).isZero();
    // Apart in both directions: two negative sides must not make a positive area.
    assertThat(IoU.of(BOX, new Box(20, 20, 30, 30))).isZero();
  }

  @Test
  void ofEmptyBoxes() {
    Box empty = new Box(3, 3, 3, 3);
    assertThat(IoU.of(BOX, empty)).isZero();
    assertThat(IoU.of(empty, empty)).isNaN();
  }

  @Test
  void withPixelCornersCountsBothBorders() {
    // [0, 9] and [5, 14] are ten pixels wide each and share five.
    assertThat(IoU.of(0, 0, 9, 9, 5, 0, 14, 9, 1)).isEqualTo(50f / 150f);
    assertThat(IoU.of(3, 3, 3, 3, 3, 3, 3, 3, 1)).isEqualTo(1);
  }
}
