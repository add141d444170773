package dev.rpn.anchor;

/**
 * An axis-aligned rectangle in pixels. {@code x2} and {@code y2} are exclusive edges: the width is
 * {@code x2 - x1}, without the {@code + 1} of some systems.
 *
 * @param x1 left edge
 * @param y1 top edge
 * @param x2 right edge
 * @param y2 bottom edge
 */
public record Box(float x1, float y1, float x2, float y2) {
  /** {@code x2 - x1}; not above 0 for a box of no area. */
  public float width() {
    return x2 - x1;
  }

  /** {@code y2 - y1}; not above 0 for a box of no area. */
  public float height() {
    return y2 - y1;
  }

  /** Width times height in square pixels. */
  public float area() {
    return width() * height();
  }
}
