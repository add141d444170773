package dev.rpn.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.Fma;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * Both 1x1 layers of the proposal head, from the hidden map. Every result is one chain of
 * multiply-adds over the channels in ascending order that starts at 0, plus the bias.
 *
 * <p>The classification's k outputs and the location's 4k are one list of 5k columns, packed in
 * panels of four: {@code [panel][channel][4]}, zeros behind the last column, then the biases. Four
 * positions times one panel are sixteen accumulators in registers.
 */
final class Heads1x1 implements StageKernel {
  private static final int PANEL = 4;
  private static final long ROW = PANEL * Float.BYTES;

  private final HeadWeights weights;
  private final int channels;
  private final int anchors;
  private final int panels;
  private final long panelBytes;
  private final long biasOffset;

  Heads1x1(HeadWeights weights) {
    this.weights = weights;
    this.channels = weights.channels();
    this.anchors = weights.anchors();
    this.panels = Math.ceilDiv(5 * anchors, PANEL);
    this.panelBytes = channels * ROW;
    this.biasOffset = panels * panelBytes;
  }

  @Override
  public MapShape output(MapShape input) {
    return input.withChannels(5 * anchors);
  }

  @Override
  public long packedBytes() {
    return biasOffset + panels * ROW;
  }

  @Override
  public void pack(MemorySegment packed, int part, int parts) {
    int end = Share.start(panels, part + 1, parts);
    for (int panel = Share.start(panels, part, parts); panel < end; panel++) {
      for (int i = 0; i < PANEL; i++) {
        int column = panel * PANEL + i;
        long offset = panel * panelBytes + (long) i * Float.BYTES;
        for (int c = 0; c < channels; c++) {
          packed.set(JAVA_FLOAT, offset + c * ROW, weight(c, column));
        }
        packed.set(JAVA_FLOAT, biasOffset + (long) column * Float.BYTES, bias(column));
      }
    }
  }

  private float weight(int channel, int column) {
    if (column < anchors) {
      return weights
          .classificationKernel()
          .getAtIndex(JAVA_FLOAT, (long) channel * anchors + column);
    }
    long width = 4L * anchors;
    return column < 5 * anchors
        ? weights.locationKernel().getAtIndex(JAVA_FLOAT, channel * width + column - anchors)
        : 0f;
  }

  private float bias(int column) {
    if (column < anchors) {
      return weights.classificationBias().getAtIndex(JAVA_FLOAT, column);
    }
    return column < 5 * anchors
        ? weights.locationBias().getAtIndex(JAVA_FLOAT, column - anchors)
        : 0f;
  }

  @Override
  public long scratchBytes(MapShape input) {
    return 0;
  }

  @Override
  public int blocks(MapShape input, int threads) {
    return Math.min(threads, Math.ceilDiv(input.positions(), PANEL));
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
    int first = Share.start(positions, block, blocks);
    int count = Share.start(positions, block + 1, blocks) - first;
    long logits = (long) first * anchors * Float.BYTES;
    long deltas = ((long) positions + 4L * first) * anchors * Float.BYTES;
    run(input, (long) first * channels * Float.BYTES, count, packed, 0, output, logits, deltas);
  }

  /**
   * Computes the heads of consecutive positions. All offsets count bytes.
   *
   * @param hidden holds {@code positions * channels} activations from {@code hiddenOffset}
   * @param packed what {@link #pack} filled, from {@code packedOffset}
   * @param output receives k logits a position from {@code logits} and 4k deltas a position from
   *     {@code deltas}
   */
  void run(
      MemorySegment hidden,
      long hiddenOffset,
      int positions,
      MemorySegment packed,
      long packedOffset,
      MemorySegment output,
      long logits,
      long deltas) {
    for (int panel = 0; panel < panels; panel++) {
      int position = 0;
      for (; position + 4 <= positions; position += 4) {
        four(hidden, hiddenOffset, position, packed, packedOffset, panel, output, logits, deltas);
      }
      for (; position < positions; position++) {
        one(hidden, hiddenOffset, position, packed, packedOffset, panel, output, logits, deltas);
      }
    }
  }

  private void four(
      MemorySegment hidden,
      long hiddenOffset,
      int position,
      MemorySegment packed,
      long packedOffset,
      int panel,
      MemorySegment output,
      long logits,
      long deltas) {
    long step = (long) channels * Float.BYTES;
    long h0 = hiddenOffset + position * step;
    long h1 = h0 + step;
    long h2 = h1 + step;
    long h3 = h2 + step;
    long w = packedOffset + panel * panelBytes;
    float a00 = 0;
    float a01 = 0;
    float a02 = 0;
    float a03 = 0;
    float a10 = 0;
    float a11 = 0;
    float a12 = 0;
    float a13 = 0;
    float a20 = 0;
    float a21 = 0;
    float a22 = 0;
    float a23 = 0;
    float a30 = 0;
    float a31 = 0;
    float a32 = 0;
    float a33 = 0;
    for (int c = 0; c < channels; c++) {
      long row = w + c * ROW;
      float w0 = packed.get(JAVA_FLOAT, row);
      float w1 = packed.get(JAVA_FLOAT, row + 4);
      float w2 = packed.get(JAVA_FLOAT, row + 8);
      float w3 = packed.get(JAVA_FLOAT, row + 12);
      float x = hidden.get(JAVA_FLOAT, h0 + 4L * c);
      a00 = Fma.of(x, w0, a00);
      a01 = Fma.of(x, w1, a01);
      a02 = Fma.of(x, w2, a02);
      a03 = Fma.of(x, w3, a03);
      x = hidden.get(JAVA_FLOAT, h1 + 4L * c);
      a10 = Fma.of(x, w0, a10);
      a11 = Fma.of(x, w1, a11);
      a12 = Fma.of(x, w2, a12);
      a13 = Fma.of(x, w3, a13);
      x = hidden.get(JAVA_FLOAT, h2 + 4L * c);
      a20 = Fma.of(x, w0, a20);
      a21 = Fma.of(x, w1, a21);
      a22 = Fma.of(x, w2, a22);
      a23 = Fma.of(x, w3, a23);
      x = hidden.get(JAVA_FLOAT, h3 + 4L * c);
      a30 = Fma.of(x, w0, a30);
      a31 = Fma.of(x, w1, a31);
      a32 = Fma.of(x, w2, a32);
      a33 = Fma.of(x, w3, a33);
    }
    long b = packedOffset + biasOffset + panel * ROW;
    store(output, logits, deltas, position, panel, packed, b, a00, a01, a02, a03);
    store(output, logits, deltas, position + 1, panel, packed, b, a10, a11, a12, a13);
    store(output, logits, deltas, position + 2, panel, packed, b, a20, a21, a22, a23);
    store(output, logits, deltas, position + 3, panel, packed, b, a30, a31, a32, a33);
  }

  private void one(
      MemorySegment hidden,
      long hiddenOffset,
      int position,
      MemorySegment packed,
      long packedOffset,
      int panel,
      MemorySegment output,
      long logits,
      long deltas) {
    long h = hiddenOffset + (long) position * channels * Float.BYTES;
    long w = packedOffset + panel * panelBytes;
    float a0 = 0;
    float a1 = 0;
    float a2 = 0;
    float a3 = 0;
    for (int c = 0; c < channels; c++) {
      long row = w + c * ROW;
      float x = hidden.get(JAVA_FLOAT, h + 4L * c);
      a0 = Fma.of(x, packed.get(JAVA_FLOAT, row), a0);
      a1 = Fma.of(x, packed.get(JAVA_FLOAT, row + 4), a1);
      a2 = Fma.of(x, packed.get(JAVA_FLOAT, row + 8), a2);
      a3 = Fma.of(x, packed.get(JAVA_FLOAT, row + 12), a3);
    }
    long b = packedOffset + biasOffset + panel * ROW;
    store(output, logits, deltas, position, panel, packed, b, a0, a1, a2, a3);
  }

  private void store(
      MemorySegment output,
      long logits,
      long deltas,
      int position,
      int panel,
      MemorySegment packed,
      long bias,
      float a0,
      float a1,
      float a2,
      float a3) {
    int column = panel * PANEL;
    store(output, logits, deltas, position, column, a0 + packed.get(JAVA_FLOAT, bias));
    store(output, logits, deltas, position, column + 1, a1 + packed.get(JAVA_FLOAT, bias + 4));
    store(output, logits, deltas, position, column + 2, a2 + packed.get(JAVA_FLOAT, bias + 8));
    store(output, logits, deltas, position, column + 3, a3 + packed.get(JAVA_FLOAT, bias + 12));
  }

  private void store(
      MemorySegment output, long logits, long deltas, int position, int column, float value) {
    if (column < anchors) {
      output.set(JAVA_FLOAT, logits + 4L * ((long) position * anchors + column), value);
    } else if (column < 5 * anchors) {
      long index = 4L * position * anchors + column - anchors;
      output.set(JAVA_FLOAT, deltas + 4L * index, value);
    }
  }
}
