package dev.rpn.io.data;

/** What happens to an annotation that is wrong in itself. */
public enum Strictness {
  /** The first fault is an {@link AnnotationFormatException} that names it. */
  STRICT,
  /** The box or picture is left out, counted and named in {@link Dataset#skipped()}. */
  LENIENT
}
