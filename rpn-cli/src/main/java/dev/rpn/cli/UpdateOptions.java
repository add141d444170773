package dev.rpn.cli;

import dev.rpn.model.Optimizer;
import dev.rpn.model.Optimizer.Adam;
import dev.rpn.model.Optimizer.Sgd;
import dev.rpn.train.LearningRateSchedule;
import dev.rpn.train.LearningRateSchedule.Decay;
import dev.rpn.train.TrainingOptions;
import dev.rpn.train.TrainingRecipe;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a training's gradients become updates. */
final class UpdateOptions {
  private static final Optimizer OPTIMIZER = TrainingRecipe.standard().optimizer();
  private static final TrainingOptions STANDARD = TrainingRecipe.standard().options();

  /** What {@code --optimizer} takes. */
  enum OptimizerName {
    ADAM,
    SGD;

    static OptimizerName of(Optimizer optimizer) {
      return switch (optimizer) {
        case Adam adam -> ADAM;
        case Sgd sgd -> SGD;
      };
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What {@code --schedule} takes. */
  enum ScheduleName {
    CONSTANT,
    STEP,
    COSINE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What {@code --freeze} takes. */
  enum Part {
    BACKBONE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description =
          "adam (torch's; AdamW with --weight-decay) or sgd, which needs a --learning-rate some ten"
              + " times as large.")
  private OptimizerName optimizer = OptimizerName.of(OPTIMIZER);

  @Option(
      names = "--learning-rate",
      paramLabel = "F",
      description = "Step size, before --schedule and --warmup.")
  private float learningRate = OPTIMIZER.learningRate();

  @Option(
      names = "--momentum",
      paramLabel = "F",
      description = "What sgd keeps of its last direction, in [0, 1). Without it: 0.9.")
  private @Nullable Float momentum;

  @Option(
      names = "--weight-decay",
      paramLabel = "F",
      description =
          "Pulls weights to 0, in [0, 1]: with adam the part of them that a step size of 1 takes"
              + " away, with sgd the part that is added to the gradient.")
  private float weightDecay =
      switch (OPTIMIZER) {
        case Adam adam -> adam.weightDecay();
        case Sgd sgd -> sgd.weightDecay();
      };

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      description =
          "constant, step (a tenth of the step size in the last quarter) or cosine (half a wave,"
              + " from all of it to nothing).")
  private ScheduleName schedule = ScheduleName.valueOf(STANDARD.schedule().decay().name());

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description = "Updates in which the step size grows in equal steps to its full size.")
  private int warmup = STANDARD.schedule().warmup();

  @Option(
      names = "--clip-norm",
      paramLabel = "F",
      description =
          "Longest gradient, as the norm over all weights; longer ones are shortened; 0: none are.")
  private float clipNorm = STANDARD.clipNorm();

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      description =
          "Batches an update: the gradient of a batch N times as large, in the memory of one.")
  private int accumulation = STANDARD.accumulation();

  @Option(
      names = "--average",
      paramLabel = "F",
      description =
          "What a moving average of the weights keeps of itself at an update, such as 0.998; the"
              + " average is measured and written; 0: the weights themselves are.")
  private double averaging = STANDARD.averaging();

  @Option(
      names = "--flip",
      negatable = true,
      fallbackValue = "true",
      description =
          "Mirror pictures and boxes left to right every other time, by chance; --no-flip leaves"
              + " them as they are. Default: --flip")
  private boolean flips = STANDARD.flips();

  @Option(
      names = "--freeze",
      paramLabel = "PART",
      description = "backbone: only the head learns. Without it: all does.")
  private @Nullable Part frozen;

  /**
   * @throws IllegalArgumentException if the options do not go together or are out of range
   */
  Optimizer optimizer() {
    if (optimizer == OptimizerName.ADAM && momentum != null) {
      throw new IllegalArgumentException("--momentum: expected --optimizer sgd, got adam");
    }
    return switch (optimizer) {
      case ADAM -> adam().withLearningRate(learningRate).withWeightDecay(weightDecay);
      case SGD -> new Sgd(learningRate, momentum == null ? 0.9f : momentum, weightDecay);
    };
  }

  private static Adam adam() {
    return OPTIMIZER instanceof Adam standard ? standard : Adam.torch();
  }

  /**
   * @throws IllegalArgumentException if a number is out of range
   */
  TrainingOptions options() {
    var rates = new LearningRateSchedule(Decay.valueOf(schedule.name()), warmup);
    return new TrainingOptions(
        rates, clipNorm, accumulation, averaging, flips, frozen == Part.BACKBONE);
  }
}
