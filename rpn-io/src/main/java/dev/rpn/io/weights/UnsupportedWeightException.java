package dev.rpn.io.weights;

import org.jspecify.annotations.Nullable;

/** A file that may be well formed but holds what is not read here, or is refused on purpose. */
public final class UnsupportedWeightException extends WeightFormatException {
  private static final long serialVersionUID = 1;

  UnsupportedWeightException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
