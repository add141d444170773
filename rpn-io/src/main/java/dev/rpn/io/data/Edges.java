package dev.rpn.io.data;

import dev.rpn.anchor.Box;
import org.jspecify.annotations.Nullable;

/** A box as it stands in an annotation, not yet trusted. */
record Edges(double x1, double y1, double x2, double y2) {
  /** Tools round; what passes the picture's edge by no more is cut there, not a fault. */
  private static final double TOLERANCE = 1;

  /** What is wrong with it in a picture of that size, or null. */
  @Nullable String fault(int width, int height) {
    if (!Double.isFinite(x1 + y1 + x2 + y2)) {
      return "finite edges";
    }
    if (x1 < -TOLERANCE || y1 < -TOLERANCE || x2 > width + TOLERANCE || y2 > height + TOLERANCE) {
      return "a box inside " + width + " x " + height;
    }
    Box box = in(width, height);
    if (!(x2 > x1 && y2 > y1 && box.width() > 0 && box.height() > 0)) {
      return "a box of some area";
    }
    return null;
  }

  /** Cut at the picture's edges. */
  Box in(int width, int height) {
    return new Box(
        (float) Math.clamp(x1, 0, width),
        (float) Math.clamp(y1, 0, height),
        (float) Math.clamp(x2, 0, width),
        (float) Math.clamp(y2, 0, height));
  }

  @Override
  public String toString() {
    return "(" + x1 + ", " + y1 + ") to (" + x2 + ", " + y2 + ")";
  }
}
