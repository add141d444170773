package dev.rpn.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.HeadWeights;
import dev.rpn.kernel.StageKernel;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;

/**
 * The gradient at the hidden map before its ReLU: for each position and channel one chain of
 * multiply-adds over the 5k outputs, classification first, from 0; then 0 where the hidden value is
 * not above 0.
 *
 * <p>Packed: the weights in groups of four channels, {@code [channel / 4][5k][4]}. Scratch: the
 * gradients of four positions, {@code [5k][4]}, then four rows of the result.
 */
final class HeadsInputGradient implements StageKernel {
  private static final int GROUP = WinogradProducts.GROUP;

  private final HeadWeights weights;
  private final MemorySegment hidden;
  private final int channels;
  private final int paddedChannels;
  private final int anchors;
  private final int outputs;

  HeadsInputGradient(HeadWeights weights, MemorySegment hidden) {
    this.weights = weights;
    this.hidden = hidden;
    this.channels = weights.channels();
    this.paddedChannels = WinogradProducts.groups(channels) * GROUP;
    this.anchors = weights.anchors();
    this.outputs = 5 * anchors;
  }

  @Override
  public MapShape output(MapShape input) {
    return input.withChannels(channels);
  }

  @Override
  public long packedBytes() {
    return (long) paddedChannels * outputs * Float.BYTES;
  }

  @Override
  public void pack(MemorySegment packed, int part, int parts) {
    int end = Share.start(paddedChannels, part + 1, parts);
    for (int c = Share.start(paddedChannels, part, parts); c < end; c++) {
      for (int o = 0; o < outputs; o++) {
        long index = ((long) c / GROUP * outputs + o) * GROUP + c % GROUP;
        packed.setAtIndex(JAVA_FLOAT, index, c < channels ? weight(c, o) : 0f);
      }
    }
  }

  private float weight(int channel, int output) {
    return output < anchors
        ? weights.classificationKernel().getAtIndex(JAVA_FLOAT, (long) channel * anchors + output)
        : weights
            .locationKernel()
            .getAtIndex(JAVA_FLOAT, 4L * channel * anchors + output - anchors);
  }

  @Override
  public long scratchBytes(MapShape input) {
    return (long) GROUP * (outputs + paddedChannels) * Float.BYTES;
  }

  @Override
  public int blocks(MapShape input, int threads) {
    return Math.min(threads, Math.ceilDiv(input.positions(), GROUP));
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
    assert shape.channels() == outputs;
    int positions = shape.positions();
    int end = Share.start(positions, block + 1, blocks);
    for (int first = Share.start(positions, block, blocks); first < end; first += GROUP) {
      int count = Math.min(GROUP, end - first);
      gather(input, positions, first, count, scratch);
      long result = (long) GROUP * outputs;
      WinogradProducts.multiply(
          scratch, 0, packed, 0, scratch, result, GROUP, outputs, paddedChannels);
      for (int i = 0; i < count; i++) {
        long from = (result + (long) i * paddedChannels) * Float.BYTES;
        long to = (long) (first + i) * channels * Float.BYTES;
        ReluGradient.copy(scratch, from, hidden, output, to, channels);
      }
    }
  }

  /** Both planes' gradients of four positions, zeros behind the last. */
  private void gather(
      MemorySegment input, int positions, int first, int count, MemorySegment scratch) {
    for (int i = 0; i < GROUP; i++) {
      for (int o = 0; o < outputs; o++) {
        float value = i < count ? gradient(input, positions, first + i, o) : 0f;
        scratch.setAtIndex(JAVA_FLOAT, (long) o * GROUP + i, value);
      }
    }
  }

  private float gradient(MemorySegment input, int positions, int position, int output) {
    long index =
        output < anchors
            ? (long) position * anchors + output
            : ((long) positions + 4L * position) * anchors + output - anchors;
    return input.getAtIndex(JAVA_FLOAT, index);
  }
}
