package dev.rpn.io.picture;

import dev.rpn.kernel.Segments;
import dev.rpn.model.MapShape;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.Preprocessing.ChannelOrder;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Turns pictures into the network's input: resized, channels ordered, normalised, float32 in NHWC.
 * Threads may share it.
 */
public final class PictureInput {
  private static final int CHANNELS = 3;
  private static final int LEVELS = 256;

  private final Preprocessing preprocessing;

  /** The normalised value of every grey level, one row of 256 for each channel of the input. */
  private final float[] values = new float[CHANNELS * LEVELS];

  /** Pictures are treated as the model's preprocessing says. */
  public PictureInput(Preprocessing preprocessing) {
    this.preprocessing = preprocessing;
    for (int channel = 0; channel < CHANNELS; channel++) {
      float mean = preprocessing.mean().get(channel);
      float scale = preprocessing.scale().get(channel);
      for (int level = 0; level < LEVELS; level++) {
        values[channel * LEVELS + level] = (level - mean) * scale;
      }
    }
  }

  /** How boxes of a picture of this size and of the network's input correspond. */
  public PictureScale scale(int pictureWidth, int pictureHeight) {
    boolean keep = preprocessing.width() == 0;
    return new PictureScale(
        pictureWidth,
        pictureHeight,
        keep ? pictureWidth : preprocessing.width(),
        keep ? pictureHeight : preprocessing.height());
  }

  /** Shape of the input that a picture of this size becomes: {@code (1, height, width, 3)}. */
  public MapShape shape(int pictureWidth, int pictureHeight) {
    PictureScale scale = scale(pictureWidth, pictureHeight);
    return new MapShape(1, scale.inputHeight(), scale.inputWidth(), CHANNELS);
  }

  /** The picture in the size of the input; whoever shows it many times keeps this. */
  public Picture resize(Picture picture) {
    PictureScale scale = scale(picture.width(), picture.height());
    return picture.resize(scale.inputWidth(), scale.inputHeight());
  }

  /**
   * Writes the input of one picture. Allocates only where the picture has to be resized.
   *
   * @param input native float32, exactly {@code shape(...).elements()} values: one picture's slice
   *     of the batch
   * @throws IllegalArgumentException if the segment has another size or is not native
   */
  public void write(Picture picture, MemorySegment input) {
    Picture resized = resize(picture);
    int length = resized.data().length;
    Segments.check("input", input, length);
    for (int i = 0; i < length; i += CHANNELS) {
      writePixel(resized, i, input, i);
    }
  }

  /**
   * Writes the input of one picture mirrored left to right, as {@link #write} otherwise.
   *
   * @throws IllegalArgumentException if the segment has another size or is not native
   */
  public void writeMirrored(Picture picture, MemorySegment input) {
    Picture resized = resize(picture);
    Segments.check("input", input, resized.data().length);
    int row = CHANNELS * resized.width();
    for (int begin = 0; begin < resized.data().length; begin += row) {
      for (int x = 0; x < row; x += CHANNELS) {
        writePixel(resized, begin + x, input, begin + row - CHANNELS - x);
      }
    }
  }

  /** Writes the three channels of one pixel from one index to another. */
  private void writePixel(Picture picture, int from, MemorySegment input, int to) {
    boolean reverse = preprocessing.order() == ChannelOrder.BGR;
    for (int channel = 0; channel < CHANNELS; channel++) {
      int level = picture.data()[from + (reverse ? 2 - channel : channel)] & 255;
      input.setAtIndex(ValueLayout.JAVA_FLOAT, to + channel, values[channel * LEVELS + level]);
    }
  }
}
