package dev.rpn.simd;

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
    return biasOffset() + panels * PANEL_BYTES;
  }

  /** Packs one share: some of the pairs of a panel and an input channel. */
  void pack(MemorySegment packed, int part, int parts) {
    long pairs = (long) panels * inputs;
    long end = pairs * (part + 1) / parts;
    float[] g = new float[9];
    float[] u = new float[winograd.positions];
    for (long pair = pairs * part / parts; pair < end; pair++) {
      long panel = pair / inputs;
      int input = (int) (pair % inputs);
      for (int lane = 0; lane < PANEL; lane++) {
        int output = (int) panel * PANEL + lane;
        load(input, output, g);
        winograd.filter(g, u);
        for (int position = 0; position < u.length; position++) {
          long row = (panel * u.length + position) * inputs + input;
          packed.set(JAVA_FLOAT, row * PANEL_BYTES + (long) lane * Float.BYTES, u[position]);
        }
        if (input == 0) {
          float bias =
              output < outputs && !turned ? weights.bias().getAtIndex(JAVA_FLOAT, output) : 0;
          packed.set(JAVA_FLOAT, biasOffset() + (long) output * Float.BYTES, bias);
        }
      }
    }
  }

  private void load(int input, int output, float[] g) {
    for (int tap = 0; tap < 9; tap++) {
      g[tap] =
          output < outputs ? weights.kernel().getAtIndex(JAVA_FLOAT, index(tap, input, output)) : 0;
    }
  }

  private long index(int tap, int input, int output) {
    return turned
        ? ((8L - tap) * outputs + output) * inputs + input
        : ((long) tap * inputs + input) * outputs + output;
  }
}
