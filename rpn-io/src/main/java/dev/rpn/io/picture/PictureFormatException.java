package dev.rpn.io.picture;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A picture file that can not be read. The message names the file and says what was expected and
 * what was found.
 */
public final class PictureFormatException extends IOException {
  private static final long serialVersionUID = 1;

  PictureFormatException(Path file, String expected, String actual) {
    this(file, expected, actual, null);
  }

  PictureFormatException(Path file, String expected, String actual, @Nullable Throwable cause) {
    super(Quote.escape(file.toString()) + ": expected " + expected + ", got " + actual, cause);
  }
}
