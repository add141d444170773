package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.PANEL;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static dev.rpn.simd.Species.TILE_ROWS;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * The gradient of a 3x3 convolution with respect to its weights by F(3x3,2x2), see {@link
 * WinogradF2Gradient}: 16 products for 36.
 *
 * <p>A block of tiles is transformed, then its sums of products are: at each position, a product of
 * transposed V, the inputs, with Z, the output gradients. Those sums, each from 0, become weights
 * that are added up in the order of the blocks; blocks depend on the shape alone, so that a weight
 * has the same bits whatever the split. Parts share out the input channels, {@link
 * Species#TILE_ROWS} at a time.
 */
final class WinogradWeightGradient implements WeightGradient {
  private static final int POSITIONS = 16;

  /** Tiles of a block: the longer a sum, the less accurate, and the more memory for V and Z. */
  private static final int MAX_TILES = 480;

  /**
   * Register tiles of input channels whose V is kept: the more, the less often Z is transformed.
   * Half of 512 channels, so that each of two threads transforms Z once.
   */
  private static final int CHUNK = Math.ceilDiv(256, TILE_ROWS);

  /** What a position's Z of a group of panels may take of the second-level cache. */
  private static final long GROUP_BYTES = 256 * 1024;

  /** Tiles of the map that are packed together: one at a time touches too many pages. */
  private static final int STAGED = 8;

  // Keep the streams of a transform, one a position, off each other's cache sets.
  private static final long V_SKEW = 5 * 64;
  private static final long Z_SKEW = 3 * 64;

  private final WinogradF2 winograd = WinogradF2.withoutRelu();
  private final MapShape shape;
  private final int inputs;
  private final int outputs;
  private final int panels;

  /** Panels that are multiplied together: a few rows of V meet one after the other. */
  private final int groupPanels;

  /** Register tiles of input channels. */
  private final int tileRows;

  private final int across;
  private final int down;
  private final int tiles;
  private final int blocks;

  // Scratch: V, Z, the sums, V of some tiles of the map before they are packed, one window
  // at the rim.
  private final long vPlane;
  private final long zOffset;
  private final long zPlane;
  private final long mOffset;
  private final long mPlane;
  private final long rowOffset;
  private final long vRow;
  private final long windowOffset;

  WinogradWeightGradient(MapShape shape, int outputs) {
    this.shape = shape;
    this.outputs = outputs;
    inputs = shape.channels();
    panels = Species.panels(outputs);
    tileRows = Math.ceilDiv(inputs, TILE_ROWS);
    across = Math.ceilDiv(shape.width(), 2);
    down = Math.ceilDiv(shape.height(), 2);
    tiles = Math.multiplyExact(shape.batch(), across * down);
    blocks = Math.ceilDiv(tiles, MAX_TILES);
    int depth = Math.ceilDiv(tiles, blocks);
    int rows = Math.min(tileRows, CHUNK) * TILE_ROWS;
    groupPanels = Math.clamp(GROUP_BYTES / (depth * PANEL_BYTES), 1, panels);
    vPlane = Math.min(tileRows, CHUNK) * TransposedProduct.packedBytes(depth) + V_SKEW;
    zOffset = POSITIONS * vPlane;
    zPlane = depth * PANEL_BYTES + Z_SKEW;
    mOffset = zOffset + (long) groupPanels * POSITIONS * zPlane;
    mPlane = rows * PANEL_BYTES + Z_SKEW;
    rowOffset = mOffset + (long) groupPanels * POSITIONS * mPlane;
    vRow = Species.vectors(rows) * BYTES + 64;
    windowOffset = rowOffset + (long) STAGED * POSITIONS * vRow;
  }

  @Override
  public boolean fits(MapShape otherShape, int otherOutputs) {
    return outputs == otherOutputs && shape.equals(otherShape);
  }

  @Override
  public long scratchBytes() {
    return windowOffset + POSITIONS * Math.max(vRow, PANEL_BYTES) + TransposedProduct.SLACK;
  }

  @Override
  public void run(
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment kernel,
      MemorySegment bias,
      MemorySegment scratch,
      int part,
      int parts) {
    int first = (int) ((long) tileRows * part / parts);
    int share = (int) ((long) tileRows * (part + 1) / parts) - first;
    int chunks = Math.ceilDiv(share, CHUNK);
    for (int block = 0; block < blocks; block++) {
      for (int chunk = 0; chunk < chunks; chunk++) {
        int row = first + (int) ((long) share * chunk / chunks);
        int rows = first + (int) ((long) share * (chunk + 1) / chunks) - row;
        transformInput(in, scratch, block, row * TILE_ROWS, rows * TILE_ROWS);
        for (int panel = 0; panel < panels; panel += groupPanels) {
          int group = Math.min(groupPanels, panels - panel);
          for (int i = 0; i < group; i++) {
            transformGradient(outGradient, scratch, block, panel + i, zOffset(i));
          }
          multiply(scratch, block, rows, group);
          int end = Math.min(rows * TILE_ROWS, inputs - row * TILE_ROWS);
          // A row's panels one after the other: they are neighbours in memory.
          for (int i = 0; i < end; i++) {
            for (int j = 0; j < group; j++) {
              long m = mOffset(j) + i * PANEL_BYTES;
              store(kernel, scratch, m, row * TILE_ROWS + i, panel + j, block == 0);
            }
          }
        }
      }
    }
    int vectors = Species.vectors(outputs);
    int endVector = (int) ((long) vectors * (part + 1) / parts);
    for (int vector = (int) ((long) vectors * part / parts); vector < endVector; vector++) {
      WeightGradient.sumBias(outGradient, outputs, shape.positions(), bias, vector);
    }
  }

  private long zOffset(int panelOfGroup) {
    return zOffset + (long) panelOfGroup * POSITIONS * zPlane;
  }

  private long mOffset(int panelOfGroup) {
    return mOffset + (long) panelOfGroup * POSITIONS * mPlane;
  }

  private int firstTile(int block) {
    return (int) ((long) tiles * block / blocks);
  }

  private int image(int tile) {
    return tile / (across * down);
  }

  /** The row of a tile's first output. */
  private int y(int tile) {
    return tile / across % down * 2;
  }

  private int x(int tile) {
    return tile % across * 2;
  }

  /** Fills V of some channels; rows behind the last channel hold anything. */
  private void transformInput(
      MemorySegment in, MemorySegment scratch, int block, int channel, int channels) {
    int vectors = Species.vectors(channels);
    long lane = (long) channel * Float.BYTES;
    long bytes = Math.min(channels, inputs - channel) * (long) Float.BYTES;
    long pixel = (long) inputs * Float.BYTES;
    long line = pixel * shape.width();
    int first = firstTile(block);
    int depth = firstTile(block + 1) - first;
    // Vectors read past a pixel's last channel where that is no multiple of their length.
    long reach = 3 * (line + pixel) + vectors * BYTES;
    int run;
    for (int tile = first; tile < first + depth; tile += run) {
      int y = y(tile) - 1;
      int x = x(tile) - 1;
      long from = position(image(tile), y, x) * pixel + lane;
      int staged = (tile - first) % STAGED;
      int most = Math.min(STAGED - staged, first + depth - tile);
      run = inside(y, x, 4) ? Math.min(most, (shape.width() - x - 2) / 2) : 0;
      while (run > 0 && from + 2 * (run - 1L) * pixel + reach > in.byteSize()) {
        run--;
      }
      long to = rowOffset + (long) staged * POSITIONS * vRow;
      if (run > 0) {
        winograd.input(in, from, line, pixel, scratch, to, vRow, POSITIONS * vRow, vectors, run);
      } else {
        run = 1;
        copyWindow(in, image(tile), y, x, 4, pixel, lane, bytes, scratch, vRow);
        winograd.input(scratch, windowOffset, 4 * vRow, vRow, scratch, to, vRow, 0, vectors, 1);
      }
      if (run == most) {
        int count = staged + run;
        pack(scratch, depth, tile - first - staged, count, channels / TILE_ROWS);
      }
    }
  }

  /** Packs the staged V of so many tiles of the map. */
  private void pack(MemorySegment scratch, int depth, int first, int count, int rows) {
    for (int position = 0; position < POSITIONS; position++) {
      for (int i = 0; i < count; i++) {
        long from = rowOffset + ((long) i * POSITIONS + position) * vRow;
        TransposedProduct.pack(scratch, from, position * vPlane, depth, first + i, rows);
      }
    }
  }

  /** Fills Z of one panel; columns behind the last output hold anything. */
  private void transformGradient(
      MemorySegment outGradient, MemorySegment scratch, int block, int panel, long zOffset) {
    int vectors = Species.panelVectors(outputs, panel);
    long lane = panel * PANEL_BYTES;
    long bytes = Math.min(PANEL, outputs - panel * PANEL) * (long) Float.BYTES;
    long pixel = (long) outputs * Float.BYTES;
    long line = pixel * shape.width();
    long reach = line + pixel + vectors * BYTES;
    int first = firstTile(block);
    int end = firstTile(block + 1);
    int run;
    for (int tile = first; tile < end; tile += run) {
      int y = y(tile);
      int x = x(tile);
      long from = position(image(tile), y, x) * pixel + lane;
      long to = zOffset + (tile - first) * PANEL_BYTES;
      run = inside(y, x, 2) ? Math.min(end - tile, (shape.width() - x) / 2) : 0;
      while (run > 0 && from + 2 * (run - 1L) * pixel + reach > outGradient.byteSize()) {
        run--;
      }
      if (run > 0) {
        WinogradF2Gradient.outputGradient(
            outGradient, from, line, pixel, scratch, to, zPlane, vectors, run);
      } else {
        run = 1;
        copyWindow(outGradient, image(tile), y, x, 2, pixel, lane, bytes, scratch, PANEL_BYTES);
        WinogradF2Gradient.outputGradient(
            scratch, windowOffset, 2 * PANEL_BYTES, PANEL_BYTES, scratch, to, zPlane, vectors, 1);
      }
    }
  }

  private long position(int image, int y, int x) {
    return ((long) image * shape.height() + y) * shape.width() + x;
  }

  private boolean inside(int top, int left, int side) {
    return top >= 0 && left >= 0 && top + side <= shape.height() && left + side <= shape.width();
  }

  /** A window at the rim of a map, with zeros outside. */
  private void copyWindow(
      MemorySegment map,
      int image,
      int top,
      int left,
      int side,
      long pixel,
      long lane,
      long bytes,
      MemorySegment scratch,
      long step) {
    long to = windowOffset;
    for (int y = top; y < top + side; y++) {
      for (int x = left; x < left + side; x++) {
        if (y >= 0 && x >= 0 && y < shape.height() && x < shape.width()) {
          MemorySegment.copy(map, position(image, y, x) * pixel + lane, scratch, to, bytes);
        } else {
          scratch.asSlice(to, bytes).fill((byte) 0);
        }
        to += step;
      }
    }
  }

  private void multiply(MemorySegment scratch, int block, int rows, int group) {
    int depth = firstTile(block + 1) - firstTile(block);
    for (int position = 0; position < POSITIONS; position++) {
      for (int row = 0; row < rows; row++) {
        long v = position * vPlane + row * TransposedProduct.packedBytes(depth);
        for (int panel = 0; panel < group; panel++) {
          long z = zOffset(panel) + position * zPlane;
          long m = mOffset(panel) + position * mPlane + (long) row * TILE_ROWS * PANEL_BYTES;
          TransposedProduct.multiply(scratch, v, z, depth, m);
        }
      }
    }
  }

  /** Adds a block's part of one row of one panel to the gradient, or begins with it. */
  private void store(
      MemorySegment kernel, MemorySegment scratch, long m, int input, int panel, boolean begin) {
    int vectors = Species.panelVectors(outputs, panel);
    int channels = Math.min(PANEL, outputs - panel * PANEL);
    long tap = (long) inputs * outputs * Float.BYTES;
    long to = ((long) input * outputs + (long) panel * PANEL) * Float.BYTES;
    if (begin && channels == vectors * LANES) {
      WinogradF2Gradient.filters(scratch, m, mPlane, kernel, to, tap, vectors);
    } else {
      WinogradF2Gradient.filters(scratch, m, mPlane, scratch, windowOffset, PANEL_BYTES, vectors);
      add(kernel, scratch, to, tap, channels, begin);
    }
  }

  private void add(
      MemorySegment kernel, MemorySegment scratch, long to, long tap, int channels, boolean begin) {
    for (int i = 0; i < 9; i++) {
      for (int lane = 0; lane < channels; lane += LANES) {
        long bytes = (long) lane * Float.BYTES;
        Lanes.add(
            scratch,
            windowOffset + i * PANEL_BYTES + bytes,
            kernel,
            to + i * tap + bytes,
            Math.min(LANES, channels - lane),
            begin);
      }
    }
  }
}
