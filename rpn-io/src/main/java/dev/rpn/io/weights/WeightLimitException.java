package dev.rpn.io.weights;

import org.jspecify.annotations.Nullable;

/** A file that asks for more than a sane one would: a header, a shape, a ratio above its limit. */
public final class WeightLimitException extends WeightFormatException {
  private static final long serialVersionUID = 1;

  WeightLimitException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
