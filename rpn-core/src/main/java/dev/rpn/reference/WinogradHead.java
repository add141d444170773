package dev.rpn.reference;

import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.Segments;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * The proposal head in one pass: some tiles of the 3x3 convolution, then both 1x1 layers on their
 * activations while these are in cache. The hidden map never exists as a whole.
 */
final class WinogradHead implements StageKernel {
  /** Positions of the tiles that are transformed together. */
  private static final int POSITIONS = 4 * WinogradTiles.ROWS;

  private final WinogradTiles tiles;
  private final Heads1x1 heads;
  private final int anchors;

  WinogradHead(HeadWeights weights) {
    anchors = weights.anchors();
    tiles = new WinogradTiles(weights.convolution(), false);
    heads = new Heads1x1(weights);
  }

  @Override
  public MapShape output(MapShape input) {
    return heads.output(input);
  }

  @Override
  public long packedBytes() {
    return headsOffset() + heads.packedBytes();
  }

  private long headsOffset() {
    return Segments.align(tiles.packedBytes());
  }

  @Override
  public void pack(MemorySegment packed, int part, int parts) {
    tiles.pack(packed, part, parts);
    heads.pack(packed.asSlice(headsOffset()), part, parts);
  }

  @Override
  public long scratchBytes(MapShape input) {
    return logitsOffset() + 5L * POSITIONS * anchors * Float.BYTES;
  }

  /** Where in the scratch the tiles' logits begin, in bytes; their deltas follow. */
  private long logitsOffset() {
    return tiles.scratchBytes();
  }

  @Override
  public int blocks(MapShape input, int threads) {
    return TileBlocks.count(input, threads);
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
    assert shape.channels() == tiles.inputs();
    long deltasOffset = logitsOffset() + (long) POSITIONS * anchors * Float.BYTES;
    long deltas = (long) shape.positions() * anchors;
    long last = TileBlocks.first(shape, block + 1, blocks);
    for (long first = TileBlocks.first(shape, block, blocks); first < last; ) {
      int count = (int) Math.min(WinogradTiles.ROWS, last - first);
      tiles.run(shape, input, packed, scratch, first, count);
      heads.run(
          scratch,
          tiles.activationsOffset() * Float.BYTES,
          4 * count,
          packed,
          headsOffset(),
          scratch,
          logitsOffset(),
          deltasOffset);
      for (int i = 0; i < 4 * count; i++) {
        long position = TileBlocks.position(shape, first + i / 4, i % 4);
        if (position >= 0) {
          copy(scratch, logitsOffset(), i, anchors, output, 0, position);
          copy(scratch, deltasOffset, i, 4 * anchors, output, deltas, position);
        }
      }
      first += count;
    }
  }

  /** Copies one position's values into a plane that begins at value {@code plane}. */
  private static void copy(
      MemorySegment from,
      long offset,
      int i,
      int values,
      MemorySegment to,
      long plane,
      long position) {
    MemorySegment.copy(
        from,
        offset + (long) i * values * Float.BYTES,
        to,
        (plane + position * values) * Float.BYTES,
        (long) values * Float.BYTES);
  }
}
