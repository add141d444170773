package dev.rpn.train;

import dev.rpn.anchor.Box;
import dev.rpn.io.data.AnnotatedPicture;
import dev.rpn.io.data.Dataset;
import dev.rpn.io.picture.Picture;
import java.io.IOException;
import java.util.List;

/** A picture to learn from: a file, or one that was drawn. */
public interface TrainingPicture {
  /** What messages call it. */
  String name();

  /** Columns. */
  int width();

  /** Rows. */
  int height();

  /** The boxes of its objects, in its pixels; may be empty. */
  List<Box> truths();

  /**
   * The picture itself; asked for once where there is room to keep it. A thread of the training
   * calls it, another one at the same time for another picture.
   *
   * @throws IOException if it can't be read
   */
  Picture read() throws IOException;

  /** The pictures of a dataset. */
  static List<TrainingPicture> of(Dataset dataset) {
    return dataset.pictures().stream().map(TrainingPicture::of).toList();
  }

  /** An annotated file. */
  static TrainingPicture of(AnnotatedPicture picture) {
    return new TrainingPicture() {
      @Override
      public String name() {
        return picture.name();
      }

      @Override
      public int width() {
        return picture.width();
      }

      @Override
      public int height() {
        return picture.height();
      }

      @Override
      public List<Box> truths() {
        return picture.truths();
      }

      @Override
      public Picture read() throws IOException {
        return picture.read();
      }
    };
  }

  /** A picture in memory. */
  static TrainingPicture of(String name, Picture picture, List<Box> truths) {
    List<Box> boxes = List.copyOf(truths);
    return new TrainingPicture() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public int width() {
        return picture.width();
      }

      @Override
      public int height() {
        return picture.height();
      }

      @Override
      public List<Box> truths() {
        return boxes;
      }

      @Override
      public Picture read() {
        return picture;
      }
    };
  }
}
