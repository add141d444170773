package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.model.ProposalModel;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class TrainingRecipeTest {
  @Test
  void theStepSizeIsATenthInTheLastQuarter() {
    TrainingRecipe recipe = TrainingRecipe.standard().withOptions(TrainingOptions.plain());
    assertThat(recipe.epochs()).isEqualTo(10);
    assertThat(recipe.optimizer(0, 12).learningRate()).isEqualTo(6e-4f);
    assertThat(recipe.optimizer(95, 12).learningRate()).isEqualTo(6e-4f);
    assertThat(recipe.optimizer(96, 12).learningRate()).isCloseTo(6e-5f, Offset.offset(1e-10f));
    assertThat(recipe.optimizer(119, 12).learningRate()).isCloseTo(6e-5f, Offset.offset(1e-10f));
  }

  @Test
  void theFreshModelIsTheSeeds() {
    ProposalModel model = TrainingRecipe.standard().freshModel();
    assertThat(model.network().architecture().backbone().orElseThrow().stride()).isEqualTo(16);
    assertThat(model.network().architecture().head().anchors()).isEqualTo(9);
    assertThat(model.preprocessing().width()).isEqualTo(480);
    assertThat(TrainingRecipe.standard().freshModel().network().weights())
        .isEqualTo(model.network().weights());
  }

  @Test
  void refusesImpossibleNumbers() {
    TrainingRecipe r = TrainingRecipe.standard();
    assertThatThrownBy(() -> with(r, r.anchors(), 0, r.batch()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("epochs: expected at least 1, got 0");
    assertThatThrownBy(() -> with(r, r.anchors(), 1, -2))
        .hasMessage("batch: expected at least 1, got -2");
    AnchorRecipe pyramid =
        new AnchorRecipe(List.of(List.of(8f), List.of(16f)), List.of(1f), List.of());
    assertThatThrownBy(() -> with(r, pyramid, 1, 1))
        .hasMessage("anchors: training expects 1 level, got 2");
    TrainingRecipe narrow =
        new TrainingRecipe(
            r.widths(), 64, r.anchors(), r.profile(), 320, 240, 1, 1, r.optimizer(), 0);
    assertThatThrownBy(narrow::freshModel)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("head: channels: expected the backbone's 128, got 64");
  }

  private static TrainingRecipe with(
      TrainingRecipe r, AnchorRecipe anchors, int epochs, int batch) {
    return new TrainingRecipe(
        r.widths(),
        r.rpnChannels(),
        anchors,
        r.profile(),
        r.width(),
        r.height(),
        epochs,
        batch,
        r.optimizer(),
        r.seed());
  }
}
