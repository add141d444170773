package dev.rpn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.Optimizer.Sgd;
import org.junit.jupiter.api.Test;

class OptimizerTest {
  @Test
  void anotherLearningRateChangesNothingElse() {
    Adam adam = Adam.torch().withWeightDecay(0.01f);
    assertThat(adam.withLearningRate(2).withLearningRate(adam.learningRate())).isEqualTo(adam);
    assertThat(adam.withLearningRate(2).learningRate()).isEqualTo(2);
    assertThat(new Sgd(1, 0.9f, 0.1f).withLearningRate(2)).isEqualTo(new Sgd(2, 0.9f, 0.1f));
  }

  @Test
  void refusesWhatIsOutOfRange() {
    assertThatThrownBy(() -> Adam.torch().withWeightDecay(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Adam: expected a weight decay in [0, 1], got -1.0");
    assertThatThrownBy(() -> Adam.keras().withLearningRate(0))
        .hasMessageStartingWith("Adam: expected a learning rate and an epsilon above 0, got 0.0");
    assertThatThrownBy(() -> new Sgd(Float.NaN, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("SGD: expected a learning rate above 0, got NaN");
    assertThatThrownBy(() -> new Sgd(1, 1, 0))
        .hasMessage("SGD: expected a momentum in [0, 1), got 1.0");
    assertThatThrownBy(() -> new Sgd(1, 0, 1.5f))
        .hasMessage("SGD: expected a weight decay in [0, 1], got 1.5");
  }
}
