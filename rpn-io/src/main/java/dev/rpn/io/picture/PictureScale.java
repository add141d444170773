package dev.rpn.io.picture;

import dev.rpn.anchor.Box;

/**
 * Carries boxes between a picture as given and the network's resized input.
 *
 * @param pictureWidth columns of the picture
 * @param pictureHeight rows of the picture
 * @param inputWidth columns of the network's input
 * @param inputHeight rows of the network's input
 */
public record PictureScale(int pictureWidth, int pictureHeight, int inputWidth, int inputHeight) {
  /**
   * @throws IllegalArgumentException if a side is below 1
   */
  public PictureScale {
    if (pictureWidth < 1 || pictureHeight < 1 || inputWidth < 1 || inputHeight < 1) {
      throw new IllegalArgumentException(
          "scale: expected sides of at least 1, got "
              + pictureWidth
              + " x "
              + pictureHeight
              + " and "
              + inputWidth
              + " x "
              + inputHeight);
    }
  }

  /** From pixels of the picture to pixels of the input. */
  public Box toInput(Box box) {
    return scale(box, pictureWidth, pictureHeight, inputWidth, inputHeight);
  }

  /** From pixels of the input to pixels of the picture. */
  public Box toPicture(Box box) {
    return scale(box, inputWidth, inputHeight, pictureWidth, pictureHeight);
  }

  private static Box scale(Box box, int fromWidth, int fromHeight, int toWidth, int toHeight) {
    // Multiplied before divided, in double: whole ratios stay exact.
    return new Box(
        (float) ((double) box.x1() * toWidth / fromWidth),
        (float) ((double) box.y1() * toHeight / fromHeight),
        (float) ((double) box.x2() * toWidth / fromWidth),
        (float) ((double) box.y2() * toHeight / fromHeight));
  }
}
