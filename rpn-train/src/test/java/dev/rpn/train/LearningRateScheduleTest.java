package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.model.Optimizer.Sgd;
import dev.rpn.train.LearningRateSchedule.Decay;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LearningRateScheduleTest {
  private static final Offset<Float> ULPS = Offset.offset(1e-7f);

  private static float factor(Decay decay, int warmup, long done) {
    // Four epochs of 25 updates.
    return new LearningRateSchedule(decay, warmup).factor(done, 25, 4);
  }

  @Test
  void aConstantStays() {
    assertThat(factor(Decay.CONSTANT, 0, 0)).isEqualTo(1);
    assertThat(factor(Decay.CONSTANT, 0, 99)).isEqualTo(1);
  }

  @Test
  void aStepIsATenthInTheLastQuarter() {
    assertThat(factor(Decay.STEP, 0, 74)).isEqualTo(1);
    assertThat(factor(Decay.STEP, 0, 75)).isEqualTo(0.1f);
    assertThat(factor(Decay.STEP, 0, 99)).isEqualTo(0.1f);
  }

  @Test
  void aCosineFallsFromOneToNothing() {
    assertThat(factor(Decay.COSINE, 0, 0)).isEqualTo(1);
    // 60 and 90 degrees
    assertThat(new LearningRateSchedule(Decay.COSINE, 0).factor(1, 3, 1)).isCloseTo(0.75f, ULPS);
    assertThat(factor(Decay.COSINE, 0, 50)).isCloseTo(0.5f, ULPS);
    assertThat(factor(Decay.COSINE, 0, 99)).isPositive().isLessThan(3e-4f);
  }

  @Test
  void aWarmUpIsLinear() {
    assertThat(factor(Decay.CONSTANT, 10, 0)).isEqualTo(0.1f);
    assertThat(factor(Decay.CONSTANT, 10, 4)).isEqualTo(0.5f);
    assertThat(factor(Decay.CONSTANT, 10, 9)).isEqualTo(1);
    assertThat(factor(Decay.CONSTANT, 10, 10)).isEqualTo(1);
    assertThat(factor(Decay.STEP, 100, 79)).isCloseTo(0.08f, ULPS);
    assertThatThrownBy(() -> new LearningRateSchedule(Decay.STEP, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("warm-up: expected at least 0 updates, got -1");
  }

  @Test
  void theRecipeAppliesItToAnyOptimizer() {
    TrainingRecipe recipe =
        Scenes.recipe(4)
            .withOptimizer(new Sgd(0.5f, 0.9f, 0.25f))
            .withOptions(
                TrainingOptions.plain().withSchedule(new LearningRateSchedule(Decay.CONSTANT, 2)));
    assertThat(recipe.optimizer(0, 3)).isEqualTo(new Sgd(0.25f, 0.9f, 0.25f));
    assertThat(recipe.optimizer(1, 3)).isEqualTo(new Sgd(0.5f, 0.9f, 0.25f));
  }

  @Test
  void aStepSizeNeverBecomesNothing() {
    TrainingRecipe recipe = Scenes.recipe(4).withOptimizer(new Sgd(Float.MIN_VALUE, 0, 0));
    assertThat(recipe.optimizer(11, 3).learningRate()).isEqualTo(Float.MIN_VALUE);
  }
}
