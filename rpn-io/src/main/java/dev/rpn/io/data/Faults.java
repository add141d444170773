package dev.rpn.io.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Throws the first fault, or counts all of them. */
final class Faults {
  private final Strictness strictness;
  private final List<String> reasons = new ArrayList<>();
  private int pictures;
  private int boxes;

  Faults(Strictness strictness) {
    this.strictness = strictness;
  }

  /** A picture is left out, for the reason that the exception would give. */
  void picture(AnnotationFormatException fault) throws AnnotationFormatException {
    pictures++;
    add(fault);
  }

  /** A box is left out. */
  void box(AnnotationFormatException fault) throws AnnotationFormatException {
    boxes++;
    add(fault);
  }

  void box(Path file, String where, String expected, String actual)
      throws AnnotationFormatException {
    box(new AnnotationFormatException(file, where, expected, actual));
  }

  private void add(AnnotationFormatException fault) throws AnnotationFormatException {
    if (strictness == Strictness.STRICT) {
      throw fault;
    }
    @Nullable String message = fault.getMessage();
    if (reasons.size() < Skipped.REASONS_KEPT && message != null) {
      reasons.add(message);
    }
  }

  Skipped skipped() {
    return new Skipped(pictures, boxes, reasons);
  }
}
