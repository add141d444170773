package dev.rpn.model;

/** Weights that do not fit the network: one is missing, unknown, or of another shape. */
public final class ModelMismatchException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** Says what was expected and what came. */
  public ModelMismatchException(String message) {
    super(message);
  }
}
