package dev.rpn.train;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.Kernels;
import dev.rpn.model.Architecture;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer;
import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.Optimizer.Sgd;
import dev.rpn.model.RpnHead;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Updates with gradients of 0, so that a weight keeps what is written to it. */
final class FiniteCheckTest {
  private static final String NAME = "location/kernel";

  /** A velocity, and a step whose bound is beyond all weights. */
  static final Optimizer[] WITHOUT_BOUND = {
    new Sgd(0.1f, 0.9f, 0), new Adam(1e-3f, 0.9, 0.999, 1e-30f, Adam.Form.TORCH, 0)
  };

  private final Workers workers = new Workers(2);
  private final TrainingNetwork network =
      new TrainingNetwork(
          Network.initialized(Architecture.of(new RpnHead(8, 2)), 1),
          TrainingOptions.plain(),
          new MapShape(1, 3, 4, 8),
          null,
          Set.of(1),
          Kernels.named("scalar").training(),
          workers);
  private final MemorySegment weight = network.parameters().weight(NAME);

  @AfterEach
  void close() {
    network.close();
    workers.close();
  }

  @ParameterizedTest
  @FieldSource("WITHOUT_BOUND")
  void weightsWithoutABoundAreLookedAtEveryTime(Optimizer optimizer) {
    network.update(optimizer, 1, null);
    weight.setAtIndex(JAVA_FLOAT, 7, 2e30f);
    assertThatThrownBy(() -> network.update(optimizer, 2, null))
        .isInstanceOf(TrainingDivergedException.class)
        .hasMessageContaining("at step 2: weight location/kernel is 2.0E30 at index 7");
  }

  @Test
  void weightsFromOutsideAreLookedAt() {
    Adam adam = Adam.torch();
    network.update(adam, 1, null);
    weight.setAtIndex(JAVA_FLOAT, 7, Float.NaN);
    network.weightsChanged();
    assertThatThrownBy(() -> network.update(adam, 2, null))
        .isInstanceOf(TrainingDivergedException.class)
        .hasMessageContaining("at step 2: weight location/kernel is NaN at index 7");
  }

  @Test
  void gradientsAreLookedAtEveryTime() {
    Adam adam = Adam.keras();
    network.update(adam, 1, null);
    float before = weight.getAtIndex(JAVA_FLOAT, 7);
    network.parameters().gradient(NAME).setAtIndex(JAVA_FLOAT, 7, -2e18f);
    assertThatThrownBy(() -> network.update(adam, 2, null))
        .isInstanceOf(TrainingDivergedException.class)
        .hasMessageContaining("at step 2: gradient of location/kernel is -2.0E18 at index 7");
    assertThat(weight.getAtIndex(JAVA_FLOAT, 7)).isEqualTo(before);
  }
}
