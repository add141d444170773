package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.PANEL;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static dev.rpn.simd.Species.TILE_ROWS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * The gradients of both 1x1 layers' weights as one product: the transposed hidden map with the 5k
 * columns of output gradients, classification first. A last channel of ones gives the biases.
 *
 * <p>The sums over {@link #CHAIN} positions, each from 0, are added up in their order, as the plain
 * kernel does: the same bits at any width and in any split. Parts share out the channels, {@link
 * Species#TILE_ROWS} at a time. Only with fused products, see {@link TransposedProduct}.
 *
 * <p>What is not a product is a copy of bytes. No loop chooses between both layers: the compiler
 * hoists bounds checks out of such a choice, and throws the code away each time that one fails.
 */
final class HeadsWeightGradient {
  /** Positions of one sum: those of the plain kernel. */
  private static final int CHAIN = 64;

  private static final long TILE_BYTES = TILE_ROWS * PANEL_BYTES;

  private final MapShape shape;
  private final int channels;
  private final int anchors;
  private final int outputs;
  private final int panels;

  /** Register tiles of channels, the ones among them. */
  private final int tiles;

  // Scratch: a tile of sums, panels of gradients, tiles of the hidden map, totals, one of
  // its rows.
  private final long panelOffset;
  private final long hiddenOffset;
  private final long totalOffset;
  private final long rowOffset;

  HeadsWeightGradient(MapShape shape, int anchors) {
    this.shape = shape;
    this.anchors = anchors;
    channels = shape.channels();
    outputs = 5 * anchors;
    panels = Species.panels(outputs);
    tiles = Math.ceilDiv(channels + 1, TILE_ROWS);
    panelOffset = TILE_BYTES;
    hiddenOffset = panelOffset + (long) panels * CHAIN * PANEL_BYTES;
    totalOffset = hiddenOffset + tiles * TransposedProduct.packedBytes(CHAIN);
    rowOffset = totalOffset + (long) tiles * panels * TILE_BYTES;
  }

  boolean fits(MapShape otherShape, int otherAnchors) {
    return anchors == otherAnchors && shape.equals(otherShape);
  }

  long scratchBytes() {
    return rowOffset + (long) tiles * TILE_ROWS * Float.BYTES + BYTES + TransposedProduct.SLACK;
  }

  /** Computes one share; parameters as of {@code TrainingKernels.headsWeightGradient}. */
  void run(
      MemorySegment in,
      MemorySegment outGradient,
      MemorySegment classificationKernel,
      MemorySegment classificationBias,
      MemorySegment locationKernel,
      MemorySegment locationBias,
      MemorySegment scratch,
      int part,
      int parts) {
    int first = (int) ((long) tiles * part / parts);
    int count = (int) ((long) tiles * (part + 1) / parts) - first;
    if (count == 0) {
      return;
    }
    // Zeros behind the last output, and totals to begin with.
    scratch.asSlice(0, rowOffset).fill((byte) 0);
    int positions = shape.positions();
    for (int position = 0; position < positions; position += CHAIN) {
      int depth = Math.min(CHAIN, positions - position);
      for (int k = 0; k < depth; k++) {
        copyGradients(outGradient, scratch, position + k, k);
      }
      packHidden(in, scratch, position, depth, first, count);
      multiply(scratch, depth, count);
    }
    int firstChannel = first * TILE_ROWS;
    int rows = Math.min(channels + 1 - firstChannel, count * TILE_ROWS);
    for (int row = 0; row < rows; row++) {
      int channel = firstChannel + row;
      boolean isBias = channel == channels;
      long at = isBias ? 0 : channel;
      long from =
          totalOffset + TILE_BYTES * panels * (row / TILE_ROWS) + PANEL_BYTES * (row % TILE_ROWS);
      store(scratch, from, 0, anchors, isBias ? classificationBias : classificationKernel, at);
      store(scratch, from, anchors, outputs, isBias ? locationBias : locationKernel, at);
    }
  }

  /** Both planes' gradients of one position. */
  private void copyGradients(
      MemorySegment outGradient, MemorySegment scratch, int position, int k) {
    long p = position;
    long deltas = (long) shape.positions() * anchors;
    for (int panel = 0; panel < panels; panel++) {
      int begin = panel * PANEL;
      int end = Math.min(outputs, begin + PANEL);
      int middle = Math.clamp(anchors, begin, end);
      long to = panelOffset + ((long) panel * CHAIN + k) * PANEL_BYTES;
      MemorySegment.copy(
          outGradient,
          (p * anchors + begin) * Float.BYTES,
          scratch,
          to,
          (middle - begin) * (long) Float.BYTES);
      MemorySegment.copy(
          outGradient,
          (deltas + p * 4 * anchors + middle - anchors) * Float.BYTES,
          scratch,
          to + (middle - begin) * (long) Float.BYTES,
          (end - middle) * (long) Float.BYTES);
    }
  }

  /** The channels of some tiles, and ones behind the last. */
  private void packHidden(
      MemorySegment in, MemorySegment scratch, int position, int depth, int first, int tiles) {
    int channel = first * TILE_ROWS;
    int count = Math.min(tiles * TILE_ROWS, channels - channel);
    for (int k = 0; k < depth; k++) {
      long from = ((long) (position + k) * channels + channel) * Float.BYTES;
      MemorySegment.copy(in, from, scratch, rowOffset, (long) count * Float.BYTES);
      scratch.set(JAVA_FLOAT, rowOffset + (long) count * Float.BYTES, 1);
      TransposedProduct.pack(scratch, rowOffset, hiddenOffset, CHAIN, k, tiles);
    }
  }

  /** Adds a chain's sums to the totals. */
  private void multiply(MemorySegment scratch, int depth, int count) {
    for (int tile = 0; tile < count; tile++) {
      long x = hiddenOffset + tile * TransposedProduct.packedBytes(CHAIN);
      for (int panel = 0; panel < panels; panel++) {
        long u = panelOffset + (long) panel * CHAIN * PANEL_BYTES;
        long total = totalOffset + ((long) tile * panels + panel) * TILE_BYTES;
        TransposedProduct.multiply(scratch, x, u, depth, 0);
        TransposedProduct.add(scratch, 0, total);
      }
    }
  }

  /**
   * Writes a row of one layer.
   *
   * @param first the layer's first column of the product
   * @param end behind its last
   */
  private static void store(
      MemorySegment scratch, long from, int first, int end, MemorySegment to, long row) {
    int column = first;
    while (column < end) {
      int panel = column / PANEL;
      int last = Math.min(end, (panel + 1) * PANEL);
      MemorySegment.copy(
          scratch,
          from + panel * TILE_BYTES + (long) (column % PANEL) * Float.BYTES,
          to,
          (row * (end - first) + column - first) * Float.BYTES,
          (last - column) * (long) Float.BYTES);
      column = last;
    }
  }
}
