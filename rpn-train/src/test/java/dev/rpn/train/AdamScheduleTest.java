package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.kernel.TrainingKernels.AdamStep;
import dev.rpn.model.Optimizer.Adam;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class AdamScheduleTest {
  private static final Offset<Float> ULPS = Offset.offset(1e-9f);

  @Test
  void kerasCorrectsTheStepSize() {
    AdamStep first = AdamSchedule.at(Adam.keras(), 1);
    // lr sqrt(0.001) / 0.1, in float32 from 0.9 and 0.999 as float32 hold them
    assertThat(first.alpha()).isCloseTo(3.1622566e-4f, Offset.offset(1e-10f));
    assertThat(first.gamma()).isEqualTo(1);
    assertThat(first.epsilon()).isEqualTo(1e-7f);
    assertThat(first.rate1()).isEqualTo(0.1f);
    assertThat(first.rate2()).isEqualTo(0.001f);
  }

  @Test
  void torchCorrectsTheSquareRoot() {
    AdamStep first = AdamSchedule.at(Adam.torch().withLearningRate(3e-4f), 1);
    assertThat(first.alpha()).isCloseTo(3e-3f, ULPS);
    assertThat(first.gamma()).isCloseTo(31.622776f, Offset.offset(1e-4f));
    assertThat(first.epsilon()).isEqualTo(1e-8f);
    assertThat(first.rate2()).isEqualTo(0.001f);
  }

  @Test
  void weightDecayGrowsWithTheLearningRate() {
    Adam adam = Adam.torch().withWeightDecay(0.01f).withLearningRate(0.5f);
    assertThat(AdamSchedule.at(adam, 3).keep()).isEqualTo(0.995f);
    assertThat(AdamSchedule.at(Adam.keras().withWeightDecay(0.5f), 1).keep()).isEqualTo(0.9995f);
    assertThat(AdamSchedule.at(Adam.torch(), 1).keep()).isEqualTo(1);
    assertThat(AdamSchedule.at(Adam.keras(), 1).keep()).isEqualTo(1);
  }

  @Test
  void bothEndAtTheLearningRate() {
    assertThat(AdamSchedule.at(Adam.keras(), 10_000_000).alpha()).isEqualTo(1e-3f);
    assertThat(AdamSchedule.at(Adam.torch(), 10_000_000).alpha()).isEqualTo(1e-3f);
    assertThat(AdamSchedule.at(Adam.torch(), 10_000_000).gamma()).isEqualTo(1);
  }

  @Test
  void refusesARateFromWhichNoFiniteWeightFollows() {
    assertThatThrownBy(() -> AdamSchedule.at(Adam.keras().withLearningRate(1e7f), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Adam: expected a learning rate of at most 1000000.0, got 1.0E7");
  }
}
