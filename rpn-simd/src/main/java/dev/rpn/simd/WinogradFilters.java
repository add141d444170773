package dev.rpn.simd;

import static dev.rpn.simd.Species.LANES;
import static dev.rpn.simd.Species.PANEL;
import static dev.rpn.simd.Species.PANEL_BYTES;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.rpn.kernel.ConvolutionWeights;
import java.lang.foreign.MemorySegment;

/**
 * Transformed filters as the products read them: {@code [position][panel][input channel][lane]},
 * then the biases. Channels behind the last hold zeros.
 *
 * <p>Turned, they are those of the input's gradient: by 180 degrees, inputs and outputs exchanged,
 * biases 0.
 */
final class WinogradFilters {
  /** Input channels that are transformed together: their taps stay near for a row of positions. */
  private static final int PIECE = 32;

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

  /** Packs one share: some of the pieces of a panel and a few input channels. */
  void pack(MemorySegment packed, int part, int parts) {
    int pieces = Math.ceilDiv(inputs, PIECE);
    long all = (long) panels * pieces;
    long end = all * (part + 1) / parts;
    for (long piece = all * part / parts; piece < end; piece++) {
      int panel = (int) (piece / pieces);
      int input = (int) (piece % pieces) * PIECE;
      pack(packed, panel, input, Math.min(PIECE, inputs - input));
      if (input == 0) {
        packBias(packed, panel * PANEL);
      }
    }
  }

  private void pack(MemorySegment packed, int panel, int input, int channels) {
    int output = panel * PANEL;
    long plane = (long) panels * inputs * PANEL_BYTES;
    long to = ((long) panel * inputs + input) * PANEL_BYTES;
    if (!turned && output + PANEL <= outputs) {
      long pixel = (long) outputs * Float.BYTES;
      long tap = inputs * pixel;
      long from = input * pixel + (long) output * Float.BYTES;
      winograd.filters(weights.kernel(), from, 3 * tap, tap, pixel, packed, to, plane, channels);
      return;
    }
    for (int y = 0; y < 3; y++) {
      for (int x = 0; x < 3; x++) {
        long at = to + (6 * y + x) * plane;
        if (turned) {
          copyTurned(8 - 3 * y - x, output, input, channels, packed, at);
        } else {
          copy(3 * y + x, output, input, channels, packed, at);
        }
      }
    }
    winograd.filters(packed, to, 6 * plane, plane, PANEL_BYTES, packed, to, plane, channels);
  }

  /** One tap of a panel of outputs and some inputs. */
  private void copy(int tap, int output, int input, int channels, MemorySegment packed, long to) {
    long row = (long) outputs * Float.BYTES;
    long from = ((long) tap * inputs + input) * row + (long) output * Float.BYTES;
    for (int lane = 0; lane < PANEL; lane += LANES) {
      long at = (long) lane * Float.BYTES;
      Lanes.copy(
          weights.kernel(),
          from + at,
          row,
          outputs - output - lane,
          packed,
          to + at,
          PANEL_BYTES,
          channels);
    }
  }

  /** The same where inputs are the weights' outputs. */
  private void copyTurned(
      int tap, int output, int input, int channels, MemorySegment packed, long to) {
    MemorySegment kernel = weights.kernel();
    int lanes = Math.min(PANEL, outputs - output);
    for (int channel = 0; channel < channels; channel++) {
      long row = to + channel * PANEL_BYTES;
      for (int lane = 0; lane < lanes; lane++) {
        long from = ((long) tap * outputs + output + lane) * inputs + input + channel;
        packed.set(
            JAVA_FLOAT, row + (long) lane * Float.BYTES, kernel.getAtIndex(JAVA_FLOAT, from));
      }
      clear(packed, row, lanes);
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
