package dev.rpn.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/** The gradient of 2x2 max-pooling. */
final class MaxPoolGradient {
  private MaxPoolGradient() {}

  /** Writes some pairs of the input's rows; see {@link dev.rpn.kernel.TrainingKernels}. */
  static void run(
      MapShape shape,
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment inGradient,
      int part,
      int parts) {
    int height = shape.height();
    int pairs = Math.ceilDiv(height, 2);
    int end = Share.start(shape.batch() * pairs, part + 1, parts);
    for (int pair = Share.start(shape.batch() * pairs, part, parts); pair < end; pair++) {
      int y = pair % pairs;
      long row = (long) pair / pairs * height + 2L * y;
      if (2 * y + 1 < height) {
        long outRow = (long) pair / pairs * (height / 2) + y;
        pair(shape, in, outGradient, inGradient, row, outRow);
      } else {
        zero(inGradient, row * shape.width() * shape.channels(), shape.width() * shape.channels());
      }
    }
  }

  private static void pair(
      MapShape shape,
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment inGradient,
      long row,
      long outRow) {
    int channels = shape.channels();
    int width = shape.width();
    for (int x = 0; x + 1 < width; x += 2) {
      long top = (row * width + x) * channels;
      long bottom = top + (long) width * channels;
      long out = (outRow * (width / 2) + x / 2) * channels;
      windows(in, outGradient, inGradient, 4 * top, 4 * bottom, 4 * out, channels);
    }
    if (width % 2 == 1) {
      zero(inGradient, ((row + 1) * width - 1) * channels, channels);
      zero(inGradient, ((row + 2) * width - 1) * channels, channels);
    }
  }

  /** All channels of one window; offsets in bytes. */
  private static void windows(
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment inGradient,
      long top,
      long bottom,
      long out,
      int channels) {
    long right = 4L * channels;
    for (int c = 0; c < channels; c++) {
      long i = 4L * c;
      float best = in.get(JAVA_FLOAT, top + i);
      int winner = 0;
      float value = in.get(JAVA_FLOAT, top + right + i);
      if (wins(value, best)) {
        best = value;
        winner = 1;
      }
      value = in.get(JAVA_FLOAT, bottom + i);
      if (wins(value, best)) {
        best = value;
        winner = 2;
      }
      value = in.get(JAVA_FLOAT, bottom + right + i);
      if (wins(value, best)) {
        winner = 3;
      }
      float gradient = outGradient.get(JAVA_FLOAT, out + i);
      inGradient.set(JAVA_FLOAT, top + i, winner == 0 ? gradient : 0f);
      inGradient.set(JAVA_FLOAT, top + right + i, winner == 1 ? gradient : 0f);
      inGradient.set(JAVA_FLOAT, bottom + i, winner == 2 ? gradient : 0f);
      inGradient.set(JAVA_FLOAT, bottom + right + i, winner == 3 ? gradient : 0f);
    }
  }

  /** Strictly larger, or the first NaN. */
  private static boolean wins(float value, float best) {
    return value > best || (Float.isNaN(value) && !Float.isNaN(best));
  }

  private static void zero(MemorySegment segment, long first, int count) {
    segment.asSlice(4 * first, 4L * count).fill((byte) 0);
  }
}
