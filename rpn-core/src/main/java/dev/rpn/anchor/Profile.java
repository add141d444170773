package dev.rpn.anchor;

import dev.rpn.loss.BinaryCrossEntropy;
import dev.rpn.loss.Loss;
import dev.rpn.loss.MeanSquaredError;
import dev.rpn.loss.Normaliser;
import dev.rpn.loss.SmoothL1;
import java.util.List;

/**
 * The numeric conventions of one system that weights come from. Users pick a profile as a whole, by
 * name: half of one system's conventions and half of another's fit no weights.
 *
 * <p>All systems order an anchor's deltas dx, dy, dw, dh and do not scale them.
 */
public final class Profile {
  /** ln(1000 / 16): no anchor grows more than 62.5 times. */
  private static final float MAX_LOG_SCALE = (float) 4.135166556742356;

  /**
   * py-faster-rcnn has no limit. This one is finite for every anchor, and its boxes reach beyond
   * every picture, so that clipping makes the same box.
   */
  private static final float UNLIMITED_LOG_SCALE = 70;

  private static final Matching FASTER_RCNN = new Matching(0.7f, 0.3f, false, 256, 0.5f);

  /** torchvision 0.29. */
  public static final Profile TORCHVISION =
      new Profile(
          "torchvision",
          new Grid(Cells.RATIO_OUTER_ROUNDED, Strides.PICTURE_OVER_GRID, 0),
          new Boxes(0, MAX_LOG_SCALE),
          new Selection(
              1e-3f,
              true,
              false,
              Ranking.PROBABILITY,
              new ProposalLimits(2000, 2000, 0.7, 0),
              new ProposalLimits(1000, 1000, 0.7, 0)),
          FASTER_RCNN,
          new Objective(BinaryCrossEntropy.fromLogits(), new SmoothL1(1 / 9f), Normaliser.SAMPLED));

  /** detectron2 0.6, its default configuration. */
  public static final Profile DETECTRON2 =
      new Profile(
          "detectron2",
          new Grid(Cells.SIZE_OUTER, Strides.CONFIGURED, 0),
          new Boxes(0, MAX_LOG_SCALE),
          new Selection(
              0,
              false,
              false,
              Ranking.LOGIT,
              new ProposalLimits(12000, 2000, 0.7, 0),
              new ProposalLimits(6000, 1000, 0.7, 0)),
          FASTER_RCNN,
          new Objective(BinaryCrossEntropy.fromLogits(), new SmoothL1(0), Normaliser.REQUESTED));

  /**
   * py-faster-rcnn. Its smallest side is in pixels of the network's picture here; there, in those
   * of the picture before resizing.
   */
  public static final Profile PYFRCNN =
      new Profile(
          "pyfrcnn",
          new Grid(Cells.BASE_16, Strides.CONFIGURED, 0),
          new Boxes(1, UNLIMITED_LOG_SCALE),
          new Selection(
              16,
              true,
              true,
              Ranking.PROBABILITY,
              new ProposalLimits(12000, 2000, 0.7, 0),
              new ProposalLimits(6000, 300, 0.7, 0)),
          new Matching(0.7f, 0.3f, true, 256, 0.5f),
          new Objective(BinaryCrossEntropy.fromLogits(), new SmoothL1(1 / 9f), Normaliser.SAMPLED));

  /** The seed's network as Keras trains it; what Keras leaves open is torchvision's. */
  public static final Profile KERAS =
      new Profile(
          "keras",
          new Grid(Cells.RATIO_OUTER, Strides.CONFIGURED, 0.5f),
          new Boxes(0, MAX_LOG_SCALE),
          TORCHVISION.selection,
          FASTER_RCNN,
          new Objective(
              BinaryCrossEntropy.fromLogits(), new MeanSquaredError(), Normaliser.ALL_ELEMENTS));

  private static final List<Profile> ALL = List.of(TORCHVISION, DETECTRON2, PYFRCNN, KERAS);

  /** How the anchors of one position are made of sizes s and ratios r = height / width. */
  public enum Cells {
    /** Float32 {@code h = s sqrt(r), w = s / sqrt(r)}, halves rounded half-even; ratio outer. */
    RATIO_OUTER_ROUNDED,
    /** The same, not rounded. */
    RATIO_OUTER,
    /** Float64 {@code w = sqrt(s^2 / r), h = r w}, not rounded; size outer. */
    SIZE_OUTER,
    /**
     * The square of 16 pixels [0, 15] takes each ratio, its sides rounded to whole pixels, then is
     * scaled by s / 16 about its centre, 7.5; ratio outer.
     */
    BASE_16
  }

  /** Where the pixels between two positions come from. */
  public enum Strides {
    /** The padded picture's side divided by the grid's, rounded down; the recipe's are unused. */
    PICTURE_OVER_GRID,
    /** The recipe. */
    CONFIGURED
  }

  /** What orders boxes in suppression; float32 probabilities tie where logits still differ. */
  public enum Ranking {
    /** The probability. */
    PROBABILITY,
    /** The logit. */
    LOGIT
  }

  /**
   * Where anchors stand.
   *
   * @param cells how those of one position are made
   * @param strides what the positions' distance is
   * @param centre of the first position, in strides
   */
  public record Grid(Cells cells, Strides strides, float centre) {}

  /**
   * What a box's numbers mean.
   *
   * @param pixelOffset a width is {@code x2 - x1 + pixelOffset}, and x2 is at most the picture's
   *     width less this
   * @param maxLogScale dw and dh are at most this before exp
   */
  public record Boxes(float pixelOffset, float maxLogScale) {}

  /**
   * Which boxes become proposals.
   *
   * @param minSize boxes with a smaller side go, in pixels of the network's picture
   * @param minSizeKept whether a side of exactly that stays
   * @param smallFirst whether small boxes go before the best are picked, not after
   * @param ranking what orders boxes in suppression
   * @param training defaults while training
   * @param inference defaults otherwise
   */
  public record Selection(
      float minSize,
      boolean minSizeKept,
      boolean smallFirst,
      Ranking ranking,
      ProposalLimits training,
      ProposalLimits inference) {}

  /**
   * Which anchors train, and as what. Beside those above {@code positiveIou}, every anchor whose
   * IoU equals the best that some truth has is positive.
   *
   * @param positiveIou from here on an anchor is positive; compared in float32
   * @param negativeIou below this an anchor is negative; compared in float32
   * @param insideOnly whether anchors that cross the picture's border are ignored
   * @param sampled anchors a picture
   * @param positiveFraction at most this part of them is positive
   */
  public record Matching(
      float positiveIou,
      float negativeIou,
      boolean insideOnly,
      int sampled,
      float positiveFraction) {}

  /**
   * What training minimises: the plain sum of both losses.
   *
   * @param classification on logits
   * @param location on deltas; of positive anchors only, where the normaliser counts samples
   * @param normaliser what both sums are divided by
   */
  public record Objective(Loss classification, Loss location, Normaliser normaliser) {}

  private final String name;
  private final Grid grid;
  private final Boxes boxes;
  private final Selection selection;
  private final Matching matching;
  private final Objective objective;

  private Profile(
      String name,
      Grid grid,
      Boxes boxes,
      Selection selection,
      Matching matching,
      Objective objective) {
    this.name = name;
    this.grid = grid;
    this.boxes = boxes;
    this.selection = selection;
    this.matching = matching;
    this.objective = objective;
  }

  /**
   * The profile of that name.
   *
   * @throws IllegalArgumentException if there is none; names those that exist
   */
  public static Profile named(String name) {
    for (Profile profile : ALL) {
      if (profile.name.equals(name)) {
        return profile;
      }
    }
    throw new IllegalArgumentException(
        "profile: expected one of " + names() + ", got '" + name + "'");
  }

  /** Every name that {@link #named} takes. */
  public static List<String> names() {
    return ALL.stream().map(Profile::name).toList();
  }

  /** The name under which users pick it and model files keep it. */
  public String name() {
    return name;
  }

  /** Where anchors stand. */
  public Grid grid() {
    return grid;
  }

  /** What a box's numbers mean. */
  public Boxes boxes() {
    return boxes;
  }

  /** Which boxes become proposals. */
  public Selection selection() {
    return selection;
  }

  /** Which anchors train, and as what. */
  public Matching matching() {
    return matching;
  }

  /** What training minimises. */
  public Objective objective() {
    return objective;
  }

  @Override
  public String toString() {
    return name;
  }
}
