package dev.rpn.anchor;

/**
 * Intersection over union in float32, operation by operation as torchvision's {@code box_iou} and
 * {@code nms} compute it, so that comparisons with a threshold come out the same.
 */
public final class IoU {
  private IoU() {}

  /** Of two boxes; NaN if both are empty (0 / 0). */
  public static float of(Box a, Box b) {
    return of(a.x1(), a.y1(), a.x2(), a.y2(), b.x1(), b.y1(), b.x2(), b.y2(), 0);
  }

  /**
   * Of two boxes under either reading of a corner.
   *
   * @param pixelOffset 0 where a corner is a point; 1 where it is a pixel that belongs to the box,
   *     so that a width is {@code x2 - x1 + 1} (py-faster-rcnn); see {@link Profile.Boxes}
   * @return in [0, 1] up to rounding; NaN if both are empty (0 / 0)
   */
  public static float of(
      float ax1,
      float ay1,
      float ax2,
      float ay2,
      float bx1,
      float by1,
      float bx2,
      float by2,
      float pixelOffset) {
    float areaA = (ax2 - ax1 + pixelOffset) * (ay2 - ay1 + pixelOffset);
    float areaB = (bx2 - bx1 + pixelOffset) * (by2 - by1 + pixelOffset);
    float width = Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1) + pixelOffset);
    float height = Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1) + pixelOffset);
    float intersection = width * height;
    return intersection / (areaA + areaB - intersection);
  }
}
