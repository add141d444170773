package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.Box;
import dev.rpn.anchor.IoU;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.Size;
import dev.rpn.io.picture.Picture;
import dev.rpn.model.Architecture;
import dev.rpn.model.Network;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.RpnHead;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PreflightTest {
  /** Not to be read: only its size and truths count. */
  private record Annotation(String name, int width, int height, List<Box> truths)
      implements TrainingPicture {
    @Override
    public Picture read() {
      throw new AssertionError("the pre-flight reads no picture");
    }
  }

  private static TrainingRecipe recipe(List<Float> sizes, List<Float> ratios) {
    TrainingRecipe r = Scenes.recipe(1);
    return new TrainingRecipe(
        // A pool of 2 before the third layer: the anchors stand 2 pixels apart, from 0 on.
        r.widths(),
        r.rpnChannels(),
        new AnchorRecipe(List.of(sizes), ratios, List.of()),
        r.profile(),
        32,
        32,
        1,
        1,
        r.optimizer(),
        0);
  }

  private static Preflight preflight(List<Float> sizes, Box... truths) {
    return Preflight.of(
        recipe(sizes, List.of(1f)).freshModel(),
        List.of(new Annotation("p", 32, 32, List.of(truths))));
  }

  @Test
  void aTruthEqualToAnAnchorIsFittedWholly() {
    Preflight found = preflight(List.of(8f), new Box(6, 8, 14, 16));
    assertThat(found.coverage()).isEqualTo(new AnchorCoverage(1, 1, 1, 1, 1, 1, 1, 1, 1));
    assertThat(found.suggestedSizes()).containsExactly(8f);
    assertThat(found.pictures()).isEqualTo(1);
    assertThat(found.emptyPictures()).isZero();
    assertThat(found.degenerateTruths()).isZero();
  }

  @Test
  void coverageIsCountedAsWorkedOutByHand() {
    // Anchors of 8 x 8 about even points. IoU 1; half of one: 1/2; a quarter: 1/4; one pixel
    // aside, between two positions: 7 * 8 / (2 * 64 - 56) = 7/9; four times as large: 1/4.
    Preflight found =
        preflight(
            List.of(8f),
            new Box(8, 8, 16, 16),
            new Box(8, 8, 16, 12),
            new Box(8, 8, 12, 12),
            new Box(9, 8, 17, 16),
            new Box(8, 8, 24, 24));
    AnchorCoverage coverage = found.coverage();
    assertThat(coverage.truths()).isEqualTo(5);
    assertThat(coverage.at50()).isEqualTo(3);
    assertThat(coverage.at70()).isEqualTo(2);
    assertThat(coverage.share50()).isEqualTo(0.6);
    assertThat(coverage.share70()).isEqualTo(0.4);
    assertThat(coverage.least()).isEqualTo(0.25);
    assertThat(coverage.lowerQuartile()).isEqualTo(0.25);
    assertThat(coverage.median()).isEqualTo(0.5);
    assertThat(coverage.upperQuartile()).isCloseTo(7.0 / 9, Offset.offset(1e-6));
    assertThat(coverage.largest()).isEqualTo(1);
    assertThat(coverage.mean())
        .isCloseTo((1 + 0.5 + 0.25 + 7.0 / 9 + 0.25) / 5, Offset.offset(1e-6));
  }

  @Test
  void quantilesAreInterpolated() {
    AnchorCoverage coverage = AnchorCoverage.of(new float[] {1, 0.5f, 0, 0.25f});
    assertThat(coverage.lowerQuartile()).isEqualTo(0.1875);
    assertThat(coverage.median()).isEqualTo(0.375);
    assertThat(coverage.upperQuartile()).isEqualTo(0.625);
  }

  @Test
  void truthsCountInPixelsOfTheResizedPicture() {
    // 64 x 16 becomes 32 x 32: 16 x 4 becomes 8 x 8.
    Preflight found =
        Preflight.of(
            recipe(List.of(8f), List.of(1f)).freshModel(),
            List.of(
                new Annotation("p", 64, 16, List.of(new Box(16, 4, 32, 8))),
                new Annotation("q", 64, 16, List.of())));
    assertThat(found.coverage().least()).isEqualTo(1);
    assertThat(found.pictures()).isEqualTo(2);
    assertThat(found.emptyPictures()).isEqualTo(1);
  }

  @Test
  void degenerateTruthsAreNamed() {
    List<Annotation> pictures =
        List.of(
            new Annotation("good", 64, 64, List.of(new Box(0, 0, 16, 16))),
            new Annotation(
                "bad",
                64,
                64,
                List.of(
                    new Box(8, 8, 8, 20),
                    new Box(0, 0, 16, 16),
                    new Box(70, 0, 80, 10),
                    new Box(4, 4, 5, 30),
                    new Box(20, 4, 10, 30),
                    new Box(0, 0, Float.NaN, 30))));
    Preflight found = Preflight.of(recipe(List.of(8f), List.of(1f)).freshModel(), pictures);
    assertThat(found.degenerateTruths()).isEqualTo(5);
    assertThat(found.degenerate())
        .extracting(d -> d.picture() + " " + d.truth() + " " + d.reason())
        .containsExactly(
            "bad 0 has no area",
            "bad 2 is outside of the picture",
            "bad 3 is thinner than a pixel after resizing",
            "bad 4 has no area",
            "bad 5 has no area");
    assertThat(found.degenerate().get(1).box()).isEqualTo(new Box(70, 0, 80, 10));
    // Those of some area count as truths: training sees them too.
    assertThat(found.coverage().truths()).isEqualTo(4);
  }

  @Test
  void onlySoManyDegenerateTruthsAreNamed() {
    Box[] lines = new Box[Preflight.DEGENERATE_KEPT + 3];
    Arrays.fill(lines, new Box(1, 1, 1, 2));
    Preflight found = preflight(List.of(8f), lines);
    assertThat(found.degenerateTruths()).isEqualTo(lines.length);
    assertThat(found.degenerate()).hasSize(Preflight.DEGENERATE_KEPT);
  }

  @Test
  void withoutTruthsNothingIsSuggested() {
    Preflight found = preflight(List.of(8f));
    assertThat(found.coverage()).isEqualTo(new AnchorCoverage(0, 0, 0, 0, 0, 0, 0, 0, 0));
    assertThat(found.suggestedSizes()).isEmpty();
    assertThat(found.coverage().share50()).isZero();
  }

  @Test
  void theSuggestionFitsWhatTheRecipeMisses() {
    Preflight found =
        preflight(
            List.of(24f, 30f), new Box(6, 6, 14, 14), new Box(2, 2, 10, 10), new Box(2, 4, 6, 8));
    assertThat(found.coverage().at50()).isZero();
    assertThat(found.suggestedSizes()).containsExactly(4f, 8f);
    assertThat(found.suggestedCoverage().at70()).isEqualTo(3);
    assertThat(found.suggestedCoverage().mean()).isEqualTo(1);
  }

  @Test
  void refusesAModelThatCanNotTrainOnPictures() {
    AnchorRecipe anchors = new AnchorRecipe(List.of(List.of(8f)), List.of(1f), List.of());
    ProposalModel head =
        new ProposalModel(
            Network.initialized(Architecture.of(new RpnHead(4, 1)), 0),
            anchors,
            Profile.TORCHVISION,
            Preprocessing.symmetric(32, 32));
    assertThatThrownBy(() -> Preflight.of(head, Scenes.pictures()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expects a model with a backbone");
  }

  @Test
  void theNearestAnchorsAreAsGoodAsAll() {
    long seed = Long.getLong("rpn.seed", 17);
    Random random = new Random(seed);
    for (int i = 0; i < 60; i++) {
      Profile profile = Profile.named(Profile.names().get(i % Profile.names().size()));
      int stride = 1 << random.nextInt(5);
      Size grid = new Size(1 + random.nextInt(7), 1 + random.nextInt(7));
      Size picture =
          new Size(
              grid.height() * stride + random.nextInt(stride),
              grid.width() * stride + random.nextInt(stride));
      var recipe =
          AnchorRecipe.of(
              List.of(4 + 20 * random.nextFloat(), 16 + 40 * random.nextFloat()),
              List.of(0.5f, 1f, 2f),
              stride);
      var anchors = new Anchors(recipe, profile, picture, List.of(grid));
      var best = new BestAnchors(anchors, profile, picture);
      for (int j = 0; j < 50; j++) {
        float x = random.nextFloat() * picture.width();
        float y = random.nextFloat() * picture.height();
        Box truth = new Box(x, y, x + 1 + 60 * random.nextFloat(), y + 1 + 60 * random.nextFloat());
        assertThat(best.iou(truth.x1(), truth.y1(), truth.x2(), truth.y2()))
            .as("seed %d, profile %s, truth %s", seed, profile, truth)
            .isCloseTo(bestOfAll(anchors, profile, picture, truth), Offset.offset(2e-6f));
      }
    }
  }

  private static float bestOfAll(Anchors anchors, Profile profile, Size picture, Box t) {
    float best = 0;
    for (int i = 0; i < anchors.count(); i++) {
      Box a = anchors.box(0, i);
      boolean inside =
          a.x1() >= 0 && a.y1() >= 0 && a.x2() < picture.width() && a.y2() < picture.height();
      if (inside || !profile.matching().insideOnly()) {
        best =
            Math.max(
                best,
                IoU.of(
                    t.x1(),
                    t.y1(),
                    t.x2(),
                    t.y2(),
                    a.x1(),
                    a.y1(),
                    a.x2(),
                    a.y2(),
                    profile.boxes().pixelOffset()));
      }
    }
    return best;
  }

  @Test
  void hundredsOfThousandsOfTruthsTakeAMoment() {
    var pictures = new ArrayList<Annotation>();
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      var truths = new ArrayList<Box>();
      for (int j = 0; j < 10; j++) {
        float x = 500 * random.nextFloat();
        float y = 300 * random.nextFloat();
        truths.add(
            new Box(x, y, x + 5 + 100 * random.nextFloat(), y + 5 + 90 * random.nextFloat()));
      }
      pictures.add(new Annotation("p" + i, 640, 480, truths));
    }
    Preflight found = Preflight.of(TrainingRecipe.standard().freshModel(), pictures);
    assertThat(found.coverage().truths()).isEqualTo(200_000);
    assertThat(found.suggestedSizes()).hasSize(3);
    assertThat(found.suggestedCoverage().mean()).isGreaterThan(found.coverage().mean());
  }
}
