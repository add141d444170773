package dev.rpn.train;

import dev.rpn.anchor.Anchors;
import dev.rpn.anchor.IoU;
import dev.rpn.anchor.Profile;
import dev.rpn.anchor.Size;

/**
 * Finds the best IoU that a truth has with any anchor that may train, without trying them all: of
 * anchors of one shape the nearest has the largest overlap, in each direction by itself.
 */
final class BestAnchors {
  private final Anchors anchors;
  private final float pixelOffset;
  private final int columns;

  /** For each shape of anchor. */
  private final Axis[] horizontal;

  private final Axis[] vertical;
  private final float[] anchor = new float[4];

  /**
   * Positions in one direction.
   *
   * @param centre of the anchor at the first
   * @param stride pixels between two; any number where there is only one
   * @param first the first that may train
   * @param last the last that may train, less than the first where none may
   */
  private record Axis(float centre, float stride, int first, int last) {
    /** The nearest position that is not after the place, or the first. */
    int before(float place) {
      return (int) Math.clamp(Math.floor((place - centre) / stride), first, (double) last);
    }
  }

  /**
   * @param anchors of one level
   */
  BestAnchors(Anchors anchors, Profile profile, Size picture) {
    this.anchors = anchors;
    pixelOffset = profile.boxes().pixelOffset();
    columns = anchors.grid(0).width();
    boolean insideOnly = profile.matching().insideOnly();
    horizontal = new Axis[anchors.perPosition()];
    vertical = new Axis[anchors.perPosition()];
    for (int shape = 0; shape < horizontal.length; shape++) {
      horizontal[shape] = axis(shape, 0, columns, insideOnly ? picture.width() : 0);
      vertical[shape] = axis(shape, 1, anchors.grid(0).height(), insideOnly ? picture.height() : 0);
    }
  }

  /**
   * @param corner 0 for x, 1 for y
   * @param limit what anchors must be inside of; 0 if they need not
   */
  private Axis axis(int shape, int corner, int positions, int limit) {
    int step = corner == 0 ? 1 : columns;
    int first = positions;
    int last = -1;
    float begin = 0;
    float stride = 1;
    float centre = 0;
    for (int i = 0; i < positions; i++) {
      anchors.get(0, i * step * horizontal.length + shape, anchor, 0);
      float low = anchor[corner];
      float high = anchor[corner + 2];
      if (i == 0) {
        begin = low;
        centre = (low + high) / 2;
      } else if (i == 1) {
        stride = low - begin;
      }
      if (limit == 0 || (low >= 0 && high < limit)) {
        first = Math.min(first, i);
        last = i;
      }
    }
    return new Axis(centre, stride, first, last);
  }

  /** The best IoU of one truth; 0 where no anchor touches it. */
  float iou(float x1, float y1, float x2, float y2) {
    float best = 0;
    for (int shape = 0; shape < horizontal.length; shape++) {
      Axis across = horizontal[shape];
      Axis down = vertical[shape];
      if (across.last < across.first || down.last < down.first) {
        continue;
      }
      int left = across.before((x1 + x2) / 2);
      int top = down.before((y1 + y2) / 2);
      for (int y = top; y <= Math.min(top + 1, down.last); y++) {
        for (int x = left; x <= Math.min(left + 1, across.last); x++) {
          anchors.get(0, (y * columns + x) * horizontal.length + shape, anchor, 0);
          best =
              Math.max(
                  best,
                  IoU.of(x1, y1, x2, y2, anchor[0], anchor[1], anchor[2], anchor[3], pixelOffset));
        }
      }
    }
    return best;
  }
}
