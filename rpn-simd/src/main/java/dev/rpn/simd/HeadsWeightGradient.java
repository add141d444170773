package dev.rpn.simd;

import static dev.rpn.simd.Species.GROUP;
import static dev.rpn.simd.Species.GROUP_BYTES;
import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.PANEL;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static dev.rpn.simd.TransposedProduct.ROWS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * The gradients of both 1x1 layers' weights as one product: the transposed hidden map with the 5k
 * columns of output gradients, classification first. A last channel of ones gives the biases.
 *
 * <p>The sums over {@link #CHAIN} positions, each from 0, are added up in their order, as the plain
 * kernel does: the same bits at any width and in any split. Parts share out the channels, {@link
 * TransposedProduct#ROWS} at a time. Only with fused products, see {@link TransposedProduct}.
 *
 * <p>What is not a product is a copy of bytes. No loop chooses between both layers: the compiler
 * hoists bounds checks out of such a choice, and throws the code away each time that one fails.
 */
final class HeadsWeightGradient implements RecentShapes.ForShape {
  /** Positions of one sum: those of the plain kernel. */
  private static final int CHAIN = 64;

  private static final long TILE_BYTES = ROWS * PANEL_BYTES;

  /** Rows of register tiles in a group of channels. */
  private static final int GROUP_ROWS = GROUP / ROWS;

  private final MapShape shape;
  private final int channels;
  private final int anchors;
  private final int outputs;
  private final int panels;

  /** Register tiles of channels, the ones among them. */
  private final int tiles;

  // Scratch: a tile of sums, panels of gradients, groups of the hidden map, totals.
  private final long panelOffset;
  private final long hiddenOffset;
  private final long totalOffset;

  HeadsWeightGradient(MapShape shape, int anchors) {
    this.shape = shape;
    this.anchors = anchors;
    channels = shape.channels();
    outputs = 5 * anchors;
    panels = Species.panels(outputs);
    tiles = Math.ceilDiv(channels + 1, ROWS);
    panelOffset = TILE_BYTES;
    hiddenOffset = panelOffset + (long) panels * CHAIN * PANEL_BYTES;
    totalOffset = hiddenOffset + (long) Math.ceilDiv(channels + 1, GROUP) * CHAIN * GROUP_BYTES;
  }

  @Override
  public boolean fits(MapShape otherShape, int otherAnchors) {
    return anchors == otherAnchors && shape.equals(otherShape);
  }

  long scratchBytes() {
    return totalOffset + (long) tiles * panels * TILE_BYTES + TransposedProduct.SLACK;
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
    scratch.asSlice(0, totalOffset + (long) count * panels * TILE_BYTES).fill((byte) 0);
    int positions = shape.positions();
    for (int position = 0; position < positions; position += CHAIN) {
      int depth = Math.min(CHAIN, positions - position);
      for (int k = 0; k < depth; k++) {
        copyGradients(outGradient, scratch, position + k, k);
      }
      copyHidden(in, scratch, position, depth, first, first + count);
      multiply(scratch, depth, first, count);
    }
    int firstChannel = first * ROWS;
    int rows = Math.min(channels + 1 - firstChannel, count * ROWS);
    for (int row = 0; row < rows; row++) {
      int channel = firstChannel + row;
      boolean isBias = channel == channels;
      long at = isBias ? 0 : channel;
      long from = totalOffset + TILE_BYTES * panels * (row / ROWS) + PANEL_BYTES * (row % ROWS);
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

  /** The groups of channels that hold some tiles, and ones behind the last channel. */
  private void copyHidden(
      MemorySegment in, MemorySegment scratch, int position, int depth, int first, int end) {
    long pixel = (long) channels * Float.BYTES;
    for (int group = first / GROUP_ROWS; group < Math.ceilDiv(end, GROUP_ROWS); group++) {
      for (int lane = 0; lane < GROUP; lane += LANES) {
        int channel = group * GROUP + lane;
        long from = position * pixel + (long) channel * Float.BYTES;
        long to = hidden(first, group) + (long) lane * Float.BYTES;
        Lanes.copy(in, from, pixel, channels - channel, scratch, to, GROUP_BYTES, depth);
      }
    }
    if (end == tiles) {
      long ones = hidden(first, channels / GROUP) + (long) (channels % GROUP) * Float.BYTES;
      for (int k = 0; k < depth; k++) {
        scratch.set(JAVA_FLOAT, ones + k * GROUP_BYTES, 1);
      }
    }
  }

  /** Where a group's channels are, of those that begin with a tile's. */
  private long hidden(int firstTile, int group) {
    return hiddenOffset + (long) (group - firstTile / GROUP_ROWS) * CHAIN * GROUP_BYTES;
  }

  /** Adds a chain's sums to the totals. */
  private void multiply(MemorySegment scratch, int depth, int first, int count) {
    for (int tile = 0; tile < count; tile++) {
      int row = first + tile;
      long column = (long) (row % GROUP_ROWS) * ROWS * Float.BYTES;
      long x = hidden(first, row / GROUP_ROWS) + column;
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
