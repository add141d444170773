package dev.rpn.simd;

import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.PANEL;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.ConvolutionWeights;
import java.lang.foreign.MemorySegment;

/**
 * Transformed filters as the products read them: {@code [panel][position][input channel][lane]},
 * then the biases. Channels behind the last hold zeros.
 *
 * <p>Turned, they are those of the input's gradient: by 180 degrees, inputs and outputs exchanged,
 * biases 0.
 */
final class WinogradFilters {
  private final Winograd winograd;
  private final ConvolutionWeights weights;
  private final boolean turned;
  private final int inputs;
  private final int outputs;
  private final int panels;

  WinogradFilters(Winograd winograd, ConvolutionWeights weights) {
    this(winograd, weights, false);
  }

  private WinogradFilters(Winograd winograd, ConvolutionWeights weights, boolean turned) {
    this.winograd = winograd;
    this.weights = weights;
    this.turned = turned;
    inputs = turned ? weights.outputs() : weights.inputs();
    outputs = turned ? weights.inputs() : weights.outputs();
    panels = Species.panels(outputs);
  }

  static WinogradFilters turned(Winograd winograd, ConvolutionWeights weights) {
    return new WinogradFilters(winograd, weights, true);
  }

  /** Where the biases begin. */
  long biasOffset() {
    return (long) panels * winograd.positions * inputs * PANEL_BYTES;
  }

  long bytes() {
    return biasOffset() + panels * PANEL_BYTES + ProductKernel.CHUNK_PANEL_BYTES;
  }

  /** Packs one share: some of the pairs of a panel and an input channel. */
  void pack(MemorySegment packed, int part, int parts) {
    long pairs = (long) panels * inputs;
    long end = pairs * (part + 1) / parts;
    long plane = inputs * PANEL_BYTES;
    for (long pair = pairs * part / parts; pair < end; pair++) {
      int panel = (int) (pair / inputs);
      int input = (int) (pair % inputs);
      long to = plane * winograd.positions * panel + PANEL_BYTES * input;
      if (turned) {
        copyTurned(panel * PANEL, input, packed, to, plane);
      } else {
        copy(panel * PANEL, input, packed, to, plane);
      }
      winograd.filters(packed, to, plane);
      if (input == 0) {
        packBias(packed, panel * PANEL);
      }
    }
  }

  /** Nine taps of a panel of outputs to where their transforms will be. */
  private void copy(int output, int input, MemorySegment packed, long to, long plane) {
    long stride = (long) inputs * outputs * Float.BYTES;
    for (int lane = 0; lane < PANEL; lane += LANES) {
      Lanes.copy(
          weights.kernel(),
          ((long) input * outputs + output + lane) * Float.BYTES,
          stride,
          outputs - output - lane,
          packed,
          to + (long) lane * Float.BYTES,
          plane,
          9);
    }
  }

  private void copyTurned(int output, int input, MemorySegment packed, long to, long plane) {
    MemorySegment kernel = weights.kernel();
    int channels = Math.min(PANEL, outputs - output);
    for (int tap = 0; tap < 9; tap++) {
      long from = (8L - tap) * outputs + output;
      long row = to + tap * plane;
      for (int lane = 0; lane < channels; lane++) {
        float g = kernel.getAtIndex(JAVA_FLOAT, (from + lane) * inputs + input);
        packed.set(JAVA_FLOAT, row + (long) lane * Float.BYTES, g);
      }
      clear(packed, row, channels);
    }
  }

  private void packBias(MemorySegment packed, int first) {
    long from = (long) first * Float.BYTES;
    long to = biasOffset() + from;
    int channels = 0;
    if (!turned) {
      channels = Math.min(PANEL, outputs - first);
      MemorySegment.copy(weights.bias(), from, packed, to, (long) channels * Float.BYTES);
    }
    clear(packed, to, channels);
  }

  /** Zeros from some lane of a panel on. */
  private static void clear(MemorySegment packed, long panel, int first) {
    for (int lane = first; lane < PANEL; lane++) {
      packed.set(JAVA_FLOAT, panel + (long) lane * Float.BYTES, 0);
    }
  }
}
