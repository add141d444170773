package dev.rpn.train;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.Box;
import dev.rpn.anchor.Size;
import dev.rpn.io.picture.PictureInput;
import dev.rpn.io.picture.PictureScale;
import dev.rpn.model.Backbone;
import dev.rpn.model.MapShape;
import dev.rpn.model.ProposalModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be told of a training before its first step, from the annotations alone: no picture is
 * read. A truth that no anchor fits teaches the network little.
 *
 * @param pictures number of pictures
 * @param emptyPictures those without a truth
 * @param coverage how well the model's anchors fit the truths that have an area
 * @param suggestedSizes as many anchor sizes as the model has, or fewer, that fit these truths,
 *     with the model's ratios; in whole pixels of the network's input; none without a truth
 * @param suggestedCoverage how well those would fit
 * @param degenerateTruths number of truths that can't be learnt
 * @param degenerate the first {@value #DEGENERATE_KEPT} of them
 */
public record Preflight(
    int pictures,
    int emptyPictures,
    AnchorCoverage coverage,
    List<Float> suggestedSizes,
    AnchorCoverage suggestedCoverage,
    int degenerateTruths,
    List<DegenerateTruth> degenerate) {
  /** Degenerate truths that are named; the count goes on. */
  public static final int DEGENERATE_KEPT = 100;

  /** Copies the lists. */
  public Preflight {
    suggestedSizes = List.copyOf(suggestedSizes);
    degenerate = List.copyOf(degenerate);
  }

  /**
   * A truth that can't be learnt.
   *
   * @param picture the picture's name
   * @param truth its index among the picture's truths
   * @param box as annotated
   * @param reason what is wrong with it
   */
  public record DegenerateTruth(String picture, int truth, Box box, String reason) {}

  /**
   * Looks at a training.
   *
   * @param start the model to begin with: its size of pictures, anchors and profile count
   * @param pictures their names, sizes and truths count
   * @throws IllegalArgumentException if the model has no backbone, keeps the pictures' own sizes or
   *     has impossible anchors
   */
  public static Preflight of(ProposalModel start, List<? extends TrainingPicture> pictures) {
    var input = new PictureInput(start.preprocessing());
    Size size = new Size(start.preprocessing().height(), start.preprocessing().width());
    Anchors anchors =
        PictureStep.anchors(
            start, new MapShape(1, size.height(), size.width(), Backbone.PICTURE_CHANNELS));
    var degenerate = new ArrayList<DegenerateTruth>();
    int degenerateTruths = 0;
    int emptyPictures = 0;
    var boxes = new Rows(4);
    var shapes = new Rows(2);
    float pixelOffset = start.profile().boxes().pixelOffset();
    for (TrainingPicture picture : pictures) {
      PictureScale scale = input.scale(picture.width(), picture.height());
      List<Box> truths = picture.truths();
      emptyPictures += truths.isEmpty() ? 1 : 0;
      for (int i = 0; i < truths.size(); i++) {
        Box box = scale.toInput(truths.get(i));
        String fault = fault(box, size);
        if (fault != null && ++degenerateTruths <= DEGENERATE_KEPT) {
          degenerate.add(new DegenerateTruth(picture.name(), i, truths.get(i), fault));
        }
        if (hasArea(box)) {
          boxes.add(box.x1(), box.y1(), box.x2(), box.y2());
          shapes.add(box.width() + pixelOffset, box.height() + pixelOffset);
        }
      }
    }
    AnchorRecipe recipe = start.anchors();
    List<Float> sizes =
        AnchorSuggestion.sizes(shapes.toArray(), recipe.sizes().get(0).size(), recipe.ratios());
    float[] truths = boxes.toArray();
    AnchorCoverage coverage = coverage(anchors, start, size, truths);
    AnchorCoverage suggested = coverage;
    if (!sizes.isEmpty()) {
      var better = new AnchorRecipe(List.of(sizes), recipe.ratios(), recipe.strides());
      suggested =
          coverage(
              new Anchors(better, start.profile(), size, List.of(anchors.grid(0))),
              start,
              size,
              truths);
    }
    return new Preflight(
        pictures.size(), emptyPictures, coverage, sizes, suggested, degenerateTruths, degenerate);
  }

  private static boolean hasArea(Box box) {
    return box.width() > 0 && box.height() > 0 && Float.isFinite(box.area());
  }

  /** What is wrong with a truth in pixels of the network's input, or null. */
  private static @Nullable String fault(Box box, Size size) {
    if (!hasArea(box)) {
      return "has no area";
    }
    if (box.x2() <= 0 || box.y2() <= 0 || box.x1() >= size.width() || box.y1() >= size.height()) {
      return "is outside of the picture";
    }
    if (box.width() < 1 || box.height() < 1) {
      return "is thinner than a pixel after resizing";
    }
    return null;
  }

  private static AnchorCoverage coverage(
      Anchors anchors, ProposalModel model, Size size, float[] truths) {
    var finder = new BestAnchors(anchors, model.profile(), size);
    float[] best = new float[truths.length / 4];
    for (int i = 0; i < best.length; i++) {
      best[i] = finder.iou(truths[4 * i], truths[4 * i + 1], truths[4 * i + 2], truths[4 * i + 3]);
    }
    return AnchorCoverage.of(best);
  }

  /** Rows of numbers without a box around each: a data set may have a million truths. */
  private static final class Rows {
    private float[] values;
    private int count;

    Rows(int width) {
      values = new float[256 * width];
    }

    void add(float... row) {
      if (count + row.length > values.length) {
        values = Arrays.copyOf(values, 2 * values.length);
      }
      System.arraycopy(row, 0, values, count, row.length);
      count += row.length;
    }

    float[] toArray() {
      return Arrays.copyOf(values, count);
    }
  }
}
