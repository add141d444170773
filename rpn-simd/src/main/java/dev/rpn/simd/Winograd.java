package dev.rpn.simd;

import dev.rpn.kernel.Algorithm;
import java.lang.foreign.MemorySegment;

/**
 * The three transforms of one Winograd algorithm (Lavin and Gray, 'Fast Algorithms for CNNs',
 * 2015): a tile of {@code side x side} outputs comes from a tile of {@code (side + 2)^2} inputs by
 * one product a position.
 *
 * <p>Every transform goes along rows first (it adds whole rows), then along columns. Positions are
 * counted in rows, then columns. All work on vectors of channels.
 */
abstract class Winograd {
  /** Outputs along a side of a tile. */
  final int side;

  /** Inputs along a side of a tile. */
  final int window;

  /** Products a tile and a pair of channels. */
  final int positions;

  Winograd(int side) {
    this.side = side;
    window = side + 2;
    positions = window * window;
  }

  static Winograd of(Algorithm algorithm) {
    return switch (algorithm) {
      case F2 -> WinogradF2.withRelu();
      case F4 -> new WinogradF4();
    };
  }

  /**
   * Transforms filters of one panel of outputs. The taps may lie where the result goes, tap {@code
   * (y, x)} of an input channel in plane {@code 6 y + x}.
   *
   * @param g the first channel's taps; rows of taps lie {@code gRow}, taps of a row {@code gTap},
   *     input channels {@code gChannel} bytes apart
   * @param u written from {@code uOffset}, positions {@code uPlane} bytes apart, input channels a
   *     panel
   * @param channels how many input channels
   */
  abstract void filters(
      MemorySegment g,
      long gOffset,
      long gRow,
      long gTap,
      long gChannel,
      MemorySegment u,
      long uOffset,
      long uPlane,
      int channels);

  /**
   * Transforms some tiles of inputs that lie side by side.
   *
   * @param d the first window's first channel of its first pixel at {@code dOffset}; rows and
   *     columns lie {@code dRow} and {@code dColumn} bytes apart, windows {@link #side} columns
   * @param v written from {@code vOffset}, positions {@code vPlane} bytes apart, tiles {@code
   *     vTile}
   * @param vectors how many vectors of channels
   * @param tiles how many tiles
   */
  abstract void input(
      MemorySegment d,
      long dOffset,
      long dRow,
      long dColumn,
      MemorySegment v,
      long vOffset,
      long vPlane,
      long vTile,
      int vectors,
      int tiles);

  /**
   * Transforms one panel of the products of some tiles to outputs, adds the bias and applies ReLU,
   * or none where it was made without.
   *
   * @param m read from {@code mOffset}, positions {@code mPlane} bytes apart, tiles {@code mTile}
   * @param bias one panel from {@code biasOffset}
   * @param y written from {@code yOffset}; rows and columns lie {@code yRow} and {@code yColumn}
   *     bytes apart, tiles {@code yTile}
   * @param vectors how many vectors of channels
   * @param tiles how many tiles
   */
  abstract void output(
      MemorySegment m,
      long mOffset,
      long mPlane,
      long mTile,
      MemorySegment bias,
      long biasOffset,
      MemorySegment y,
      long yOffset,
      long yRow,
      long yColumn,
      long yTile,
      int vectors,
      int tiles);
}
