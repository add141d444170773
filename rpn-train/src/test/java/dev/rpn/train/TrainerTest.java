package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.anchor.Box;
import dev.rpn.engine.Workers;
import dev.rpn.io.picture.Picture;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {
  private static final KernelProvider KERNELS = Kernels.named("scalar");

  @TempDir private Path directory;

  private static Trainer trainer(
      TrainingRecipe recipe, Workers workers, @Nullable Checkpoints checkpoints) {
    return new Trainer(
        recipe, recipe.freshModel(), Scenes.pictures(), KERNELS, workers, checkpoints);
  }

  /** What was heard, one line a call. */
  private static final class Heard implements TrainingListener {
    final List<String> steps = new ArrayList<>();
    final List<Double> epochs = new ArrayList<>();
    int stopAfter = Integer.MAX_VALUE;

    @Override
    public void step(
        long step,
        long steps,
        int epoch,
        double loss,
        double classification,
        double location,
        double seconds)
        throws IOException {
      assertThat(loss).isEqualTo(classification + location);
      this.steps.add(step + " of " + steps + " in " + epoch + ": " + loss);
      if (step == stopAfter) {
        throw new IOException("stopped");
      }
    }

    @Override
    public void epoch(
        int epoch, int epochs, double meanLoss, double seconds, Supplier<ProposalModel> model) {
      this.epochs.add(meanLoss);
    }
  }

  @Test
  void theLossFalls() throws IOException {
    Heard heard = new Heard();
    try (Workers workers = new Workers(2);
        Trainer trainer = trainer(Scenes.recipe(30), workers, null)) {
      trainer.train(heard);
      assertThat(trainer.step()).isEqualTo(90).isEqualTo(trainer.steps());
      assertThat(trainer.losses()).hasSize(90);
    }
    assertThat(heard.steps).hasSize(90);
    assertThat(heard.steps.get(89)).startsWith("90 of 90 in 30: ");
    assertThat(heard.epochs).hasSize(30);
    assertThat(heard.epochs.get(29)).isLessThan(0.6 * heard.epochs.get(0));
  }

  private static ProposalModel trained(int threads, Heard heard) throws IOException {
    try (Workers workers = new Workers(threads);
        Trainer trainer = trainer(Scenes.recipe(3), workers, null)) {
      trainer.train(heard);
      return trainer.model();
    }
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBits() throws IOException {
    Heard one = new Heard();
    Heard three = new Heard();
    ProposalModel model = trained(1, one);
    assertThat(trained(3, three).network().weights()).isEqualTo(model.network().weights());
    assertThat(three.steps).isEqualTo(one.steps);
  }

  @Test
  void resumedAtAnyEpochItEndsWithTheSameBits() throws IOException {
    TrainingRecipe recipe = Scenes.recipe(3);
    Heard whole = new Heard();
    ProposalModel expected = trained(1, whole);
    // Steps 3 and 6 end an epoch: what a checkpoint does not hold yet is done again.
    for (int stop : new int[] {4, 6, 8}) {
      Checkpoints checkpoints = new Checkpoints(directory.resolve("model-" + stop));
      Heard first = new Heard();
      first.stopAfter = stop;
      try (Workers workers = new Workers(2);
          Trainer trainer = trainer(recipe, workers, checkpoints)) {
        assertThatThrownBy(() -> trainer.train(first)).hasMessage("stopped");
      }
      try (Workers workers = new Workers(1);
          Trainer trainer = trainer(recipe, workers, checkpoints)) {
        assertThat(trainer.resume()).isTrue();
        int done = (int) trainer.step();
        assertThat(done).isEqualTo((stop - 1) / 3 * 3).isPositive();
        assertThat(trainer.losses()).hasSize(done);
        Heard rest = new Heard();
        trainer.train(rest);
        assertThat(rest.steps).isEqualTo(whole.steps.subList(done, 9));
        assertThat(rest.epochs).isEqualTo(whole.epochs.subList(done / 3, 3));
        assertThat(trainer.losses()).extracting(StepLoss::step).endsWith(8L, 9L).hasSize(9);
        assertThat(trainer.model().network().weights()).isEqualTo(expected.network().weights());
      }
    }
  }

  @Test
  void resumedWithinAnEpochItEndsWithTheSameBits() throws IOException {
    TrainingRecipe recipe = Scenes.recipe(2);
    Checkpoints checkpoints = new Checkpoints(directory.resolve("model"));
    Heard whole = new Heard();
    ProposalModel expected;
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(recipe, workers, null)) {
      trainer.train(whole);
      expected = trainer.model();
    }
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(recipe, workers, checkpoints)) {
      trainer.checkpointEvery(0);
      Heard first = new Heard();
      first.stopAfter = 5;
      assertThatThrownBy(() -> trainer.train(first)).hasMessage("stopped");
    }
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(recipe, workers, checkpoints)) {
      assertThat(trainer.resume()).isTrue();
      assertThat(trainer.step()).isEqualTo(4);
      Heard rest = new Heard();
      trainer.train(rest);
      assertThat(rest.steps).isEqualTo(whole.steps.subList(4, 6));
      assertThat(rest.epochs).isEqualTo(whole.epochs.subList(1, 2));
      assertThat(trainer.model().network().weights()).isEqualTo(expected.network().weights());
    }
  }

  @Test
  void aFinishedTrainingResumesToItsEnd() throws IOException {
    Checkpoints checkpoints = new Checkpoints(directory.resolve("model"));
    ProposalModel expected;
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(Scenes.recipe(1), workers, checkpoints)) {
      assertThat(trainer.resume()).isFalse();
      trainer.train(TrainingListener.SILENT);
      expected = trainer.model();
    }
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(Scenes.recipe(1), workers, checkpoints)) {
      assertThat(trainer.resume()).isTrue();
      Heard heard = new Heard();
      trainer.train(heard);
      assertThat(heard.steps).isEmpty();
      assertThat(trainer.model().network().weights()).isEqualTo(expected.network().weights());
    }
    checkpoints.delete();
    assertThat(checkpoints.list()).isEmpty();
  }

  @Test
  void aFreshTrainingDoesNotOverwriteCheckpoints() throws IOException {
    Checkpoints checkpoints = new Checkpoints(directory.resolve("model"));
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(Scenes.recipe(1), workers, checkpoints)) {
      trainer.train(TrainingListener.SILENT);
    }
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(Scenes.recipe(1), workers, checkpoints)) {
      assertThatThrownBy(() -> trainer.train(TrainingListener.SILENT))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("model.step-000000003.checkpoint is of an earlier training");
      assertThat(trainer.step()).isZero();
    }
  }

  @Test
  void refusesACheckpointOfAnotherTraining() throws IOException {
    Checkpoints checkpoints = new Checkpoints(directory.resolve("model"));
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(Scenes.recipe(1), workers, checkpoints)) {
      trainer.train(TrainingListener.SILENT);
    }
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(Scenes.recipe(2), workers, checkpoints)) {
      assertThatThrownBy(trainer::resume)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is of another training")
          .hasMessageContaining("epochs=2")
          .hasMessageContaining("epochs=1");
    }
  }

  @Test
  void aCorruptCheckpointIsNeverASilentRestart() throws IOException {
    Checkpoints checkpoints = new Checkpoints(directory.resolve("model"));
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(Scenes.recipe(3), workers, checkpoints)) {
      trainer.train(TrainingListener.SILENT);
    }
    List<Path> files = checkpoints.list();
    assertThat(files)
        .extracting(f -> f.getFileName().toString())
        .containsExactly("model.step-000000009.checkpoint", "model.step-000000006.checkpoint");
    byte[] bytes = Files.readAllBytes(files.get(0));
    bytes[bytes.length / 2] ^= 4;
    Files.write(files.get(0), bytes);
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(Scenes.recipe(3), workers, checkpoints)) {
      assertThatThrownBy(trainer::resume)
          .isInstanceOfSatisfying(
              CheckpointCorruptException.class,
              e -> assertThat(e.previous()).isEqualTo(files.get(1)))
          .hasMessageContaining("expected checksum")
          .hasMessageContaining("the previous good one is " + files.get(1));
      Files.delete(files.get(0));
      assertThat(trainer.resume()).isTrue();
      assertThat(trainer.step()).isEqualTo(6);
    }
  }

  @Test
  void divergenceNamesStepTensorAndCheckpointAndLeavesTheWeights() throws IOException {
    TrainingRecipe recipe = Scenes.recipe(2);
    ProposalModel start = recipe.freshModel();
    Tensor bias = start.network().weights().bias("3x3");
    bias.set(1, 2e38f);
    Tensor kernel = start.network().weights().kernel("location");
    for (int i = 0; i < kernel.size(); i++) {
      kernel.set(i, 3);
    }
    try (Workers workers = new Workers(1);
        Trainer trainer = new Trainer(recipe, start, Scenes.pictures(), KERNELS, workers, null)) {
      assertThatThrownBy(() -> trainer.train(TrainingListener.SILENT))
          .isInstanceOf(TrainingDivergedException.class)
          .hasMessageContaining("diverged at step 1: ")
          .hasMessageContaining("there is no checkpoint");
      assertThat(trainer.model().network().weights()).isEqualTo(start.network().weights());
      assertThat(trainer.step()).isZero();
    }
  }

  private record Missing(String name, int width, int height, List<Box> truths)
      implements TrainingPicture {
    @Override
    public Picture read() throws IOException {
      throw new IOException(name + ": no such file");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aPictureThatIsGoneEndsItWithTheReadersOwnSentence(int threads) throws IOException {
    TrainingRecipe recipe = Scenes.recipe(1);
    var pictures = new ArrayList<TrainingPicture>(Scenes.pictures());
    pictures.set(1, new Missing("gone.png", Scenes.SIDE, Scenes.SIDE, List.of()));
    try (Workers workers = new Workers(threads);
        Trainer trainer =
            new Trainer(recipe, recipe.freshModel(), pictures, KERNELS, workers, null)) {
      assertThatThrownBy(() -> trainer.train(TrainingListener.SILENT))
          .isExactlyInstanceOf(IOException.class)
          .hasMessage("gone.png: no such file");
    }
  }

  @Test
  void refusesWhatCanNotTrain() {
    TrainingRecipe recipe = Scenes.recipe(1);
    Picture picture = Picture.of(2, 2, new byte[12]);
    try (Workers workers = new Workers(1)) {
      assertThatThrownBy(
              () -> new Trainer(recipe, recipe.freshModel(), List.of(), KERNELS, workers, null))
          .hasMessage("training: expected at least one picture, got none");
      List<TrainingPicture> empty =
          List.of(TrainingPicture.of("p", picture, List.of(new Box(1, 0, 1, 2))));
      assertThatThrownBy(
              () -> new Trainer(recipe, recipe.freshModel(), empty, KERNELS, workers, null))
          .hasMessageStartingWith("picture 'p': truth 0: expected a box of some area");
    }
  }
}
