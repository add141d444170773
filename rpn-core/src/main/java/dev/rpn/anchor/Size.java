package dev.rpn.anchor;

/**
 * Rows and columns: of a picture in pixels, or of a level's grid in positions.
 *
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record Size(int height, int width) {
  /**
   * @throws IllegalArgumentException if a side is below 1
   */
  public Size {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "size: expected sides of at least 1, got height " + height + " and width " + width);
    }
  }
}
