package dev.rpn.reference;

import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A 3x3 convolution by F(2x2,3x3): forward with bias and ReLU, or the gradient of its input. */
final class WinogradConvolution implements StageKernel {
  private final WinogradTiles tiles;

  /** The forward input where the result is its gradient. */
  private final @Nullable MemorySegment forwardInput;

  private WinogradConvolution(WinogradTiles tiles, @Nullable MemorySegment forwardInput) {
    this.tiles = tiles;
    this.forwardInput = forwardInput;
  }

  static StageKernel forward(ConvolutionWeights weights) {
    return new WinogradConvolution(new WinogradTiles(weights, false), null);
  }

  static StageKernel inputGradient(ConvolutionWeights weights, MemorySegment forwardInput) {
    return new WinogradConvolution(new WinogradTiles(weights, true), forwardInput);
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
          long from = (tiles.activationsOffset() + (long) i * channels) * Float.BYTES;
          long to = position * channels * Float.BYTES;
          if (forwardInput == null) {
            MemorySegment.copy(scratch, from, output, to, (long) channels * Float.BYTES);
          } else {
            ReluGradient.copy(scratch, from, forwardInput, output, to, channels);
          }
        }
      }
      first += count;
    }
  }
}
