package dev.rpn.cli;

import dev.rpn.anchor.Size;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Rows and columns of a picture in pixels, written {@code 240x320}. */
final class ImageSize implements ITypeConverter<Size> {
  private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,8})x([1-9][0-9]{0,8})");

  @Override
  public Size convert(String text) {
    var sides = FORM.matcher(text);
    if (!sides.matches()) {
      throw new TypeConversionException(
          "expected HEIGHTxWIDTH in pixels, such as 240x320, got '" + text + "'");
    }
    return new Size(Integer.parseInt(sides.group(1)), Integer.parseInt(sides.group(2)));
  }

  /** As the user writes it. */
  static String text(Size size) {
    return size.height() + "x" + size.width();
  }
}
