package dev.rpn.io.data;

import java.nio.file.Path;
import java.util.List;

/**
 * One split of a folder of annotated pictures. Only annotations are in memory, pictures are not.
 *
 * @param root the folder
 * @param split for example {@code trainval}
 * @param pictures in the dataset's order
 * @param skipped what was left out
 */
public record Dataset(Path root, String split, List<AnnotatedPicture> pictures, Skipped skipped) {
  /** Copies the list. */
  public Dataset {
    pictures = List.copyOf(pictures);
  }

  /** Number of boxes over all pictures. */
  public int truths() {
    return pictures.stream().mapToInt(picture -> picture.truths().size()).sum();
  }
}
