package dev.rpn.io.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Throws the first fault, or counts all of them. */
final class Faults {
  private final Strictness strictness;
  private final List<String> reasons = new ArrayList<>();
  private int pictures;
  private int boxes;

  Faults(Strictness strictness) {
    this.strictness = strictness;
  }

  /** A picture is left out. */
  void picture(Path file, String where, String expected, String actual)
      throws AnnotationFormatException {
    pictures++;
    add(file, where, expected, actual);
  }

  /** A picture is left out, for the reason that the exception gives. */
  void picture(AnnotationFormatException fault) throws AnnotationFormatException {
    pictures++;
    if (strictness == Strictness.STRICT) {
      throw fault;
    }
    if (reasons.size() < Skipped.REASONS_KEPT) {
      reasons.add(String.valueOf(fault.getMessage()));
    }
  }

  /** A box is left out. */
  void box(Path file, String where, String expected, String actual)
      throws AnnotationFormatException {
    boxes++;
    add(file, where, expected, actual);
  }

  /** Exceptions are made where they are thrown only: a file may have a million faults. */
  private void add(Path file, String where, String expected, String actual)
      throws AnnotationFormatException {
    if (strictness == Strictness.STRICT) {
      throw new AnnotationFormatException(file, where, expected, actual);
    }
    if (reasons.size() < Skipped.REASONS_KEPT) {
      reasons.add(AnnotationFormatException.message(file, where, expected, actual));
    }
  }

  Skipped skipped() {
    return new Skipped(pictures, boxes, reasons);
  }
}
