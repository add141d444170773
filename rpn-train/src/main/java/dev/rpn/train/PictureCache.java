package dev.rpn.train;

import dev.rpn.io.picture.Picture;
import dev.rpn.io.picture.PictureInput;
import dev.rpn.model.MapShape;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decodes and resizes each picture once, as long as the resized ones fit a budget. */
final class PictureCache {
  private final List<? extends TrainingPicture> pictures;
  private final PictureInput input;
  private final @Nullable Picture[] kept;
  private long room;

  /**
   * @param budget bytes on the heap
   */
  PictureCache(List<? extends TrainingPicture> pictures, PictureInput input, long budget) {
    this.pictures = pictures;
    this.input = input;
    kept = new Picture[pictures.size()];
    room = budget;
  }

  /** The picture in the size of the network's input. */
  Picture get(int index) throws IOException {
    Picture picture = kept[index];
    if (picture == null) {
      picture = input.resize(pictures.get(index).read());
      long bytes = new MapShape(1, picture.height(), picture.width(), 3).elements();
      if (bytes <= room) {
        room -= bytes;
        kept[index] = picture;
      }
    }
    return picture;
  }
}
