package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.GROUP;
import static dev.rpn.simd.Species.GROUP_BYTES;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.PANEL;
import static dev.rpn.simd.Species.PANEL_BYTES;

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
 * TransposedProduct#ROWS} or more at a time.
 */
final class WinogradWeightGradient implements WeightGradient {
  private static final int POSITIONS = 16;

  /** Tiles of a block: the longer a sum, the less accurate, and the more memory for V and Z. */
  private static final int MAX_TILES = 480;

  /**
   * Groups of input channels whose V is kept: the more, the less often Z is transformed. Half of
   * 512 channels, so that each of two threads transforms Z once.
   */
  private static final int MAX_GROUPS = Math.ceilDiv(256, GROUP);

  /** What a position's Z of some panels may take of the second-level cache. */
  private static final long Z_BYTES = 256 * 1024;

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

  /** Whether {@link NarrowTransposedProduct} multiplies: two vectors hold all outputs. */
  private final boolean narrow;

  /** Input channels of a register tile. */
  private final int rows;

  /** Rows of register tiles in a group. */
  private final int groupRows;

  /** Rows of register tiles. */
  private final int tileRows;

  private final int across;
  private final int down;
  private final int tiles;
  private final int blocks;

  // Scratch: V, Z, the sums, one window at the rim.
  private final long vGroup;
  private final long vPlane;
  private final long zRow;
  private final long zOffset;
  private final long zPlane;
  private final long mOffset;
  private final long mPlane;
  private final long windowOffset;

  WinogradWeightGradient(MapShape shape, int outputs) {
    this.shape = shape;
    this.outputs = outputs;
    inputs = shape.channels();
    panels = Species.panels(outputs);
    narrow = Species.WIDE_TILE && Species.vectors(outputs) <= NarrowTransposedProduct.VECTORS;
    rows = narrow ? NarrowTransposedProduct.ROWS : TransposedProduct.ROWS;
    groupRows = GROUP / rows;
    tileRows = Math.ceilDiv(inputs, rows);
    across = Math.ceilDiv(shape.width(), 2);
    down = Math.ceilDiv(shape.height(), 2);
    tiles = Math.multiplyExact(shape.batch(), across * down);
    blocks = Math.ceilDiv(tiles, MAX_TILES);
    int depth = Math.ceilDiv(tiles, blocks);
    int groups = Math.min(Math.ceilDiv(inputs, GROUP), MAX_GROUPS);
    zRow = narrow ? NarrowTransposedProduct.VECTORS * BYTES : PANEL_BYTES;
    groupPanels = Math.clamp(Z_BYTES / (depth * zRow), 1, panels);
    vGroup = depth * GROUP_BYTES;
    vPlane = groups * vGroup + V_SKEW;
    zOffset = POSITIONS * vPlane;
    zPlane = depth * zRow + Z_SKEW;
    mOffset = zOffset + (long) groupPanels * POSITIONS * zPlane;
    mPlane = (long) groups * GROUP * zRow + Z_SKEW;
    windowOffset = mOffset + (long) groupPanels * POSITIONS * mPlane;
  }

  @Override
  public boolean fits(MapShape otherShape, int otherOutputs) {
    return outputs == otherOutputs && shape.equals(otherShape);
  }

  @Override
  public long scratchBytes() {
    return windowOffset + POSITIONS * Math.max(GROUP_BYTES, PANEL_BYTES) + TransposedProduct.SLACK;
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
    int end = (int) ((long) tileRows * (part + 1) / parts);
    int next;
    for (int block = 0; block < blocks; block++) {
      for (int row = first; row < end; row = next) {
        int group = row / groupRows;
        next = Math.min(end, (group + MAX_GROUPS) * groupRows);
        transformInput(in, scratch, block, group, Math.ceilDiv(next, groupRows));
        for (int panel = 0; panel < panels; panel += groupPanels) {
          int count = Math.min(groupPanels, panels - panel);
          for (int i = 0; i < count; i++) {
            transformGradient(outGradient, scratch, block, panel + i, zOffset(i));
          }
          multiply(scratch, block, row, next, count);
          int endChannel = Math.min(next * rows, inputs);
          // A channel's panels one after the other: they are neighbours in memory.
          for (int channel = row * rows; channel < endChannel; channel++) {
            for (int i = 0; i < count; i++) {
              long m = mOffset(i) + (channel - group * GROUP) * zRow;
              store(kernel, scratch, m, channel, panel + i, block == 0);
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

  /** Fills V of some groups; columns behind the last input hold anything. */
  private void transformInput(
      MemorySegment in, MemorySegment scratch, int block, int firstGroup, int endGroup) {
    long pixel = (long) inputs * Float.BYTES;
    long line = pixel * shape.width();
    int first = firstTile(block);
    int end = firstTile(block + 1);
    for (int group = firstGroup; group < endGroup; group++) {
      int channels = Math.min(GROUP, inputs - group * GROUP);
      int vectors = Species.vectors(channels);
      long lane = group * GROUP_BYTES;
      long bytes = (long) channels * Float.BYTES;
      long reach = 3 * (line + pixel) + vectors * BYTES;
      int run;
      for (int tile = first; tile < end; tile += run) {
        int y = y(tile) - 1;
        int x = x(tile) - 1;
        long from = position(image(tile), y, x) * pixel + lane;
        long to = (group - firstGroup) * vGroup + (tile - first) * GROUP_BYTES;
        run = inside(y, x, 4) ? Math.min(end - tile, (shape.width() - x - 2) / 2) : 0;
        run = Lanes.windowsInside(in, from, 2 * pixel, reach, run);
        if (run > 0) {
          winograd.input(in, from, line, pixel, scratch, to, vPlane, GROUP_BYTES, vectors, run);
        } else {
          run = 1;
          copyWindow(in, image(tile), y, x, 4, pixel, lane, bytes, scratch, GROUP_BYTES);
          winograd.input(
              scratch,
              windowOffset,
              4 * GROUP_BYTES,
              GROUP_BYTES,
              scratch,
              to,
              vPlane,
              0,
              vectors,
              1);
        }
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
      long to = zOffset + (tile - first) * zRow;
      run = inside(y, x, 2) ? Math.min(end - tile, (shape.width() - x) / 2) : 0;
      run = Lanes.windowsInside(outGradient, from, 2 * pixel, reach, run);
      if (run > 0) {
        WinogradF2Gradient.outputGradient(
            outGradient, from, line, pixel, scratch, to, zPlane, zRow, vectors, run);
      } else {
        run = 1;
        copyWindow(outGradient, image(tile), y, x, 2, pixel, lane, bytes, scratch, PANEL_BYTES);
        WinogradF2Gradient.outputGradient(
            scratch,
            windowOffset,
            2 * PANEL_BYTES,
            PANEL_BYTES,
            scratch,
            to,
            zPlane,
            0,
            vectors,
            1);
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

  /** The sums of some rows of register tiles, of which V has those from their first group on. */
  private void multiply(MemorySegment scratch, int block, int first, int end, int count) {
    int depth = firstTile(block + 1) - firstTile(block);
    int before = first / groupRows * groupRows;
    for (int position = 0; position < POSITIONS; position++) {
      for (int row = first - before; row < end - before; row++) {
        long column = (long) (row % groupRows) * rows * Float.BYTES;
        long v = position * vPlane + row / groupRows * vGroup + column;
        for (int panel = 0; panel < count; panel++) {
          long z = zOffset(panel) + position * zPlane;
          long m = mOffset(panel) + position * mPlane + (long) row * rows * zRow;
          if (narrow) {
            NarrowTransposedProduct.multiply(scratch, v, z, depth, m);
          } else {
            TransposedProduct.multiply(scratch, v, z, depth, m);
          }
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
