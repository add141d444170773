package dev.rpn.train;

import dev.rpn.anchor.Box;
import dev.rpn.io.picture.Picture;
import dev.rpn.io.picture.PictureInput;
import dev.rpn.io.picture.PictureScale;
import dev.rpn.model.Preprocessing;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The pictures of a training in the size that the network reads, with their truths in its pixels.
 * Each is decoded and resized once, as long as the resized ones fit a budget.
 */
final class PictureSet {
  private final List<TrainingPicture> pictures;
  private final PictureInput input;
  private final float[][] truths;
  private final float[][] mirroredTruths;
  private final @Nullable Picture[] kept;
  private long room;

  /**
   * Reads no picture yet.
   *
   * @param preprocessing with a fixed size
   * @param budget bytes on the heap that resized pictures may take
   * @throws IllegalArgumentException if there is no picture or a truth has no area
   */
  PictureSet(List<? extends TrainingPicture> pictures, Preprocessing preprocessing, long budget) {
    this.pictures = List.copyOf(pictures);
    if (pictures.isEmpty()) {
      throw new IllegalArgumentException("training: expected at least one picture, got none");
    }
    input = new PictureInput(preprocessing);
    kept = new Picture[pictures.size()];
    room = budget;
    truths = new float[pictures.size()][];
    mirroredTruths = new float[pictures.size()][];
    for (int i = 0; i < truths.length; i++) {
      truths[i] = truths(pictures.get(i));
      mirroredTruths[i] = mirrored(truths[i], preprocessing.width());
    }
  }

  private float[] truths(TrainingPicture picture) {
    PictureScale scale = input.scale(picture.width(), picture.height());
    List<Box> boxes = picture.truths();
    var rows = new float[4 * boxes.size()];
    for (int i = 0; i < boxes.size(); i++) {
      Box box = scale.toInput(boxes.get(i));
      if (!(box.width() > 0) || !(box.height() > 0) || !Float.isFinite(box.area())) {
        throw new IllegalArgumentException(
            "picture '"
                + picture.name()
                + "': truth "
                + i
                + ": expected a box of some area, got "
                + boxes.get(i));
      }
      rows[4 * i] = box.x1();
      rows[4 * i + 1] = box.y1();
      rows[4 * i + 2] = box.x2();
      rows[4 * i + 3] = box.y2();
    }
    return rows;
  }

  /** Rows of boxes as in the mirrored picture. */
  private static float[] mirrored(float[] rows, int width) {
    float[] mirrored = rows.clone();
    for (int i = 0; i < rows.length; i += 4) {
      mirrored[i] = width - rows[i + 2];
      mirrored[i + 2] = width - rows[i];
    }
    return mirrored;
  }

  int size() {
    return truths.length;
  }

  /** Rows of x1, y1, x2, y2 in the network's pixels of the picture or of the mirrored one. */
  float[] truths(int index, boolean mirrored) {
    return (mirrored ? mirroredTruths : truths)[index];
  }

  /**
   * Writes a picture as the network reads it, mirrored left to right or not. Threads may write
   * different pictures at a time.
   *
   * @throws IOException if it can't be read
   */
  void write(int index, boolean mirrored, MemorySegment slice) throws IOException {
    Picture resized = kept[index];
    if (resized == null) {
      resized = input.resize(pictures.get(index).read());
      if (hasRoomFor(3L * resized.width() * resized.height())) {
        kept[index] = resized;
      }
    }
    if (mirrored) {
      input.writeMirrored(resized, slice);
    } else {
      input.write(resized, slice);
    }
  }

  private synchronized boolean hasRoomFor(long bytes) {
    if (bytes > room) {
      return false;
    }
    room -= bytes;
    return true;
  }

  /** Changes with any name, truth or size: for telling trainings apart. */
  int checksum() {
    CRC32C sum = new CRC32C();
    for (int i = 0; i < truths.length; i++) {
      sum.update(pictures.get(i).name().getBytes(StandardCharsets.UTF_8));
      for (float value : truths[i]) {
        int bits = Float.floatToRawIntBits(value);
        for (int shift = 24; shift >= 0; shift -= 8) {
          sum.update(bits >> shift);
        }
      }
    }
    return (int) sum.getValue();
  }
}
