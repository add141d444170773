package dev.rpn.io.weights;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A file that is not what its format demands. The message names the file and, where they are known,
 * the tensor and the byte, and says what was expected and what was found.
 */
public class WeightFormatException extends IOException {
  private static final long serialVersionUID = 1;

  WeightFormatException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
