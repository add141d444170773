package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.engine.Workers;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.Optimizer.Sgd;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.TensorSpec;
import dev.rpn.train.LearningRateSchedule.Decay;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Trainings on small drawn pictures with other than the plain options. */
class TrainingOptionsTest {
  private static final KernelProvider KERNELS = Kernels.named("scalar");
  private static final TrainingOptions PLAIN = TrainingOptions.plain();

  @TempDir private Path directory;

  private static TrainingRecipe recipe(int epochs, int batch, TrainingOptions options) {
    TrainingRecipe r = Scenes.recipe(epochs);
    return new TrainingRecipe(
        r.widths(),
        r.rpnChannels(),
        r.anchors(),
        r.profile(),
        r.width(),
        r.height(),
        epochs,
        batch,
        r.optimizer(),
        r.seed(),
        options);
  }

  /** Every option at once: two updates an epoch, the first of four pictures. */
  private static TrainingRecipe all(boolean freeze) {
    TrainingOptions options =
        new TrainingOptions(new LearningRateSchedule(Decay.COSINE, 3), 0.5f, 2, 0.9, true, freeze);
    return recipe(3, 2, options)
        .withOptimizer(Adam.torch().withLearningRate(3e-3f).withWeightDecay(0.1f));
  }

  static Stream<TrainingRecipe> recipes() {
    return Stream.of(all(false), all(true), all(false).withOptimizer(new Sgd(0.02f, 0.9f, 1e-3f)));
  }

  /** What a training ends with. */
  private record Result(ProposalModel model, List<StepLoss> losses) {}

  private static Result train(TrainingRecipe recipe, int threads) throws IOException {
    try (Workers workers = new Workers(threads);
        Trainer trainer =
            new Trainer(recipe, recipe.freshModel(), Scenes.pictures(), KERNELS, workers, null)) {
      trainer.train(TrainingListener.SILENT);
      assertThat(trainer.step()).isEqualTo(trainer.steps());
      return new Result(trainer.model(), trainer.losses());
    }
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void anyNumberOfThreadsGivesTheSameBits(TrainingRecipe recipe) throws IOException {
    Result one = train(recipe, 1);
    Result three = train(recipe, 3);
    assertThat(three.losses()).isEqualTo(one.losses()).hasSize(6);
    assertThat(three.model().network().weights()).isEqualTo(one.model().network().weights());
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void resumedAnywhereItEndsWithTheSameBits(TrainingRecipe recipe) throws IOException {
    Result whole = train(recipe, 1);
    // Within the first epoch, at its end, and within the last.
    for (int stop : new int[] {2, 3, 6}) {
      Checkpoints checkpoints = new Checkpoints(directory.resolve("model-" + stop));
      long last = stop;
      try (Workers workers = new Workers(2);
          Trainer trainer =
              new Trainer(
                  recipe, recipe.freshModel(), Scenes.pictures(), KERNELS, workers, checkpoints)) {
        trainer.checkpointEvery(0);
        var stopping = new Stop(step -> step == last);
        assertThatThrownBy(() -> trainer.train(stopping)).hasMessage(Stop.MESSAGE);
      }
      try (Workers workers = new Workers(1);
          Trainer trainer =
              new Trainer(
                  recipe, recipe.freshModel(), Scenes.pictures(), KERNELS, workers, checkpoints)) {
        assertThat(trainer.resume()).isTrue();
        assertThat(trainer.step()).isEqualTo(stop - 1);
        trainer.train(TrainingListener.SILENT);
        assertThat(trainer.losses()).isEqualTo(whole.losses());
        assertThat(trainer.model().network().weights())
            .isEqualTo(whole.model().network().weights());
      }
    }
  }

  @Test
  void accumulatedBatchesGiveTheGradientOfOneLargeBatch() throws IOException {
    // Plain gradient descent, so that a wrong scale of the gradient shows in the weights.
    Sgd sgd = new Sgd(0.05f, 0, 0);
    Result large = train(recipe(2, 4, PLAIN).withOptimizer(sgd), 1);
    for (int batch : new int[] {1, 2}) {
      Result small =
          train(recipe(2, batch, PLAIN.withAccumulation(4 / batch)).withOptimizer(sgd), 2);
      assertThat(small.losses()).hasSize(4);
      for (int i = 0; i < 4; i++) {
        double expected = large.losses().get(i).total();
        assertThat(small.losses().get(i).total()).isCloseTo(expected, within(1e-5 * expected));
      }
      assertClose(small.model().network(), large.model().network());
    }
  }

  private static void assertClose(Network found, Network expected) {
    for (TensorSpec spec : expected.architecture().weights()) {
      float[] values = expected.weights().get(spec.name()).toArray();
      assertThat(found.weights().get(spec.name()).toArray())
          .as(spec.name())
          .containsExactly(values, within(1e-5f));
    }
  }

  @Test
  void moreBatchesThanPicturesAreOneUpdate() throws IOException {
    Result result = train(recipe(2, 2, PLAIN.withAccumulation(1_000_000_000)), 1);
    assertThat(result.losses()).hasSize(2);
  }

  @Test
  void aFrozenBackboneKeepsItsBitsAndTheHeadLearns() throws IOException {
    for (boolean averaged : new boolean[] {false, true}) {
      TrainingOptions options = PLAIN.withFrozenBackbone(true).withAveraging(averaged ? 0.9 : 0);
      TrainingRecipe recipe =
          recipe(10, 2, options)
              .withOptimizer(Adam.torch().withLearningRate(3e-3f).withWeightDecay(0.01f));
      Network start = recipe.freshModel().network();
      Result result = train(recipe, 2);
      int frozen = 0;
      for (TensorSpec spec : start.architecture().weights()) {
        var before = start.weights().get(spec.name());
        var after = result.model().network().weights().get(spec.name());
        if (spec.name().startsWith("block")) {
          frozen++;
          assertThat(after).as(spec.name()).isEqualTo(before);
        } else {
          assertThat(after).as(spec.name()).isNotEqualTo(before);
        }
      }
      assertThat(frozen).isEqualTo(6);
      List<StepLoss> losses = result.losses();
      assertThat(losses.get(losses.size() - 3).total()).isLessThan(losses.get(0).total());
    }
  }

  @Test
  void theAverageIsWhatIsWritten() throws IOException {
    Result plain = train(recipe(3, 2, PLAIN), 1);
    Result averaged = train(recipe(3, 2, PLAIN.withAveraging(0.9)), 1);
    // The weights that the losses come from are the same ones.
    assertThat(averaged.losses()).isEqualTo(plain.losses());
    assertThat(averaged.model().network().weights())
        .isNotEqualTo(plain.model().network().weights());
  }

  @Test
  void aVeryShortGradientMovesNothingFar() throws IOException {
    TrainingRecipe recipe =
        recipe(3, 2, PLAIN.withClipNorm(1e-4f)).withOptimizer(new Sgd(0.1f, 0, 0));
    Network start = recipe.freshModel().network();
    Network end = train(recipe, 1).model().network();
    double squares = 0;
    for (TensorSpec spec : start.architecture().weights()) {
      float[] before = start.weights().get(spec.name()).toArray();
      float[] after = end.weights().get(spec.name()).toArray();
      for (int i = 0; i < before.length; i++) {
        squares += Math.pow(after[i] - before[i], 2);
      }
    }
    // Nine steps of at most 0.1 * 1e-4, float32 rounding of some thousand weights beside.
    assertThat(Math.sqrt(squares)).isPositive().isLessThan(9 * 1e-5 * 1.01);
  }

  @Test
  void sgdLowersTheLoss() throws IOException {
    List<StepLoss> losses =
        train(recipe(30, 2, PLAIN).withOptimizer(new Sgd(0.02f, 0.9f, 1e-4f)), 2).losses();
    double first = losses.subList(0, 3).stream().mapToDouble(StepLoss::total).sum();
    double last = losses.subList(87, 90).stream().mapToDouble(StepLoss::total).sum();
    assertThat(last).isLessThan(0.8 * first);
  }

  @Test
  void refusesWhatIsOutOfRange() {
    assertThatThrownBy(() -> PLAIN.withClipNorm(Float.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("clip norm: expected a finite number of at least 0, got NaN");
    assertThatThrownBy(() -> PLAIN.withAccumulation(0))
        .hasMessage("accumulation: expected at least 1 batch, got 0");
    assertThatThrownBy(() -> PLAIN.withAveraging(1))
        .hasMessage("averaging: expected [0, 1), got 1.0");
    assertThatThrownBy(() -> train(recipe(1, 2, PLAIN).withOptimizer(new Sgd(1e9f, 0, 0)), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("SGD: expected a learning rate of at most 100.0");
  }
}
