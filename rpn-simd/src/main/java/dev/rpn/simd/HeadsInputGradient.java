package dev.rpn.simd;

import static dev.rpn.simd.Species.PANEL;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static dev.rpn.simd.Species.TILE_ROWS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * The gradient at the hidden map before its ReLU: one sum over the 5k outputs, classification
 * first, then 0 where the hidden value is not above 0. Packed {@code [panel of channels][output]
 * [lane]}; channels behind the last hold zeros.
 */
final class HeadsInputGradient implements StageKernel {
  private final HeadWeights weights;
  private final MemorySegment hidden;
  private final int channels;
  private final int anchors;
  private final int outputs;
  private final int panels;

  HeadsInputGradient(HeadWeights weights, MemorySegment hidden) {
    this.weights = weights;
    this.hidden = hidden;
    channels = weights.channels();
    anchors = weights.anchors();
    outputs = 5 * anchors;
    panels = Species.panels(channels);
  }

  @Override
  public MapShape output(MapShape input) {
    return input.withChannels(channels);
  }

  private long panelBytes() {
    return outputs * PANEL_BYTES;
  }

  @Override
  public long packedBytes() {
    return panels * panelBytes() + ProductKernel.CHUNK_PANEL_BYTES;
  }

  @Override
  public void pack(MemorySegment packed, int part, int parts) {
    int padded = panels * PANEL;
    int end = (int) ((long) padded * (part + 1) / parts);
    for (int channel = (int) ((long) padded * part / parts); channel < end; channel++) {
      long to = channel / PANEL * panelBytes() + (long) (channel % PANEL) * Float.BYTES;
      if (channel < channels) {
        spread(weights.classificationKernel(), channel, anchors, packed, to);
        spread(weights.locationKernel(), channel, 4 * anchors, packed, to + anchors * PANEL_BYTES);
      } else {
        for (int output = 0; output < outputs; output++) {
          packed.set(JAVA_FLOAT, to + output * PANEL_BYTES, 0);
        }
      }
    }
  }

  /**
   * One channel's weights of one layer. A loop for each layer: where one loop chose between them,
   * the compiler hoisted the first layer's bounds check over all of the loop's turns, and threw the
   * code away each time that it failed.
   */
  private static void spread(
      MemorySegment kernel, int channel, int columns, MemorySegment packed, long to) {
    long from = (long) channel * columns * Float.BYTES;
    for (int column = 0; column < columns; column++) {
      float weight = kernel.get(JAVA_FLOAT, from + (long) column * Float.BYTES);
      packed.set(JAVA_FLOAT, to + column * PANEL_BYTES, weight);
    }
  }

  // Scratch: a tile of sums, then the gradients of its rows.

  private static long rowsOffset() {
    return TILE_ROWS * PANEL_BYTES;
  }

  private long rowBytes() {
    return (long) outputs * Float.BYTES;
  }

  @Override
  public long scratchBytes(MapShape input) {
    return rowsOffset() + TILE_ROWS * rowBytes() + ProductKernel.CHUNK_BYTES;
  }

  @Override
  public int blocks(MapShape input, int threads) {
    return Math.min(threads, Math.ceilDiv(input.positions(), TILE_ROWS));
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
    int positions = shape.positions();
    int end = (int) ((long) positions * (block + 1) / blocks);
    for (int first = (int) ((long) positions * block / blocks); first < end; first += TILE_ROWS) {
      int count = Math.min(TILE_ROWS, end - first);
      gather(input, positions, first, count, scratch);
      for (int panel = 0; panel < panels; panel++) {
        ProductKernel.multiply(
            scratch,
            rowsOffset(),
            rowBytes(),
            packed,
            panel * panelBytes(),
            outputs,
            Species.panelVectors(channels, panel),
            scratch,
            0);
        int lanes = Math.min(PANEL, channels - panel * PANEL);
        for (int i = 0; i < count; i++) {
          long to = ((long) (first + i) * channels + (long) panel * PANEL) * Float.BYTES;
          ReluGradient.run(scratch, i * PANEL_BYTES, hidden, to, output, to, lanes);
        }
      }
    }
  }

  /** Both planes' gradients of some positions, one row each. */
  private void gather(
      MemorySegment input, int positions, int first, int count, MemorySegment scratch) {
    long logits = (long) anchors * Float.BYTES;
    long deltas = 4 * logits;
    for (int i = 0; i < count; i++) {
      long pixel = (long) first + i;
      long to = rowsOffset() + i * rowBytes();
      MemorySegment.copy(input, pixel * logits, scratch, to, logits);
      MemorySegment.copy(input, positions * logits + pixel * deltas, scratch, to + logits, deltas);
    }
  }
}
