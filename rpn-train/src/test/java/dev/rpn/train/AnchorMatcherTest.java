package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.anchor.BoxCoder;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.Size;
import dev.rpn.io.weights.NpyArray;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnchorMatcherTest {
  @ParameterizedTest
  @ValueSource(strings = {"targets-c4.npz", "targets-fpn.npz"})
  void labelsAndTargetsAreTorchvisions(String file) {
    Map<String, NpyArray> golden = Golden.read(file);
    float[] anchors = golden.get("anchors").toFloats();
    int[] image = golden.get("image").toInts();
    AnchorMatcher matcher =
        new AnchorMatcher(Profile.TORCHVISION, anchors, new Size(image[0], image[1]));
    BoxCoder coder = new BoxCoder(Profile.TORCHVISION);
    for (int picture = 0; picture < 2; picture++) {
      float[] truths = golden.get("truth/" + picture).toFloats();
      float[] labels = golden.get("labels/" + picture).toFloats();
      float[] targets = golden.get("targets/" + picture).toFloats();
      int[] matched = new int[anchors.length / 4];
      matcher.match(truths, matched);
      int positives = 0;
      for (int i = 0; i < matched.length; i++) {
        assertThat(label(matched[i])).as("picture %d anchor %d", picture, i).isEqualTo(labels[i]);
        if (matched[i] >= 0) {
          positives++;
          float[] deltas = new float[4];
          coder.encode(anchors, 4 * i, truths, 4 * matched[i], deltas, 0);
          for (int j = 0; j < 4; j++) {
            assertThat(deltas[j]).isCloseTo(targets[4 * i + j], Offset.offset(1e-5f));
          }
        }
      }
      assertThat(positives).isPositive();
    }
  }

  private static float label(int matched) {
    return matched >= 0 ? 1 : matched == AnchorMatcher.NEGATIVE ? 0 : -1;
  }

  /** Four anchors in a row, 10 x 10 each. */
  private static final float[] ROW = {
    0, 0, 10, 10, 10, 0, 20, 10, 20, 0, 30, 10, 30, 0, 40, 10,
  };

  private static int[] match(Profile profile, float[] anchors, float... truths) {
    int[] matched = new int[anchors.length / 4];
    new AnchorMatcher(profile, anchors, new Size(10, 35)).match(truths, matched);
    return matched;
  }

  @Test
  void everyAnchorThatTiesForATruthsBestIsPositive() {
    // Half of two anchors each: IoU 50 / 150.
    assertThat(match(Profile.TORCHVISION, ROW, 5, 0, 15, 10)).containsExactly(0, 0, -1, -1);
  }

  @Test
  void aLowQualityMatchKeepsTheAnchorsOwnBestTruth() {
    // The second truth's best anchor is the first, which overlaps the first truth more.
    assertThat(match(Profile.TORCHVISION, ROW, 0, 0, 10, 6, 0, 8, 10, 12))
        .containsExactly(0, -1, -1, -1);
  }

  @Test
  void theFirstOfEqualTruthsIsTaken() {
    assertThat(match(Profile.TORCHVISION, ROW, 0, 0, 10, 10, 0, 0, 10, 10))
        .containsExactly(0, -1, -1, -1);
  }

  @Test
  void betweenTheThresholdsAnAnchorIsIgnored() {
    // IoU 1 with the first anchor, 0.5 with the second.
    float[] anchors = {0, 0, 10, 10, 0, 0, 10, 5};
    assertThat(match(Profile.TORCHVISION, anchors, 0, 0, 10, 10)).containsExactly(0, -2);
  }

  @Test
  void aTruthThatNoAnchorTouchesIsMatchedByNone() {
    assertThat(match(Profile.TORCHVISION, ROW, 500, 500, 600, 600)).containsExactly(-1, -1, -1, -1);
  }

  @Test
  void withoutTruthsAllAreNegative() {
    assertThat(match(Profile.TORCHVISION, ROW)).containsExactly(-1, -1, -1, -1);
  }

  @Test
  void pyfrcnnIgnoresAnchorsThatCrossTheBorder() {
    assertThat(match(Profile.PYFRCNN, new float[] {0, 0, 9, 9, 30, 0, 40, 9}, 30, 0, 40, 9))
        .containsExactly(-1, -2);
  }
}
