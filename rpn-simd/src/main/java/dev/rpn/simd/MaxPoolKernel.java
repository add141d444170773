package dev.rpn.simd;

import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.ORDER;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** A 2x2 max-pooling with stride 2; NaN wins. A block is some rows of outputs. */
final class MaxPoolKernel implements StageKernel {
  private final int channels;

  MaxPoolKernel(int channels) {
    this.channels = channels;
  }

  @Override
  public MapShape output(MapShape input) {
    return new MapShape(input.batch(), input.height() / 2, input.width() / 2, input.channels());
  }

  @Override
  public long packedBytes() {
    return 0;
  }

  @Override
  public void pack(MemorySegment packed, int part, int parts) {}

  @Override
  public long scratchBytes(MapShape input) {
    return 0;
  }

  @Override
  public int blocks(MapShape input, int threads) {
    return Math.max(1, Math.min(threads, input.batch() * (input.height() / 2)));
  }

  @Override
  public void run(
      MapShape shape,
      MemorySegment input,
      MemorySegment output,
      MemorySegment packed,
      MemorySegment scratch,
      int block,
      int blocks) {
    int height = shape.height() / 2;
    int width = shape.width() / 2;
    long rows = (long) shape.batch() * height;
    int end = (int) (rows * (block + 1) / blocks);
    long pixel = (long) channels * Float.BYTES;
    for (int row = (int) (rows * block / blocks); row < end; row++) {
      long image = row / height;
      long from = (image * shape.height() + row % height * 2L) * shape.width() * pixel;
      long to = (long) row * width * pixel;
      for (int x = 0; x < width; x++) {
        pool(input, from + 2L * x * pixel, shape.width() * pixel, output, to + x * pixel);
      }
    }
  }

  private void pool(MemorySegment input, long from, long row, MemorySegment output, long to) {
    long pixel = (long) channels * Float.BYTES;
    int whole = channels - channels % LANES;
    for (int c = 0; c < whole; c += LANES) {
      long at = from + (long) c * Float.BYTES;
      FloatVector top =
          FloatVector.fromMemorySegment(FLOAT, input, at, ORDER)
              .max(FloatVector.fromMemorySegment(FLOAT, input, at + pixel, ORDER));
      FloatVector bottom =
          FloatVector.fromMemorySegment(FLOAT, input, at + row, ORDER)
              .max(FloatVector.fromMemorySegment(FLOAT, input, at + row + pixel, ORDER));
      top.max(bottom).intoMemorySegment(output, to + (long) c * Float.BYTES, ORDER);
    }
    for (int c = whole; c < channels; c++) {
      long at = from + (long) c * Float.BYTES;
      float top = Math.max(input.get(JAVA_FLOAT, at), input.get(JAVA_FLOAT, at + pixel));
      float bottom =
          Math.max(input.get(JAVA_FLOAT, at + row), input.get(JAVA_FLOAT, at + row + pixel));
      output.set(JAVA_FLOAT, to + (long) c * Float.BYTES, Math.max(top, bottom));
    }
  }
}
