package dev.rpn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Profile;
import dev.rpn.engine.Workers;
import dev.rpn.kernel.KernelProvider;
import dev.rpn.kernel.Kernels;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer.Sgd;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.Preprocessing.ChannelOrder;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.RpnHead;
import dev.rpn.model.TensorSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on from a model. */
class StartingModelTest {
  private static final KernelProvider KERNELS = Kernels.named("scalar");

  @TempDir private Path directory;

  /** Fewer anchors than are sampled and one step an epoch: every step sees the same. */
  private static TrainingRecipe recipe(int epochs) {
    return new TrainingRecipe(
        List.of(4, 4, 4, 4, 4, 4, 4, 6),
        6,
        new AnchorRecipe(List.of(List.of(8f, 14f)), List.of(1f), List.of()),
        Profile.TORCHVISION,
        Scenes.SIDE,
        Scenes.SIDE,
        epochs,
        5,
        new Sgd(0.1f, 0, 0),
        42,
        TrainingOptions.plain()
            .withSchedule(new LearningRateSchedule(LearningRateSchedule.Decay.CONSTANT, 0)));
  }

  private record Result(ProposalModel model, List<StepLoss> losses) {}

  private static Result train(
      TrainingRecipe recipe, ProposalModel start, @Nullable Checkpoints checkpoints)
      throws IOException {
    try (Workers workers = new Workers(2);
        Trainer trainer =
            new Trainer(recipe, start, Scenes.pictures(), KERNELS, workers, checkpoints)) {
      assertThat(trainer.model().network().weights()).isEqualTo(start.network().weights());
      trainer.train(TrainingListener.SILENT);
      return new Result(trainer.model(), trainer.losses());
    }
  }

  @Test
  void itsLossesGoOnWhereTheModelsEnded() throws IOException {
    List<StepLoss> whole = train(recipe(6), recipe(6).freshModel(), null).losses();
    ProposalModel half = train(recipe(3), recipe(3).freshModel(), null).model();
    List<StepLoss> rest = train(recipe(3), recipe(3).startingFrom(half), null).losses();
    assertThat(whole).hasSize(6);
    assertThat(rest).hasSize(3);
    for (int i = 0; i < 3; i++) {
      // The pictures come in another order.
      double expected = whole.get(3 + i).total();
      assertThat(rest.get(i).total()).isCloseTo(expected, within(1e-6 * expected));
      assertThat(expected).isLessThan(whole.get(2 + i).total() * (1 - 1e-4));
    }
  }

  @Test
  void aFrozenBackboneIsTheModelsAndTheHeadLearns() throws IOException {
    ProposalModel start = train(recipe(2), recipe(2).freshModel(), null).model();
    TrainingRecipe frozen = recipe(2).withOptions(recipe(2).options().withFrozenBackbone(true));
    ProposalModel model = train(frozen, frozen.startingFrom(start), null).model();
    int layers = 0;
    for (TensorSpec spec : start.network().architecture().weights()) {
      var before = start.network().weights().get(spec.name());
      var after = model.network().weights().get(spec.name());
      if (spec.name().startsWith("block")) {
        layers++;
        assertThat(after).as(spec.name()).isEqualTo(before);
      } else {
        assertThat(after).as(spec.name()).isNotEqualTo(before);
      }
    }
    assertThat(layers).isEqualTo(16);
  }

  @Test
  void resumedItEndsWithTheSameBitsAndFromAnotherModelItIsRefused() throws IOException {
    ProposalModel before = train(recipe(2), recipe(2).freshModel(), null).model();
    TrainingRecipe recipe = recipe(4);
    ProposalModel start = recipe.startingFrom(before);
    Result whole = train(recipe, start, null);
    Checkpoints checkpoints = new Checkpoints(directory.resolve("model"));
    var stopping = new Stop(step -> step == 3);
    try (Workers workers = new Workers(1);
        Trainer trainer =
            new Trainer(recipe, start, Scenes.pictures(), KERNELS, workers, checkpoints)) {
      assertThatThrownBy(() -> trainer.train(stopping)).hasMessage(Stop.MESSAGE);
    }
    try (Workers workers = new Workers(1);
        Trainer other =
            new Trainer(
                recipe, recipe.freshModel(), Scenes.pictures(), KERNELS, workers, checkpoints)) {
      assertThatThrownBy(other::resume)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is of another training")
          .hasMessageContaining("weights with checksum ");
    }
    try (Workers workers = new Workers(2);
        Trainer trainer =
            new Trainer(recipe, start, Scenes.pictures(), KERNELS, workers, checkpoints)) {
      assertThat(trainer.resume()).isTrue();
      assertThat(trainer.step()).isEqualTo(2);
      trainer.train(TrainingListener.SILENT);
      assertThat(trainer.losses()).isEqualTo(whole.losses());
      assertThat(trainer.model().network().weights()).isEqualTo(whole.model().network().weights());
    }
  }

  @Test
  void aRecipeTakesTheModelsShapeAndAModelTheRecipesAnchorsAndSize() {
    ProposalModel fresh = recipe(1).freshModel();
    List<Float> mean = List.of(1f, 2f, 3f);
    List<Float> scale = List.of(4f, 5f, 6f);
    ProposalModel model =
        new ProposalModel(
            fresh.network(),
            fresh.anchors(),
            fresh.profile(),
            new Preprocessing(32, 24, ChannelOrder.BGR, mean, scale));
    TrainingRecipe standard = TrainingRecipe.standard();
    TrainingRecipe recipe = standard.withModel(model);
    assertThat(recipe)
        .isEqualTo(
            new TrainingRecipe(
                recipe(1).widths(),
                6,
                fresh.anchors(),
                fresh.profile(),
                32,
                24,
                standard.epochs(),
                standard.batch(),
                standard.optimizer(),
                standard.seed(),
                standard.options()));
    assertThat(recipe.startingFrom(model)).isEqualTo(model);
    ProposalModel resized = recipe(1).startingFrom(model);
    assertThat(resized.preprocessing())
        .isEqualTo(new Preprocessing(32, 32, ChannelOrder.BGR, mean, scale));
    ProposalModel unsized =
        new ProposalModel(fresh.network(), fresh.anchors(), fresh.profile(), Preprocessing.caffe());
    assertThat(standard.withModel(unsized).width()).isEqualTo(standard.width());
    assertThat(standard.withModel(unsized).height()).isEqualTo(standard.height());
  }

  @Test
  void refusesAModelOfAnotherShape() {
    ProposalModel model = recipe(1).freshModel();
    assertThatThrownBy(() -> Scenes.recipe(1).startingFrom(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "model: expected widths [4, 4, 6], 6 channels, 2 anchors a position and profile"
                + " torchvision, got widths [4, 4, 4, 4, 4, 4, 4, 6], 6 channels, 2 anchors a"
                + " position and profile torchvision");
    assertThatThrownBy(() -> recipe(1).withModel(of(Architecture.of(new RpnHead(6, 2)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("model: expected one with a backbone, got a head alone");
    Backbone other = new Backbone(List.of(new Conv3x3("first", 3, 6)));
    assertThatThrownBy(() -> recipe(1).withModel(of(Architecture.of(other, new RpnHead(6, 2)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("model: expected a backbone in VGG16's arrangement, got [first]");
  }

  private static ProposalModel of(Architecture architecture) {
    ProposalModel like = recipe(1).freshModel();
    return new ProposalModel(
        Network.initialized(architecture, 1), like.anchors(), like.profile(), like.preprocessing());
  }
}
