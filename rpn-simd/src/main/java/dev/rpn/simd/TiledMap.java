package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.WinogradGradient.SIDE;
import static dev.rpn.simd.WinogradGradient.WINDOW;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * A map in tiles of 4x4 positions, transformed one column of positions at a time, and where that
 * lies in the scratch of a {@link WinogradWeightGradient}: for each unit of channels and each of
 * the column's positions, all tiles of a block one after the other.
 *
 * <p>A tile's window may leave the map. It is copied first, with zeros outside, once for all
 * columns.
 */
final class TiledMap {
  /** Keeps the streams of a transform, one a position, off each other's cache sets. */
  private static final long SKEW = 5 * 64;

  private final MapShape shape;
  private final WinogradGradient.Column transform;
  private final int window;
  private final int unit;
  private final int across;
  private final int down;
  private final long offset;
  private final long tileStep;
  private final long positionStep;
  private final long unitStep;
  private final long windows;
  private final long windowBytes;
  private final long end;

  /**
   * @param window positions along a side of a window; the tile is in its middle
   * @param unit channels in a unit, as they are multiplied
   * @param units how many are transformed together at most
   * @param tiles how many at most
   * @param tileStep bytes from one tile to the next
   * @param offset where in the scratch all of this begins
   */
  TiledMap(
      MapShape shape,
      WinogradGradient.Column transform,
      int window,
      int unit,
      int units,
      int tiles,
      long tileStep,
      long offset) {
    this.shape = shape;
    this.transform = transform;
    this.window = window;
    this.unit = unit;
    this.offset = offset;
    this.tileStep = tileStep;
    across = across(shape);
    down = down(shape);
    positionStep = tiles * tileStep + SKEW;
    unitStep = WINDOW * positionStep;
    windows = offset + units * unitStep;
    windowBytes = (long) window * window * units * unit * Float.BYTES;
    end = windows + tiles * windowBytes;
  }

  /** Tiles of all images. */
  static int tiles(MapShape shape) {
    return Math.multiplyExact(shape.batch(), across(shape) * down(shape));
  }

  private static int across(MapShape shape) {
    return Math.ceilDiv(shape.width(), SIDE);
  }

  private static int down(MapShape shape) {
    return Math.ceilDiv(shape.height(), SIDE);
  }

  /** Where in the scratch all of this ends. */
  long end() {
    return end;
  }

  /**
   * Where in the scratch the tiles of a position are, of one of the units that were transformed.
   */
  long at(int unit, int position) {
    return offset + unit * unitStep + position * positionStep;
  }

  /**
   * Transforms one column of positions of some tiles; lanes behind the last channel hold anything.
   *
   * @param first the first tile
   * @param end behind the last
   * @param firstUnit the first unit of channels
   * @param count how many units
   * @param copy whether windows that leave the map are to be copied, else they are there from
   *     another column
   */
  void transform(
      int x,
      MemorySegment map,
      int first,
      int end,
      int firstUnit,
      int count,
      MemorySegment scratch,
      boolean copy) {
    int channels = Math.min((firstUnit + count) * unit, shape.channels()) - firstUnit * unit;
    long pixel = (long) shape.channels() * Float.BYTES;
    long line = pixel * shape.width();
    long lane = (long) firstUnit * unit * Float.BYTES;
    long reach = (window - 1) * (line + pixel) + Species.vectors(channels) * BYTES;
    long column = (long) count * unit * Float.BYTES;
    long copied = windows;
    int run;
    for (int tile = first; tile < end; tile += run) {
      int image = tile / (across * down);
      int top = tile / across % down * SIDE - (window - SIDE) / 2;
      int left = tile % across * SIDE - (window - SIDE) / 2;
      long from = position(image, top, left) * pixel + lane;
      long to = offset + (tile - first) * tileStep;
      run =
          inside(top, left) ? Math.min(end - tile, (shape.width() - left - window) / SIDE + 1) : 0;
      run = Lanes.windowsInside(map, from, SIDE * pixel, reach, run);
      if (run > 0) {
        transformUnits(x, map, from, line, pixel, scratch, to, channels, run);
      } else {
        run = 1;
        if (copy) {
          copyWindow(map, image, top, left, lane, channels, scratch, copied, column);
        }
        transformUnits(x, scratch, copied, window * column, column, scratch, to, channels, run);
        copied += windowBytes;
      }
    }
  }

  private void transformUnits(
      int x,
      MemorySegment from,
      long offset,
      long row,
      long column,
      MemorySegment scratch,
      long to,
      int channels,
      int tiles) {
    for (int i = 0; i * unit < channels; i++) {
      transform.transform(
          x,
          from,
          offset + (long) i * unit * Float.BYTES,
          row,
          column,
          scratch,
          to + i * unitStep,
          positionStep,
          tileStep,
          Species.vectors(Math.min(unit, channels - i * unit)),
          tiles);
    }
  }

  private long position(int image, int y, int x) {
    return ((long) image * shape.height() + y) * shape.width() + x;
  }

  private boolean inside(int top, int left) {
    return top >= 0
        && left >= 0
        && top + window <= shape.height()
        && left + window <= shape.width();
  }

  private void copyWindow(
      MemorySegment map,
      int image,
      int top,
      int left,
      long lane,
      int channels,
      MemorySegment scratch,
      long to,
      long step) {
    long pixel = (long) shape.channels() * Float.BYTES;
    long bytes = (long) channels * Float.BYTES;
    long at = to;
    for (int y = top; y < top + window; y++) {
      for (int x = left; x < left + window; x++) {
        if (y >= 0 && x >= 0 && y < shape.height() && x < shape.width()) {
          MemorySegment.copy(map, position(image, y, x) * pixel + lane, scratch, at, bytes);
        } else {
          scratch.asSlice(at, bytes).fill((byte) 0);
        }
        at += step;
      }
    }
  }
}
