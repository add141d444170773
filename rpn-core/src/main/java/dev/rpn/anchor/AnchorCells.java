package dev.rpn.anchor;

import java.util.ArrayList;
import java.util.List;

/** The anchors of one position, as each system derives them from sizes and ratios. */
final class AnchorCells {
  private static final int BASE = 16;

  private AnchorCells() {}

  /** Four corners an anchor, in the system's order. */
  static float[] of(Profile.Cells cells, List<Float> sizes, List<Float> ratios) {
    var boxes = new ArrayList<Box>();
    if (cells == Profile.Cells.SIZE_OUTER) {
      sizes.forEach(size -> ratios.forEach(ratio -> boxes.add(cell(cells, size, ratio))));
    } else {
      ratios.forEach(ratio -> sizes.forEach(size -> boxes.add(cell(cells, size, ratio))));
    }
    float[] corners = new float[4 * boxes.size()];
    int next = 0;
    for (Box box : boxes) {
      if (!(box.width() > 0 && box.height() > 0)) {
        throw new IllegalArgumentException(
            "anchors: sizes " + sizes + " and ratios " + ratios + " give an empty anchor, " + box);
      }
      corners[next++] = box.x1();
      corners[next++] = box.y1();
      corners[next++] = box.x2();
      corners[next++] = box.y2();
    }
    return corners;
  }

  private static Box cell(Profile.Cells cells, float size, float ratio) {
    return switch (cells) {
      case RATIO_OUTER_ROUNDED -> rounded(centred(size, ratio));
      case RATIO_OUTER -> centred(size, ratio);
      case SIZE_OUTER -> unrounded(exact(size), exact(ratio));
      case BASE_16 -> scaledBase(exact(size), exact(ratio));
    };
  }

  /** torchvision's operations, each in float32. */
  private static Box centred(float size, float ratio) {
    float heightRatio = (float) Math.sqrt(ratio);
    float widthRatio = 1 / heightRatio;
    float w = widthRatio * size;
    float h = heightRatio * size;
    return new Box(-w / 2, -h / 2, w / 2, h / 2);
  }

  private static Box rounded(Box box) {
    return new Box(
        (float) Math.rint(box.x1()),
        (float) Math.rint(box.y1()),
        (float) Math.rint(box.x2()),
        (float) Math.rint(box.y2()));
  }

  /** detectron2's operations, in float64 until the end. */
  private static Box unrounded(double size, double ratio) {
    double w = Math.sqrt(size * size / ratio);
    double h = ratio * w;
    return new Box((float) (-w / 2), (float) (-h / 2), (float) (w / 2), (float) (h / 2));
  }

  /** py-faster-rcnn's operations, in float64 until the end. */
  private static Box scaledBase(double size, double ratio) {
    double w = Math.rint(Math.sqrt(BASE * BASE / ratio));
    double h = Math.rint(w * ratio);
    double scale = size / BASE;
    double centre = 0.5 * (BASE - 1);
    double right = 0.5 * (w * scale - 1);
    double down = 0.5 * (h * scale - 1);
    return new Box(
        (float) (centre - right),
        (float) (centre - down),
        (float) (centre + right),
        (float) (centre + down));
  }

  /** The float64 that the same decimal digits give in a system that configures in float64. */
  private static double exact(float value) {
    return Double.parseDouble(Float.toString(value));
  }
}
