package dev.rpn.reference;

import dev.rpn.kernel.ConvolutionWeights;
import dev.rpn.model.MapShape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The three transforms of Winograd's F(2x2,3x3) (Lavin and Gray, 2015), value by value and in the
 * order of operations that every implementation keeps.
 *
 * <pre>
 * B' = 1  0 -1  0     G = 1   0   0      A' = 1 1  1  0
 *      0  1  1  0         1/2 1/2 1/2         0 1 -1 -1
 *      0 -1  1  0         1/2 -1/2 1/2
 *      0  1  0 -1         0   0   1
 * </pre>
 *
 * <p>Rows first, then columns. Each output then depends on nothing but its own nine inputs, so that
 * a NaN spoils what it would spoil in a direct convolution.
 */
final class WinogradTransform {
  /** Products of a tile. */
  static final int POSITIONS = 16;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private WinogradTransform() {}

  /**
   * {@code G g G'} of one pair of channels.
   *
   * @param g nine taps, row by row
   * @param u sixteen values, written
   */
  static void filter(float[] g, float[] u) {
    for (int x = 0; x < 3; x++) {
      float sum = g[x] + g[6 + x];
      u[x] = g[x];
      u[4 + x] = (sum + g[3 + x]) * 0.5f;
      u[8 + x] = (sum - g[3 + x]) * 0.5f;
      u[12 + x] = g[6 + x];
    }
    for (int y = 0; y < 16; y += 4) {
      float left = u[y];
      float middle = u[y + 1];
      float right = u[y + 2];
      float sum = left + right;
      u[y + 1] = (sum + middle) * 0.5f;
      u[y + 2] = (sum - middle) * 0.5f;
      u[y + 3] = right;
    }
  }

  /**
   * {@code B' d B} of one tile, every channel.
   *
   * @param top row of the tile's first input, may lie outside the map
   * @param left its column
   * @param v written at {@code to + position * stride + channel * step}, counted in values
   */
  static void input(
      MapShape shape,
      MemorySegment in,
      int picture,
      int top,
      int left,
      MemorySegment v,
      long to,
      long stride,
      long step) {
    for (int c = 0; c < shape.channels(); c++) {
      float d00 = at(shape, in, picture, top, left, c);
      float d01 = at(shape, in, picture, top, left + 1, c);
      float d02 = at(shape, in, picture, top, left + 2, c);
      float d03 = at(shape, in, picture, top, left + 3, c);
      float d10 = at(shape, in, picture, top + 1, left, c);
      float d11 = at(shape, in, picture, top + 1, left + 1, c);
      float d12 = at(shape, in, picture, top + 1, left + 2, c);
      float d13 = at(shape, in, picture, top + 1, left + 3, c);
      float d20 = at(shape, in, picture, top + 2, left, c);
      float d21 = at(shape, in, picture, top + 2, left + 1, c);
      float d22 = at(shape, in, picture, top + 2, left + 2, c);
      float d23 = at(shape, in, picture, top + 2, left + 3, c);
      float d30 = at(shape, in, picture, top + 3, left, c);
      float d31 = at(shape, in, picture, top + 3, left + 1, c);
      float d32 = at(shape, in, picture, top + 3, left + 2, c);
      float d33 = at(shape, in, picture, top + 3, left + 3, c);
      long o = to + c * step;
      inputRow(v, o, stride, d00 - d20, d01 - d21, d02 - d22, d03 - d23);
      inputRow(v, o + 4 * stride, stride, d10 + d20, d11 + d21, d12 + d22, d13 + d23);
      inputRow(v, o + 8 * stride, stride, d20 - d10, d21 - d11, d22 - d12, d23 - d13);
      inputRow(v, o + 12 * stride, stride, d10 - d30, d11 - d31, d12 - d32, d13 - d33);
    }
  }

  private static void inputRow(
      MemorySegment v, long to, long stride, float t0, float t1, float t2, float t3) {
    v.setAtIndex(FLOAT, to, t0 - t2);
    v.setAtIndex(FLOAT, to + stride, t1 + t2);
    v.setAtIndex(FLOAT, to + 2 * stride, t2 - t1);
    v.setAtIndex(FLOAT, to + 3 * stride, t1 - t3);
  }

  private static float at(MapShape shape, MemorySegment in, int n, int y, int x, int c) {
    if (y < 0 || y >= shape.height() || x < 0 || x >= shape.width()) {
      return 0;
    }
    long position = ((long) n * shape.height() + y) * shape.width() + x;
    return in.getAtIndex(FLOAT, position * shape.channels() + c);
  }

  /**
   * {@code A' m A} of one tile and channel, plus bias, then ReLU where asked for.
   *
   * @param m read at {@code from + position * stride}, counted in values
   * @param y written at {@code to + corner * step}: the four outputs, row by row
   */
  static void output(
      MemorySegment m,
      long from,
      long stride,
      MemorySegment y,
      long to,
      long step,
      float bias,
      boolean relu) {
    float s00 = sum(m, from, 4 * stride);
    float s01 = sum(m, from + stride, 4 * stride);
    float s02 = sum(m, from + 2 * stride, 4 * stride);
    float s03 = sum(m, from + 3 * stride, 4 * stride);
    float s10 = difference(m, from, 4 * stride);
    float s11 = difference(m, from + stride, 4 * stride);
    float s12 = difference(m, from + 2 * stride, 4 * stride);
    float s13 = difference(m, from + 3 * stride, 4 * stride);
    y.setAtIndex(FLOAT, to, activation(s00 + s01 + s02 + bias, relu));
    y.setAtIndex(FLOAT, to + step, activation(s01 - s02 - s03 + bias, relu));
    y.setAtIndex(FLOAT, to + 2 * step, activation(s10 + s11 + s12 + bias, relu));
    y.setAtIndex(FLOAT, to + 3 * step, activation(s11 - s12 - s13 + bias, relu));
  }

  private static float activation(float value, boolean relu) {
    return relu && value < 0 ? 0 : value;
  }

  private static float sum(MemorySegment m, long i, long stride) {
    return m.getAtIndex(FLOAT, i)
        + m.getAtIndex(FLOAT, i + stride)
        + m.getAtIndex(FLOAT, i + 2 * stride);
  }

  private static float difference(MemorySegment m, long i, long stride) {
    return m.getAtIndex(FLOAT, i + stride)
        - m.getAtIndex(FLOAT, i + 2 * stride)
        - m.getAtIndex(FLOAT, i + 3 * stride);
  }

  /** Where a filter's nine taps come from: forward as stored, backward turned and exchanged. */
  static void taps(ConvolutionWeights w, boolean backward, int input, int output, float[] g) {
    for (int tap = 0; tap < 9; tap++) {
      // Backward, the map that is read has the forward outputs as its channels.
      long index =
          backward
              ? ((8L - tap) * w.inputs() + output) * w.outputs() + input
              : ((long) tap * w.inputs() + input) * w.outputs() + output;
      g[tap] = w.kernel().getAtIndex(FLOAT, index);
    }
  }
}
