package dev.rpn.reference;

/** Splits a count into nearly equal, contiguous shares. */
final class Share {
  private Share() {}

  /** Where share {@code part} of {@code parts} begins; where share {@code part - 1} ends. */
  static int start(int count, int part, int parts) {
    return (int) start((long) count, part, parts);
  }

  /** As {@link #start(int, int, int)}, for counts up to 2^31 values of 2^31 parts. */
  static long start(long count, int part, int parts) {
    return count / parts * part + count % parts * part / parts;
  }
}
