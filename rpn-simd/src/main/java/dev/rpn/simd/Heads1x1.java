package dev.rpn.simd;

import static dev.rpn.simd.Species.BYTES;
import static dev.rpn.simd.Species.FLOAT;
import static dev.rpn.simd.Species.ORDER;
import static dev.rpn.simd.Species.PANEL;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static dev.rpn.simd.Species.TILE_ROWS;
import static dev.rpn.simd.Species.TILE_VECTORS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.rpn.kernel.HeadWeights;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Both 1x1 layers of the proposal head as one product with 5k columns: the classification's k, then
 * the location's 4k. Packed {@code [panel][channel][lane]}, then the biases; columns behind the
 * last hold zeros.
 */
final class Heads1x1 {
  /** 5k. */
  final int outputs;

  private final HeadWeights weights;
  private final int anchors;
  private final int channels;
  private final int panels;

  Heads1x1(HeadWeights weights) {
    this.weights = weights;
    anchors = weights.anchors();
    channels = weights.channels();
    outputs = 5 * anchors;
    panels = Species.panels(outputs);
  }

  private long panelBytes() {
    return channels * PANEL_BYTES;
  }

  private long biasOffset() {
    return panels * panelBytes();
  }

  long packedBytes() {
    return biasOffset() + panels * PANEL_BYTES + ProductKernel.CHUNK_PANEL_BYTES;
  }

  /** Packs one share: some of the columns. */
  void pack(MemorySegment packed, long offset, int part, int parts) {
    int columns = panels * PANEL;
    int end = (int) ((long) columns * (part + 1) / parts);
    for (int column = (int) ((long) columns * part / parts); column < end; column++) {
      long lane = (long) (column % PANEL) * Float.BYTES;
      long at = offset + column / PANEL * panelBytes() + lane;
      for (int channel = 0; channel < channels; channel++) {
        packed.set(JAVA_FLOAT, at + channel * PANEL_BYTES, weight(channel, column));
      }
      packed.set(JAVA_FLOAT, offset + biasOffset() + (long) column * Float.BYTES, bias(column));
    }
  }

  private float weight(int channel, int column) {
    if (column < anchors) {
      return weights
          .classificationKernel()
          .getAtIndex(JAVA_FLOAT, (long) channel * anchors + column);
    }
    return column < outputs
        ? weights
            .locationKernel()
            .getAtIndex(JAVA_FLOAT, (long) channel * 4 * anchors + column - anchors)
        : 0;
  }

  private float bias(int column) {
    if (column < anchors) {
      return weights.classificationBias().getAtIndex(JAVA_FLOAT, column);
    }
    return column < outputs ? weights.locationBias().getAtIndex(JAVA_FLOAT, column - anchors) : 0;
  }

  /** Bytes of the sums of one group of rows. */
  long sumBytes() {
    return (long) panels * TILE_ROWS * PANEL_BYTES;
  }

  /**
   * Computes the logits and deltas of hidden rows.
   *
   * @param scratch holds the rows, {@code rowStride} bytes apart, room for {@link #sumBytes}, and
   *     each row's pixel or a negative number
   * @param rows a multiple of the register tile's
   * @param output logits of all pixels, then deltas of all pixels
   * @param pixels how many pixels the output has
   */
  void run(
      MemorySegment scratch,
      long rowOffset,
      long rowStride,
      int rows,
      MemorySegment packed,
      long packedOffset,
      long sums,
      long pixelOffset,
      MemorySegment output,
      int pixels) {
    long logits = (long) anchors * Float.BYTES;
    long deltas = 4 * logits;
    for (int row = 0; row < rows; row += TILE_ROWS) {
      for (int panel = 0; panel < panels; panel++) {
        long to = sums + (long) panel * TILE_ROWS * PANEL_BYTES;
        ProductKernel.multiply(
            scratch,
            rowOffset + row * rowStride,
            rowStride,
            packed,
            packedOffset + panel * panelBytes(),
            channels,
            Species.panelVectors(outputs, panel),
            scratch,
            to);
        addBias(scratch, to, packed, packedOffset + biasOffset() + panel * PANEL_BYTES);
      }
      for (int i = 0; i < TILE_ROWS; i++) {
        long pixel = scratch.get(JAVA_INT, pixelOffset + (long) (row + i) * Integer.BYTES);
        if (pixel >= 0) {
          copy(scratch, sums, i, 0, output, pixel * logits, anchors);
          copy(scratch, sums, i, anchors, output, pixels * logits + pixel * deltas, outputs);
        }
      }
    }
  }

  private static void addBias(
      MemorySegment sums, long offset, MemorySegment packed, long biasOffset) {
    for (int vector = 0; vector < TILE_VECTORS; vector++) {
      long lanes = vector * BYTES;
      FloatVector bias = FloatVector.fromMemorySegment(FLOAT, packed, biasOffset + lanes, ORDER);
      for (int row = 0; row < TILE_ROWS; row++) {
        long at = offset + row * PANEL_BYTES + lanes;
        FloatVector.fromMemorySegment(FLOAT, sums, at, ORDER)
            .add(bias)
            .intoMemorySegment(sums, at, ORDER);
      }
    }
  }

  /** Copies the columns from {@code first} to {@code end} of one row of the sums. */
  private static void copy(
      MemorySegment sums, long offset, int row, int first, MemorySegment output, long to, int end) {
    int column = first;
    while (column < end) {
      int panel = column / PANEL;
      int last = Math.min(end, (panel + 1) * PANEL);
      long from =
          offset
              + ((long) panel * TILE_ROWS + row) * PANEL_BYTES
              + (long) (column % PANEL) * Float.BYTES;
      MemorySegment.copy(
          sums,
          from,
          output,
          to + (long) (column - first) * Float.BYTES,
          (long) (last - column) * Float.BYTES);
      column = last;
    }
  }
}
