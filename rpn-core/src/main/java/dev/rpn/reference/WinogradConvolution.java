package dev.rpn.reference;

import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/** A 3x3 convolution by F(2x2,3x3): forward with bias and ReLU, or the gradient of its input. */
final class WinogradConvolution implements StageKernel {
  private final WinogradTiles tiles;

  private WinogradConvolution(WinogradTiles tiles) {
    this.tiles = tiles;
  }

  static StageKernel forward(ConvolutionWeights weights) {
    return new WinogradConvolution(new WinogradTiles(weights, false));
  }

  static StageKernel inputGradient(ConvolutionWeights weights) {
    return new WinogradConvolution(new WinogradTiles(weights, true));
  }

  @Override
  public MapShape output(MapShape input) {
    return input.withChannels(tiles.outputs());
  }

  @Override
  public long packedBytes() {
    return tiles.packedBytes();
  }

  @Override
  public void pack(MemorySegment packed, int part, int parts) {
    tiles.pack(packed, part, parts);
  }

  @Override
  public long scratchBytes(MapShape input) {
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
    int channels = tiles.outputs();
    long last = TileBlocks.first(shape, block + 1, blocks);
    for (long first = TileBlocks.first(shape, block, blocks); first < last; ) {
      int count = (int) Math.min(WinogradTiles.ROWS, last - first);
      tiles.run(shape, input, packed, scratch, first, count);
      for (int i = 0; i < 4 * count; i++) {
        long position = TileBlocks.position(shape, first + i / 4, i % 4);
        if (position >= 0) {
          MemorySegment.copy(
              scratch,
              (tiles.activationsOffset() + (long) i * channels) * Float.BYTES,
              output,
              position * channels * Float.BYTES,
              (long) channels * Float.BYTES);
        }
      }
      first += count;
    }
  }
}
