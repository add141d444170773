package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.ORDER;
import static dev.rpn.simd.Species.PANEL;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static dev.rpn.simd.Species.TILE_ROWS;
import static dev.rpn.simd.Species.TILE_VECTORS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The gradients of both 1x1 layers' weights as one product: the transposed hidden map with the 5k
 * columns of output gradients, classification first.
 *
 * <p>The sums over {@link #CHAIN} positions, each from 0, are added up in their order, as the plain
 * kernel does: the same bits at any width and in any split. Parts share out the channels, {@link
 * Species#TILE_ROWS} at a time. Only with fused products, see {@link TransposedProduct}.
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

  /** Register tiles of channels. */
  private final int tiles;

  // Scratch: a tile of sums, one position's gradients, totals of the biases, panels of gradients,
  // rows of the hidden map, totals of the tiles.
  private final long gradientOffset;
  private final long biasOffset;
  private final long panelOffset;
  private final long hiddenOffset;

  HeadsWeightGradient(MapShape shape, int anchors) {
    this.shape = shape;
    this.anchors = anchors;
    channels = shape.channels();
    outputs = 5 * anchors;
    panels = Species.panels(outputs);
    tiles = Math.ceilDiv(channels, TILE_ROWS);
    gradientOffset = TILE_BYTES;
    biasOffset = gradientOffset + panels * PANEL_BYTES;
    panelOffset = biasOffset + panels * PANEL_BYTES;
    hiddenOffset = panelOffset + (long) panels * CHAIN * PANEL_BYTES;
  }

  boolean fits(MapShape otherShape, int otherAnchors) {
    return anchors == otherAnchors && shape.equals(otherShape);
  }

  /** The odd cache line keeps rows off each other's sets. */
  private static long hiddenRow(int tiles) {
    return Math.ceilDiv((long) tiles * TILE_ROWS * Float.BYTES, 64L) * 64 + 64;
  }

  long scratchBytes() {
    return hiddenOffset + CHAIN * hiddenRow(tiles) + (long) tiles * panels * TILE_BYTES;
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
    int end = (int) ((long) tiles * (part + 1) / parts);
    if (first == end) {
      return;
    }
    long row = hiddenRow(end - first);
    long totals = hiddenOffset + CHAIN * row;
    // The biases belong to the part that has the first channel.
    boolean biases = first == 0;
    // Lanes behind the last output stay 0.
    scratch.asSlice(gradientOffset, panels * PANEL_BYTES).fill((byte) 0);
    int positions = shape.positions();
    for (int position = 0; position < positions; position += CHAIN) {
      int depth = Math.min(CHAIN, positions - position);
      copyGradients(outGradient, scratch, position, depth);
      copyHidden(in, scratch, position, depth, first, end, row);
      for (int tile = 0; tile < end - first; tile++) {
        long x = hiddenOffset + (long) tile * TILE_ROWS * Float.BYTES;
        for (int panel = 0; panel < panels; panel++) {
          long u = panelOffset + (long) panel * CHAIN * PANEL_BYTES;
          long total = totals + ((long) tile * panels + panel) * TILE_BYTES;
          if (position == 0) {
            TransposedProduct.multiply(scratch, x, row, u, depth, total);
          } else {
            TransposedProduct.multiply(scratch, x, row, u, depth, 0);
            addTile(scratch, total);
          }
        }
      }
      if (biases) {
        sumBiases(scratch, depth, position == 0);
      }
    }
    for (int channel = first * TILE_ROWS;
        channel < Math.min(channels, end * TILE_ROWS);
        channel++) {
      int tile = channel / TILE_ROWS - first;
      long from = totals + (long) tile * panels * TILE_BYTES + channel % TILE_ROWS * PANEL_BYTES;
      store(scratch, from, TILE_BYTES, classificationKernel, locationKernel, channel);
    }
    if (biases) {
      store(scratch, biasOffset, PANEL_BYTES, classificationBias, locationBias, 0);
    }
  }

  /** Both planes' gradients of some positions, a panel after the other. */
  private void copyGradients(
      MemorySegment outGradient, MemorySegment scratch, int position, int depth) {
    long logits = (long) anchors * Float.BYTES;
    long deltas = 4 * logits;
    for (int k = 0; k < depth; k++) {
      long p = (long) position + k;
      MemorySegment.copy(outGradient, p * logits, scratch, gradientOffset, logits);
      MemorySegment.copy(
          outGradient,
          shape.positions() * logits + p * deltas,
          scratch,
          gradientOffset + logits,
          deltas);
      for (int panel = 0; panel < panels; panel++) {
        long from = gradientOffset + panel * PANEL_BYTES;
        long to = panelOffset + ((long) panel * CHAIN + k) * PANEL_BYTES;
        for (int i = 0; i < TILE_VECTORS; i++) {
          FloatVector.fromMemorySegment(FLOAT, scratch, from + i * BYTES, ORDER)
              .intoMemorySegment(scratch, to + i * BYTES, ORDER);
        }
      }
    }
  }

  /** The channels of some tiles; those behind the last channel are 0. */
  private void copyHidden(
      MemorySegment in,
      MemorySegment scratch,
      int position,
      int depth,
      int firstTile,
      int endTile,
      long row) {
    int first = firstTile * TILE_ROWS;
    int count = Math.min(channels, endTile * TILE_ROWS) - first;
    int padding = (endTile - firstTile) * TILE_ROWS - count;
    for (int k = 0; k < depth; k++) {
      long from = (((long) position + k) * channels + first) * Float.BYTES;
      long to = hiddenOffset + k * row;
      MemorySegment.copy(in, from, scratch, to, (long) count * Float.BYTES);
      for (int i = 0; i < padding; i++) {
        scratch.set(JAVA_FLOAT, to + (count + (long) i) * Float.BYTES, 0f);
      }
    }
  }

  private static void addTile(MemorySegment scratch, long total) {
    for (long at = 0; at < TILE_BYTES; at += BYTES) {
      FloatVector.fromMemorySegment(FLOAT, scratch, total + at, ORDER)
          .add(FloatVector.fromMemorySegment(FLOAT, scratch, at, ORDER))
          .intoMemorySegment(scratch, total + at, ORDER);
    }
  }

  private void sumBiases(MemorySegment scratch, int depth, boolean begin) {
    for (int vector = 0; vector < panels * TILE_VECTORS; vector++) {
      long from =
          panelOffset
              + (long) (vector / TILE_VECTORS) * CHAIN * PANEL_BYTES
              + vector % TILE_VECTORS * BYTES;
      long total = biasOffset + vector * BYTES;
      FloatVector sum = FloatVector.zero(FLOAT);
      for (int k = 0; k < depth; k++) {
        sum = sum.add(FloatVector.fromMemorySegment(FLOAT, scratch, from + k * PANEL_BYTES, ORDER));
      }
      if (!begin) {
        sum = FloatVector.fromMemorySegment(FLOAT, scratch, total, ORDER).add(sum);
      }
      sum.intoMemorySegment(scratch, total, ORDER);
    }
  }

  /**
   * Writes one row of outputs to both layers.
   *
   * @param step bytes from one panel to the next
   */
  private void store(
      MemorySegment scratch,
      long from,
      long step,
      MemorySegment classification,
      MemorySegment location,
      int row) {
    for (int output = 0; output < outputs; output++) {
      float sum =
          scratch.get(
              JAVA_FLOAT, from + output / PANEL * step + (long) (output % PANEL) * Float.BYTES);
      if (output < anchors) {
        classification.setAtIndex(JAVA_FLOAT, (long) row * anchors + output, sum);
      } else {
        location.setAtIndex(JAVA_FLOAT, (long) row * 4 * anchors + output - anchors, sum);
      }
    }
  }
}
