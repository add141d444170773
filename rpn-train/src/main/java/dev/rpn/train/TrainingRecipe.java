package dev.rpn.train;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Profile;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Layer;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.RpnHead;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that decides what comes out of a training on given pictures: the same recipe, pictures
 * and kernels give the same bits on any number of threads.
 *
 * @param widths channels of the backbone's convolutions, see {@link Backbone#thin}
 * @param rpnChannels channels of the head; the last of the widths
 * @param anchors sizes and ratios, in pixels of the resized picture
 * @param profile numeric conventions
 * @param width pixels that every picture is resized to
 * @param height likewise
 * @param epochs passes over the pictures, at least 1
 * @param batch pictures a step, at least 1; an epoch's last step takes those that are left
 * @param optimizer with the step size that the options' schedule begins with
 * @param seed decides the starting weights, the order of the pictures, which are mirrored and the
 *     sampled anchors
 * @param options of the updates
 */
public record TrainingRecipe(
    List<Integer> widths,
    int rpnChannels,
    AnchorRecipe anchors,
    Profile profile,
    int width,
    int height,
    int epochs,
    int batch,
    Optimizer optimizer,
    long seed,
    TrainingOptions options) {
  /**
   * @throws IllegalArgumentException if a number is below 1, or there is not one level of anchors
   */
  public TrainingRecipe {
    widths = List.copyOf(widths);
    checkAtLeastOne("epochs", epochs);
    checkAtLeastOne("batch", batch);
    checkAtLeastOne("width", width);
    checkAtLeastOne("height", height);
    if (anchors.levels() != 1) {
      throw new IllegalArgumentException(
          "anchors: training expects 1 level, got " + anchors.levels());
    }
  }

  /** With {@link TrainingOptions#plain}. */
  public TrainingRecipe(
      List<Integer> widths,
      int rpnChannels,
      AnchorRecipe anchors,
      Profile profile,
      int width,
      int height,
      int epochs,
      int batch,
      Optimizer optimizer,
      long seed) {
    this(
        widths,
        rpnChannels,
        anchors,
        profile,
        width,
        height,
        epochs,
        batch,
        optimizer,
        seed,
        TrainingOptions.plain());
  }

  private static void checkAtLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": expected at least 1, got " + value);
    }
  }

  /**
   * A thin VGG for pictures of 480 x 360 with objects of 36 to 144 pixels: stride 16, 128 channels,
   * nine anchors, ten epochs of two pictures a step, some of them mirrored, torch's Adam from 6e-4
   * along half a cosine after a warm-up of a hundred, and the moving average of the weights. The
   * best of those that docs/training.md compares.
   */
  public static TrainingRecipe standard() {
    return new TrainingRecipe(
        List.of(16, 16, 32, 32, 64, 64, 64, 128, 128, 128, 128, 128, 128),
        128,
        new AnchorRecipe(List.of(List.of(36f, 72f, 144f)), List.of(0.5f, 1f, 2f), List.of()),
        Profile.TORCHVISION,
        480,
        360,
        10,
        2,
        Optimizer.Adam.torch().withLearningRate(6e-4f),
        0,
        TrainingOptions.plain()
            .withSchedule(new LearningRateSchedule(LearningRateSchedule.Decay.COSINE, 100))
            .withAveraging(0.998)
            .withFlips(true));
  }

  /** The same with other options. */
  public TrainingRecipe withOptions(TrainingOptions other) {
    return new TrainingRecipe(
        widths,
        rpnChannels,
        anchors,
        profile,
        width,
        height,
        epochs,
        batch,
        optimizer,
        seed,
        other);
  }

  /** The same with another optimiser. */
  public TrainingRecipe withOptimizer(Optimizer other) {
    return new TrainingRecipe(
        widths, rpnChannels, anchors, profile, width, height, epochs, batch, other, seed, options);
  }

  /**
   * The same for a trained model to go on from: its widths, channels, anchors and profile, and the
   * size that it resizes pictures to, if any.
   *
   * @throws IllegalArgumentException if the model has no backbone, one in another arrangement than
   *     {@link Backbone#thin}, or several levels of anchors
   */
  public TrainingRecipe withModel(ProposalModel model) {
    Preprocessing preprocessing = model.preprocessing();
    boolean resizes = preprocessing.width() > 0;
    return new TrainingRecipe(
        widths(model.network().architecture()),
        model.network().architecture().head().channels(),
        model.anchors(),
        model.profile(),
        resizes ? preprocessing.width() : width,
        resizes ? preprocessing.height() : height,
        epochs,
        batch,
        optimizer,
        seed,
        options);
  }

  private static List<Integer> widths(Architecture architecture) {
    Backbone backbone =
        architecture
            .backbone()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "model: expected one with a backbone, got a head alone"));
    var widths = new ArrayList<Integer>();
    for (Layer layer : backbone.layers()) {
      if (layer instanceof Conv3x3 convolution) {
        widths.add(convolution.outputs());
      }
    }
    if (widths.isEmpty() || widths.size() > 13 || !thin(widths).equals(backbone)) {
      throw new IllegalArgumentException(
          "model: expected a backbone in VGG16's arrangement, got "
              + backbone.layers().stream().map(Layer::name).toList());
    }
    return widths;
  }

  private static Backbone thin(List<Integer> widths) {
    return Backbone.thin(widths.stream().mapToInt(Integer::intValue).toArray());
  }

  private Architecture architecture() {
    return Architecture.of(thin(widths), new RpnHead(rpnChannels, anchors.perPosition()));
  }

  /**
   * A model with fresh weights, the same for the same seed.
   *
   * @throws IllegalArgumentException if the head's channels are not the last width, or there are
   *     not 1 to 13 widths
   */
  public ProposalModel freshModel() {
    return new ProposalModel(
        Network.initialized(architecture(), seed),
        anchors,
        profile,
        Preprocessing.symmetric(width, height));
  }

  /**
   * A trained model to go on from, for a {@link Trainer}: its weights, and what it does to a
   * pixel's value, with this recipe's anchors and size of pictures.
   *
   * @param model shares its weights with the result
   * @throws IllegalArgumentException if its widths, channels, anchors a position or profile are not
   *     this recipe's, or it has no backbone; {@link #withModel} gives a recipe that has them
   */
  public ProposalModel startingFrom(ProposalModel model) {
    Architecture found = model.network().architecture();
    String expected = describe(widths, rpnChannels, anchors.perPosition(), profile);
    String got =
        describe(widths(found), found.head().channels(), found.head().anchors(), model.profile());
    if (!expected.equals(got)) {
      throw new IllegalArgumentException("model: expected " + expected + ", got " + got);
    }
    Preprocessing pixels = model.preprocessing();
    return new ProposalModel(
        model.network(),
        anchors,
        profile,
        new Preprocessing(width, height, pixels.order(), pixels.mean(), pixels.scale()));
  }

  private static String describe(List<Integer> widths, int channels, int anchors, Profile profile) {
    return "widths "
        + widths
        + ", "
        + channels
        + " channels, "
        + anchors
        + " anchors a position and profile "
        + profile.name();
  }

  /**
   * The optimiser of one update, with the step size that the schedule gives it.
   *
   * @param done updates before it
   * @param perEpoch updates of an epoch
   */
  Optimizer optimizer(long done, long perEpoch) {
    float factor = options.schedule().factor(done, perEpoch, epochs);
    // A step size may become as small as there are numbers, but stays one.
    return optimizer.withLearningRate(Math.max(Float.MIN_VALUE, optimizer.learningRate() * factor));
  }

  /** Pictures of an update: all of its batches, but not more than there are. */
  int picturesPerUpdate(int pictures) {
    return (int) Math.min((long) batch * options.accumulation(), pictures);
  }
}
