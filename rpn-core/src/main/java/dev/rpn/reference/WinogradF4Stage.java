package dev.rpn.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.kernel.Fma;
import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.Segments;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A 3x3 convolution by F(4x4,3x3), or with it the whole proposal head: one tile of 4x4 positions
 * after the other, the plainest form that has the bits of the fast one.
 *
 * <p>Packed: {@code U[36][input][output]}, the bias, then the heads. Scratch: V and M of one tile,
 * its activations, its logits and deltas.
 */
final class WinogradF4Stage implements StageKernel {
  private static final int PIXELS = WinogradF4.SIDE * WinogradF4.SIDE;

  private final ConvolutionWeights weights;
  private final @Nullable Heads1x1 heads;
  private final int anchors;

  private WinogradF4Stage(ConvolutionWeights weights, @Nullable Heads1x1 heads, int anchors) {
    this.weights = weights;
    this.heads = heads;
    this.anchors = anchors;
  }

  static StageKernel convolution(ConvolutionWeights weights) {
    return new WinogradF4Stage(weights, null, 0);
  }

  static StageKernel head(HeadWeights weights) {
    return new WinogradF4Stage(weights.convolution(), new Heads1x1(weights), weights.anchors());
  }

  @Override
  public MapShape output(MapShape input) {
    return input.withChannels(heads == null ? weights.outputs() : 5 * anchors);
  }

  private long biasOffset() {
    return (long) WinogradF4.POSITIONS * weights.inputs() * weights.outputs() * Float.BYTES;
  }

  private long headsOffset() {
    return Segments.align(biasOffset() + (long) weights.outputs() * Float.BYTES);
  }

  @Override
  public long packedBytes() {
    return headsOffset() + (heads == null ? 0 : heads.packedBytes());
  }

  @Override
  public void pack(MemorySegment packed, int part, int parts) {
    float[] g = new float[9];
    float[] u = new float[WinogradF4.POSITIONS];
    int end = Share.start(weights.inputs(), part + 1, parts);
    for (int input = Share.start(weights.inputs(), part, parts); input < end; input++) {
      for (int output = 0; output < weights.outputs(); output++) {
        WinogradTransform.taps(weights, false, input, output, g);
        WinogradF4.filter(g, u);
        for (int position = 0; position < u.length; position++) {
          long row = (long) position * weights.inputs() + input;
          packed.setAtIndex(JAVA_FLOAT, row * weights.outputs() + output, u[position]);
        }
      }
    }
    int last = Share.start(weights.outputs(), part + 1, parts);
    for (int output = Share.start(weights.outputs(), part, parts); output < last; output++) {
      float bias = weights.bias().getAtIndex(JAVA_FLOAT, output);
      packed.set(JAVA_FLOAT, biasOffset() + (long) output * Float.BYTES, bias);
    }
    if (heads != null) {
      heads.pack(packed.asSlice(headsOffset()), part, parts);
    }
  }

  // Scratch, in bytes: V, M, activations, logits, deltas.

  private long productsOffset() {
    return (long) WinogradF4.POSITIONS * weights.inputs() * Float.BYTES;
  }

  private long activationsOffset() {
    return productsOffset() + (long) WinogradF4.POSITIONS * weights.outputs() * Float.BYTES;
  }

  private long logitsOffset() {
    return activationsOffset() + (long) PIXELS * weights.outputs() * Float.BYTES;
  }

  private long deltasOffset() {
    return logitsOffset() + (long) PIXELS * anchors * Float.BYTES;
  }

  @Override
  public long scratchBytes(MapShape input) {
    return deltasOffset() + (long) PIXELS * 4 * anchors * Float.BYTES;
  }

  private static int across(MapShape shape) {
    return Math.ceilDiv(shape.width(), WinogradF4.SIDE);
  }

  private static int down(MapShape shape) {
    return Math.ceilDiv(shape.height(), WinogradF4.SIDE);
  }

  private static int tiles(MapShape shape) {
    return shape.batch() * down(shape) * across(shape);
  }

  @Override
  public int blocks(MapShape input, int threads) {
    return Math.min(tiles(input), 4 * threads);
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
    assert shape.channels() == weights.inputs();
    int end = Share.start(tiles(shape), block + 1, blocks);
    for (int tile = Share.start(tiles(shape), block, blocks); tile < end; tile++) {
      int image = tile / across(shape) / down(shape);
      int top = tile / across(shape) % down(shape) * WinogradF4.SIDE;
      int left = tile % across(shape) * WinogradF4.SIDE;
      transformInput(shape, input, image, top - 1, left - 1, scratch);
      multiply(packed, scratch);
      transformOutput(packed, scratch);
      if (heads == null) {
        int channels = weights.outputs();
        copy(scratch, activationsOffset(), channels, shape, image, top, left, output, 0);
      } else {
        heads.run(
            scratch,
            activationsOffset(),
            PIXELS,
            packed,
            headsOffset(),
            scratch,
            logitsOffset(),
            deltasOffset());
        long deltas = (long) shape.positions() * anchors;
        copy(scratch, logitsOffset(), anchors, shape, image, top, left, output, 0);
        copy(scratch, deltasOffset(), 4 * anchors, shape, image, top, left, output, deltas);
      }
    }
  }

  private void transformInput(
      MapShape shape, MemorySegment input, int image, int top, int left, MemorySegment scratch) {
    int inputs = weights.inputs();
    for (int i = 0; i < WinogradF4.POSITIONS; i++) {
      int y = top + i / WinogradF4.WINDOW;
      int x = left + i % WinogradF4.WINDOW;
      boolean inside = y >= 0 && x >= 0 && y < shape.height() && x < shape.width();
      long pixel = ((long) image * shape.height() + y) * shape.width() + x;
      for (int channel = 0; channel < inputs; channel++) {
        float d = inside ? input.getAtIndex(JAVA_FLOAT, pixel * inputs + channel) : 0;
        scratch.setAtIndex(JAVA_FLOAT, (long) i * inputs + channel, d);
      }
    }
    for (int channel = 0; channel < inputs; channel++) {
      WinogradF4.input(scratch, channel, inputs);
    }
  }

  /** One chain of products over the inputs in ascending order for every position and output. */
  private void multiply(MemorySegment packed, MemorySegment scratch) {
    int inputs = weights.inputs();
    int outputs = weights.outputs();
    for (int position = 0; position < WinogradF4.POSITIONS; position++) {
      long m = productsOffset() / Float.BYTES + (long) position * outputs;
      for (int output = 0; output < outputs; output++) {
        scratch.setAtIndex(JAVA_FLOAT, m + output, 0);
      }
      for (int input = 0; input < inputs; input++) {
        long row = (long) position * inputs + input;
        float v = scratch.getAtIndex(JAVA_FLOAT, row);
        for (int output = 0; output < outputs; output++) {
          float u = packed.getAtIndex(JAVA_FLOAT, row * outputs + output);
          float sum = Fma.of(v, u, scratch.getAtIndex(JAVA_FLOAT, m + output));
          scratch.setAtIndex(JAVA_FLOAT, m + output, sum);
        }
      }
    }
  }

  private void transformOutput(MemorySegment packed, MemorySegment scratch) {
    int outputs = weights.outputs();
    long m = productsOffset() / Float.BYTES;
    long y = activationsOffset() / Float.BYTES;
    for (int output = 0; output < outputs; output++) {
      float bias = packed.get(JAVA_FLOAT, biasOffset() + (long) output * Float.BYTES);
      WinogradF4.output(scratch, m + output, outputs, bias, scratch, y + output);
    }
  }

  /** Copies a tile's positions that lie inside the map into a plane from value {@code plane}. */
  private static void copy(
      MemorySegment scratch,
      long offset,
      int values,
      MapShape shape,
      int image,
      int top,
      int left,
      MemorySegment output,
      long plane) {
    long bytes = (long) values * Float.BYTES;
    for (int i = 0; i < PIXELS; i++) {
      int y = top + i / WinogradF4.SIDE;
      int x = left + i % WinogradF4.SIDE;
      if (y < shape.height() && x < shape.width()) {
        long pixel = ((long) image * shape.height() + y) * shape.width() + x;
        MemorySegment.copy(
            scratch, offset + i * bytes, output, plane * Float.BYTES + pixel * bytes, bytes);
      }
    }
  }
}
