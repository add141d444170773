package dev.rpn.io.weights;

/** What to do with a NaN or an infinity among weights. */
public enum NonFinite {
  /** Refuse the file and say where the value stands. */
  REFUSE,
  /** Read it as it is. */
  ALLOW
}
