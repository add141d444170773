package dev.rpn.io.data;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What no reader lets pass, however lenient: it is an attack rather than a mistake. */
final class RefusedAnnotationException extends AnnotationFormatException {
  private static final long serialVersionUID = 1;

  RefusedAnnotationException(
      Path file, String where, String expected, String actual, @Nullable Throwable cause) {
    super(file, where, expected, actual, cause);
  }
}
