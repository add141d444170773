package dev.rpn.io.data;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Annotations that can not be used. The message names the file, the object in it, what was expected
 * and what was found.
 */
public class AnnotationFormatException extends IOException {
  private static final long serialVersionUID = 1;

  AnnotationFormatException(Path file, String where, String expected, String actual) {
    this(file, where, expected, actual, null);
  }

  AnnotationFormatException(
      Path file, String where, String expected, String actual, @Nullable Throwable cause) {
    super(message(file, where, expected, actual), cause);
  }

  static String message(Path file, String where, String expected, String actual) {
    return Quote.escape(file.toString())
        + ": "
        + (where.isEmpty() ? "" : where + ": ")
        + "expected "
        + expected
        + ", got "
        + actual;
  }
}
