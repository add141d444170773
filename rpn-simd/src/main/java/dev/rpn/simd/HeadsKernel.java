package dev.rpn.simd;

import static dev.rpn.simd.Species.TILE_ROWS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * Both 1x1 layers from a hidden map that was kept. Some positions at a time are copied to scratch
 * memory: there the last of them may be fewer than a register tile has rows.
 */
final class HeadsKernel implements StageKernel {
  private static final int NO_PIXEL = -1;

  private final Heads1x1 heads;
  private final long rowBytes;

  HeadsKernel(HeadWeights weights) {
    heads = new Heads1x1(weights);
    rowBytes = (long) weights.channels() * Float.BYTES;
  }

  @Override
  public MapShape output(MapShape input) {
    return input.withChannels(heads.outputs);
  }

  @Override
  public long packedBytes() {
    return heads.packedBytes();
  }

  @Override
  public void pack(MemorySegment packed, int part, int parts) {
    heads.pack(packed, 0, part, parts);
  }

  // Scratch: sums, rows, each row's pixel.

  private long rowsOffset() {
    return heads.sumBytes();
  }

  private long pixelsOffset() {
    return rowsOffset() + TILE_ROWS * rowBytes;
  }

  @Override
  public long scratchBytes(MapShape input) {
    return pixelsOffset() + (long) TILE_ROWS * Integer.BYTES + ProductKernel.CHUNK_BYTES;
  }

  @Override
  public int blocks(MapShape input, int threads) {
    return Math.min(threads, Math.ceilDiv(input.positions(), TILE_ROWS));
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
    int positions = shape.positions();
    int end = (int) ((long) positions * (block + 1) / blocks);
    for (int first = (int) ((long) positions * block / blocks); first < end; first += TILE_ROWS) {
      int count = Math.min(TILE_ROWS, end - first);
      MemorySegment.copy(input, first * rowBytes, scratch, rowsOffset(), count * rowBytes);
      for (int i = 0; i < TILE_ROWS; i++) {
        long at = pixelsOffset() + (long) i * Integer.BYTES;
        scratch.set(JAVA_INT, at, i < count ? first + i : NO_PIXEL);
      }
      heads.run(
          scratch,
          rowsOffset(),
          rowBytes,
          TILE_ROWS,
          packed,
          0,
          0,
          pixelsOffset(),
          output,
          positions);
    }
  }
}
