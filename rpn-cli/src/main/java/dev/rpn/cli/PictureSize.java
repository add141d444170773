package dev.rpn.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Width and height in pixels, written {@code 320x240}. */
record PictureSize(int width, int height) {
  private static final int MOST = 16_384;

  @Override
  public String toString() {
    return width + "x" + height;
  }

  /** Reads what the user wrote. */
  static final class Converter implements ITypeConverter<PictureSize> {
    @Override
    public PictureSize convert(String text) {
      String[] sides = text.split("x", -1);
      try {
        if (sides.length == 2) {
          int width = Integer.parseInt(sides[0]);
          int height = Integer.parseInt(sides[1]);
          if (width >= 1 && height >= 1 && width <= MOST && height <= MOST) {
            return new PictureSize(width, height);
          }
        }
      } catch (NumberFormatException notANumber) {
        // Falls through to the one message.
      }
      throw new TypeConversionException(
          "expected WIDTHxHEIGHT in pixels, such as 320x240, got '" + text + "'");
    }
  }
}
