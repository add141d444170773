package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where in a file a reader stands; makes the exceptions that say what is wrong there.
 *
 * @param file the file's path, and the entry's name where the file is an archive
 * @param tensor the tensor's name, or null
 * @param offset the byte in the file or entry, or -1
 */
record Place(String file, @Nullable String tensor, long offset) {
  static Place of(Path file) {
    return new Place(Quote.escape(file.toString()), null, -1);
  }

  /** The same place, inside an archive's entry. */
  Place entry(String name) {
    return new Place(file + "!" + Quote.escape(name), null, -1);
  }

  Place tensor(String name) {
    return new Place(file, name, offset);
  }

  Place at(long byteOffset) {
    return new Place(file, tensor, byteOffset);
  }

  /** What is there is wrong. */
  WeightFormatException wrong(String expectation, Object actual) {
    return new WeightFormatException(this + ": expected " + expectation + ", got " + actual, null);
  }

  /** What is there is wrong, and another exception says how. */
  WeightFormatException wrong(String what, Throwable cause) {
    return new WeightFormatException(
        this + ": " + what + ": " + Quote.escape(String.valueOf(cause.getMessage())), cause);
  }

  /** What is there, made into something that has its own conditions. */
  <T> T checked(Supplier<T> made) throws WeightFormatException {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw wrong("not valid", e);
    }
  }

  /** What is there asks for too much. */
  WeightLimitException limit(String expectation, Object actual) {
    return new WeightLimitException(this + ": expected " + expectation + ", got " + actual, null);
  }

  /** The machine has not the memory that is asked for. */
  WeightLimitException memory(long bytes, OutOfMemoryError cause) {
    return new WeightLimitException(
        this + ": " + bytes + " bytes do not fit into the memory that is left", cause);
  }

  /** The bytes end too early. */
  WeightFormatException truncated(long bytes, long start, long size) {
    return new WeightFormatException(
        this + ": expected " + bytes + " bytes at " + start + ", file has " + size, null);
  }

  /** What is there is not read here. */
  UnsupportedWeightException unsupported(String what) {
    return new UnsupportedWeightException(this + ": " + what, null);
  }

  @Override
  public String toString() {
    return file
        + (tensor == null ? "" : ": tensor " + Quote.of(tensor))
        + (offset < 0 ? "" : ": byte " + offset);
  }
}
