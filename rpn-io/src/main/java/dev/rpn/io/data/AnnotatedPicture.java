package dev.rpn.io.data;

import dev.rpn.anchor.Box;
import dev.rpn.io.picture.Picture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A picture file with the boxes of the objects in it.
 *
 * @param name by which the dataset knows it: VOC's name without extension, COCO's file name
 * @param file the picture
 * @param width columns, as annotated
 * @param height rows, as annotated
 * @param truths boxes of some area inside the picture, in its pixels; may be empty
 */
public record AnnotatedPicture(String name, Path file, int width, int height, List<Box> truths) {
  /** Copies the list. */
  public AnnotatedPicture {
    truths = List.copyOf(truths);
  }

  /**
   * Reads the picture.
   *
   * @throws AnnotationFormatException if the file has another size than the annotation says
   * @throws IOException if it can not be read
   */
  public Picture read() throws IOException {
    Picture picture = Picture.read(file);
    if (picture.width() != width || picture.height() != height) {
      throw new AnnotationFormatException(
          file,
          "size",
          width + " x " + height + " as annotated",
          picture.width() + " x " + picture.height());
    }
    return picture;
  }
}
