package dev.rpn.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/** The gradient of 2x2 max-pooling, and of the ReLU before it. */
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
      float v0 = in.get(JAVA_FLOAT, top + i);
      float v1 = in.get(JAVA_FLOAT, top + right + i);
      float v2 = in.get(JAVA_FLOAT, bottom + i);
      float v3 = in.get(JAVA_FLOAT, bottom + right + i);
      float largest = Math.max(Math.max(v0, v1), Math.max(v2, v3));
      // Bits, because C2 selects integers without a branch, but not floats.
      int left = outGradient.get(JAVA_INT, out + i);
      left = largest > 0 ? left : 0;
      inGradient.set(JAVA_INT, top + i, v0 < largest ? 0 : left);
      left = v0 < largest ? left : 0;
      inGradient.set(JAVA_INT, top + right + i, v1 < largest ? 0 : left);
      left = v1 < largest ? left : 0;
      inGradient.set(JAVA_INT, bottom + i, v2 < largest ? 0 : left);
      left = v2 < largest ? left : 0;
      inGradient.set(JAVA_INT, bottom + right + i, left);
    }
  }

  private static void zero(MemorySegment segment, long first, int count) {
    segment.asSlice(4 * first, 4L * count).fill((byte) 0);
  }
}
