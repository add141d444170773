package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnchorSuggestionTest {
  private static final List<Float> SQUARE = List.of(1f);
  private static final List<Float> RATIOS = List.of(0.5f, 1f, 2f);

  /** Squares of these sides. */
  private static float[] squares(float... sides) {
    float[] shapes = new float[2 * sides.length];
    for (int i = 0; i < sides.length; i++) {
      shapes[2 * i] = sides[i];
      shapes[2 * i + 1] = sides[i];
    }
    return shapes;
  }

  @Test
  void findsTwoTightClustersAtTheirMeans() {
    float[] shapes = squares(9, 10, 11, 98, 100, 102);
    assertThat(AnchorSuggestion.sizes(shapes, 2, SQUARE)).containsExactly(10f, 100f);
  }

  @Test
  void findsAFewAmongMany() {
    float[] sides = new float[1000];
    Arrays.fill(sides, 50);
    sides[400] = 10;
    sides[800] = 200;
    assertThat(AnchorSuggestion.sizes(squares(sides), 3, SQUARE)).containsExactly(10f, 50f, 200f);
  }

  @Test
  void aSizeStandsForAllItsRatios() {
    // 40 x 20 and 20 x 40 are what a size of 20 sqrt 2 becomes at ratios 1/2 and 2.
    float[] shapes = {40, 20, 20, 40, 100, 100};
    assertThat(AnchorSuggestion.sizes(shapes, 2, RATIOS)).containsExactly(28f, 100f);
  }

  @Test
  void equalTruthsGiveOneSize() {
    assertThat(AnchorSuggestion.sizes(squares(30, 30, 30), 3, RATIOS)).containsExactly(30f);
  }

  @Test
  void noTruthNoSize() {
    assertThat(AnchorSuggestion.sizes(new float[0], 3, RATIOS)).isEmpty();
  }

  @Test
  void aSizeNeverGivesAnEmptyAnchor() {
    // 3 * sqrt(1/2) is the first shorter side that is 2 or more.
    assertThat(AnchorSuggestion.sizes(squares(0.25f), 1, RATIOS)).containsExactly(3f);
  }

  @Test
  void thinnedOutTruthsGiveTheSame() {
    float[] sides = new float[100_000];
    for (int i = 0; i < sides.length; i++) {
      sides[i] = i % 7 < 3 ? 20 : 60;
    }
    assertThat(AnchorSuggestion.sizes(squares(sides), 2, SQUARE)).containsExactly(20f, 60f);
  }
}
