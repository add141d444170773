package dev.rpn.reference;

import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** 2x2 max-pooling with stride 2, one row of the result a block. */
final class MaxPool implements StageKernel {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final int channels;

  MaxPool(int channels) {
    this.channels = channels;
  }

  @Override
  public MapShape output(MapShape input) {
    return new MapShape(input.batch(), input.height() / 2, input.width() / 2, channels);
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
    return input.batch() * (input.height() / 2);
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
    assert shape.channels() == channels;
    int height = shape.height() / 2;
    int width = shape.width() / 2;
    int rows = shape.batch() * height;
    long below = (long) shape.width() * channels;
    for (int row = (int) ((long) rows * block / blocks);
        row < (long) rows * (block + 1) / blocks;
        row++) {
      int picture = row / height;
      int y = row % height;
      for (int x = 0; x < width; x++) {
        long from =
            (((long) picture * shape.height() + 2L * y) * shape.width() + 2L * x) * channels;
        long to = ((long) row * width + x) * channels;
        for (int c = 0; c < channels; c++) {
          long i = from + c;
          float top = Math.max(input.getAtIndex(FLOAT, i), input.getAtIndex(FLOAT, i + channels));
          float bottom =
              Math.max(
                  input.getAtIndex(FLOAT, i + below),
                  input.getAtIndex(FLOAT, i + below + channels));
          output.setAtIndex(FLOAT, to + c, Math.max(top, bottom));
        }
      }
    }
  }
}
