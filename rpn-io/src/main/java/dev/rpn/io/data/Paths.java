package dev.rpn.io.data;

import dev.rpn.io.Quote;
import dev.rpn.io.picture.Picture;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Paths that annotations name, kept inside the dataset's folder. */
final class Paths {
  private static final int LONGEST_NAME = 4096;

  private Paths() {}

  static void requireFolder(Path root) throws NoSuchFileException {
    if (!Files.isDirectory(root)) {
      throw new NoSuchFileException(root.toString(), null, "no such directory");
    }
  }

  /**
   * Resolves a name that came from the file {@code source}. Symbolic links are the user's own
   * arrangement and are followed.
   *
   * @throws AnnotationFormatException if the path would leave the dataset's folder
   */
  static Path inside(Path root, Path folder, String name, Path source, String where)
      throws AnnotationFormatException {
    if (name.isEmpty() || name.length() > LONGEST_NAME) {
      throw new AnnotationFormatException(
          source, where, "a file name", "one of " + name.length() + " characters");
    }
    Path top = root.toAbsolutePath().normalize();
    try {
      Path path = folder.toAbsolutePath().resolve(name).normalize();
      if (path.startsWith(top) && !path.equals(top) && !Path.of(name).isAbsolute()) {
        return path;
      }
    } catch (InvalidPathException e) {
      throw new RefusedAnnotationException(source, where, "a file name", Quote.of(name), e);
    }
    throw new RefusedAnnotationException(
        source, where, "a path inside the dataset's folder", Quote.of(name), null);
  }

  /**
   * Refuses a split that is more than a name.
   *
   * @throws IllegalArgumentException if it has a separator
   */
  static void checkSplit(String split) {
    if (split.isEmpty()
        || split.startsWith(".")
        || split.length() > 200
        || split.chars().anyMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ')) {
      throw new IllegalArgumentException(
          "split: expected a name like 'train', got " + Quote.of(split));
    }
  }

  /** The first of several files that is there, or null. */
  static @Nullable Path first(List<Path> files) {
    return files.stream().filter(Files::isRegularFile).findFirst().orElse(null);
  }

  /** Whether a picture can have this size. */
  static boolean isSize(long width, long height) {
    return width >= 1 && height >= 1 && width <= Picture.MAX_SIDE && height <= Picture.MAX_SIDE;
  }
}
