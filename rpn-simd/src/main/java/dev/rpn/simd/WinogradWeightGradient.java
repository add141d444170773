package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.GROUP;
import static dev.rpn.simd.Species.GROUP_BYTES;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.PANEL;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static dev.rpn.simd.WinogradGradient.SCALE;
import static dev.rpn.simd.WinogradGradient.SIDE;
import static dev.rpn.simd.WinogradGradient.TAPS;
import static dev.rpn.simd.WinogradGradient.WINDOW;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * The gradient of a 3x3 convolution with respect to its weights by F(3x3,4x4), see {@link
 * WinogradGradient}: 36 products for 144.
 *
 * <p>Block by block of tiles, and of a block one column of positions after the other: V, the
 * inputs, and a panel of Z, the output gradients, with their products stay in the second-level
 * cache, where those of 36 positions would not. Of a column's sums G' leaves half.
 *
 * <p>The sums of a block, each from 0, are added up in the order of the blocks; blocks depend on
 * the shape alone, so that a weight has the same bits whatever the split. Parts share out the input
 * channels, {@link TransposedProduct#ROWS} or more at a time.
 */
final class WinogradWeightGradient implements WeightGradient {
  /** Tiles of a block: a panel of Z at one position stays in the first-level cache. */
  private static final int MAX_TILES = 144;

  /**
   * Groups of input channels that are multiplied together: half of 512 channels, so that each of
   * two threads transforms Z once.
   */
  private static final int MAX_GROUPS = Math.ceilDiv(256, GROUP);

  /** Panels of outputs that are multiplied together: memory for the sums of all columns. */
  private static final int MAX_PANELS = Math.ceilDiv(512, PANEL);

  /** Keeps the streams of a column, one a position, off each other's cache sets. */
  private static final long SKEW = 3 * 64;

  private final MapShape shape;
  private final int inputs;
  private final int outputs;
  private final int panels;

  /** Whether {@link NarrowTransposedProduct} multiplies: two vectors hold all outputs. */
  private final boolean narrow;

  /** Input channels of a register tile. */
  private final int rows;

  /** Rows of register tiles in a group. */
  private final int groupRows;

  /** Rows of register tiles. */
  private final int tileRows;

  private final TiledMap v;
  private final TiledMap z;
  private final int tiles;
  private final int blocks;

  /** Bytes in a row of Z, of sums and of T. */
  private final long rowBytes;

  /** From one position's sums to the next, and from one column of T to the next. */
  private final long plane;

  // Scratch: V and Z; one panel's sums of a column; T, which is G' of the sums, of all columns; the
  // taps of one row.
  private final long sumsOffset;
  private final long tOffset;
  private final long tPanel;
  private final long tapsOffset;

  WinogradWeightGradient(MapShape shape, int outputs) {
    this.shape = shape;
    this.outputs = outputs;
    inputs = shape.channels();
    panels = Species.panels(outputs);
    narrow = Species.WIDE_TILE && Species.vectors(outputs) <= NarrowTransposedProduct.VECTORS;
    rows = narrow ? NarrowTransposedProduct.ROWS : TransposedProduct.ROWS;
    groupRows = GROUP / rows;
    tileRows = Math.ceilDiv(inputs, rows);
    tiles = TiledMap.tiles(shape);
    blocks = Math.ceilDiv(tiles, MAX_TILES);
    int depth = Math.ceilDiv(tiles, blocks);
    int groups = Math.min(Math.ceilDiv(inputs, GROUP), MAX_GROUPS);
    int together = Math.min(panels, MAX_PANELS);
    rowBytes = narrow ? NarrowTransposedProduct.VECTORS * BYTES : PANEL_BYTES;
    v = new TiledMap(shape, WinogradGradient::input, WINDOW, GROUP, groups, depth, GROUP_BYTES, 0);
    z =
        new TiledMap(
            shape.withChannels(outputs),
            WinogradGradient::outputGradient,
            SIDE,
            PANEL,
            together,
            depth,
            rowBytes,
            v.end());
    sumsOffset = z.end();
    plane = (long) groups * GROUP * rowBytes + SKEW;
    tOffset = sumsOffset + WINDOW * plane;
    tPanel = TAPS * WINDOW * plane;
    tapsOffset = tOffset + together * tPanel;
  }

  @Override
  public boolean fits(MapShape otherShape, int otherOutputs) {
    return outputs == otherOutputs && shape.equals(otherShape);
  }

  @Override
  public long scratchBytes() {
    return tapsOffset + TAPS * PANEL_BYTES + TransposedProduct.SLACK;
  }

  @Override
  public void run(
      MemorySegment input,
      MemorySegment outGradient,
      MemorySegment kernel,
      MemorySegment bias,
      MemorySegment scratch,
      int part,
      int parts) {
    int first = (int) ((long) tileRows * part / parts);
    int end = (int) ((long) tileRows * (part + 1) / parts);
    int next;
    for (int row = first; row < end; row = next) {
      next = Math.min(end, (row / groupRows + MAX_GROUPS) * groupRows);
      for (int panel = 0; panel < panels; panel += MAX_PANELS) {
        int count = Math.min(MAX_PANELS, panels - panel);
        multiply(input, outGradient, scratch, row, next, panel, count);
        store(kernel, scratch, row, next, panel, count);
      }
    }
    int vectors = Species.vectors(outputs);
    int endVector = (int) ((long) vectors * (part + 1) / parts);
    for (int vector = (int) ((long) vectors * part / parts); vector < endVector; vector++) {
      WeightGradient.sumBias(outGradient, outputs, shape.positions(), bias, vector);
    }
  }

  private int firstTile(int block) {
    return (int) ((long) tiles * block / blocks);
  }

  /** T of some rows of register tiles and some panels. */
  private void multiply(
      MemorySegment input,
      MemorySegment outGradient,
      MemorySegment scratch,
      int firstRow,
      int endRow,
      int panel,
      int count) {
    int group = firstRow / groupRows;
    int groups = Math.ceilDiv(endRow, groupRows) - group;
    int first = firstRow - group * groupRows;
    int end = endRow - group * groupRows;
    long skipped = (long) first * rows * rowBytes;
    int vectors = (int) ((long) (end - first) * rows * rowBytes / BYTES);
    for (int block = 0; block < blocks; block++) {
      int tile = firstTile(block);
      int endTile = firstTile(block + 1);
      for (int x = 0; x < WINDOW; x++) {
        // Of a single block the windows are there from the first panels.
        boolean copy = x == 0 && (panel == 0 || blocks > 1);
        v.transform(x, input, tile, endTile, group, groups, scratch, copy);
        z.transform(x, outGradient, tile, endTile, panel, count, scratch, x == 0);
        for (int i = 0; i < count; i++) {
          multiplyColumn(scratch, endTile - tile, first, end, i);
          WinogradGradient.filters(
              scratch,
              sumsOffset + skipped,
              plane,
              scratch,
              tOffset + i * tPanel + x * plane + skipped,
              WINDOW * plane,
              vectors,
              1f,
              block > 0);
        }
      }
    }
  }

  /** The sums of one column of positions, of some rows of register tiles with one panel. */
  private void multiplyColumn(
      MemorySegment scratch, int depth, int firstRow, int endRow, int panel) {
    for (int position = 0; position < WINDOW; position++) {
      long zAt = z.at(panel, position);
      for (int row = firstRow; row < endRow; row++) {
        long column = (long) (row % groupRows) * rows * Float.BYTES;
        long vAt = v.at(row / groupRows, position) + column;
        long sums = sumsOffset + position * plane + (long) row * rows * rowBytes;
        if (narrow) {
          NarrowTransposedProduct.multiply(scratch, vAt, zAt, depth, sums);
        } else {
          TransposedProduct.multiply(scratch, vAt, zAt, depth, sums);
        }
      }
    }
  }

  /** The taps of some rows of register tiles and some panels. */
  private void store(
      MemorySegment kernel, MemorySegment scratch, int firstRow, int endRow, int panel, int count) {
    long tap = (long) inputs * outputs * Float.BYTES;
    int before = firstRow / groupRows * GROUP;
    int end = Math.min(endRow * rows, inputs);
    for (int y = 0; y < TAPS; y++) {
      for (int channel = firstRow * rows; channel < end; channel++) {
        for (int i = 0; i < count; i++) {
          int vectors = Species.panelVectors(outputs, panel + i);
          int channels = Math.min(PANEL, outputs - (panel + i) * PANEL);
          long t = tOffset + i * tPanel + (long) y * WINDOW * plane + (channel - before) * rowBytes;
          long to =
              ((long) (TAPS * y * inputs + channel) * outputs + (long) (panel + i) * PANEL)
                  * Float.BYTES;
          if (channels == vectors * LANES) {
            WinogradGradient.filters(scratch, t, plane, kernel, to, tap, vectors, SCALE, false);
          } else {
            WinogradGradient.filters(
                scratch, t, plane, scratch, tapsOffset, PANEL_BYTES, vectors, SCALE, false);
            for (int x = 0; x < TAPS; x++) {
              MemorySegment.copy(
                  scratch,
                  tapsOffset + x * PANEL_BYTES,
                  kernel,
                  to + x * tap,
                  (long) channels * Float.BYTES);
            }
          }
        }
      }
    }
  }
}
