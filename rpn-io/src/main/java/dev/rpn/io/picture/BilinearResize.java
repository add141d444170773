package dev.rpn.io.picture;

import java.util.Arrays;

/**
 * Pillow's bilinear resampling of 8-bit pictures: a triangle filter whose support grows with the
 * scale when shrinking, weights as integers of 22 fractional bits, each of the two passes rounded
 * to 8 bits.
 */
final class BilinearResize {
  private static final int FRACTION_BITS = 22;
  private static final int HALF = 1 << (FRACTION_BITS - 1);
  private static final int CHANNELS = 3;

  private BilinearResize() {}

  static Picture resize(Picture picture, int width, int height) {
    byte[] rgb = picture.data();
    int rows = picture.height();
    if (width != picture.width()) {
      rgb = columns(rgb, picture.width(), rows, new Weights(picture.width(), width));
    }
    if (height != rows) {
      rgb = rows(rgb, width, new Weights(rows, height));
    }
    return Picture.owning(width, height, rgb);
  }

  /** Resizes every row. */
  private static byte[] columns(byte[] in, int width, int rows, Weights weights) {
    int outWidth = weights.first.length;
    byte[] out = new byte[rows * outWidth * CHANNELS];
    int to = 0;
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < outWidth; x++) {
        int from = (y * width + weights.first[x]) * CHANNELS;
        int red = HALF;
        int green = HALF;
        int blue = HALF;
        for (int i = 0; i < weights.count[x]; i++, from += CHANNELS) {
          int weight = weights.weight[x * weights.stride + i];
          red += (in[from] & 255) * weight;
          green += (in[from + 1] & 255) * weight;
          blue += (in[from + 2] & 255) * weight;
        }
        out[to++] = level(red);
        out[to++] = level(green);
        out[to++] = level(blue);
      }
    }
    return out;
  }

  /** Resizes every column; whole rows at a time, as they lie in memory. */
  private static byte[] rows(byte[] in, int width, Weights weights) {
    int outHeight = weights.first.length;
    int rowLength = width * CHANNELS;
    byte[] out = new byte[outHeight * rowLength];
    int[] sums = new int[rowLength];
    for (int y = 0; y < outHeight; y++) {
      Arrays.fill(sums, HALF);
      for (int i = 0; i < weights.count[y]; i++) {
        int weight = weights.weight[y * weights.stride + i];
        int from = (weights.first[y] + i) * rowLength;
        for (int x = 0; x < rowLength; x++) {
          sums[x] += (in[from + x] & 255) * weight;
        }
      }
      for (int x = 0; x < rowLength; x++) {
        out[y * rowLength + x] = level(sums[x]);
      }
    }
    return out;
  }

  /** Weights sum to one only up to their rounding, so a full white may pass 255. */
  private static byte level(int sum) {
    return (byte) Math.min(sum >> FRACTION_BITS, 255);
  }

  /** Which inputs make each output, and how much of each. */
  private static final class Weights {
    /** Index of the first input of each output. */
    final int[] first;

    /** Inputs from there on. */
    final int[] count;

    /** Their weights, {@link #stride} places an output. */
    final int[] weight;

    final int stride;

    Weights(int inputs, int outputs) {
      double scale = (double) inputs / outputs;
      double support = Math.max(scale, 1);
      stride = (int) Math.ceil(support) * 2 + 1;
      first = new int[outputs];
      count = new int[outputs];
      weight = new int[Math.multiplyExact(outputs, stride)];
      double[] share = new double[stride];
      for (int out = 0; out < outputs; out++) {
        double centre = (out + 0.5) * scale;
        first[out] = Math.max((int) (centre - support + 0.5), 0);
        count[out] = Math.min((int) (centre + support + 0.5), inputs) - first[out];
        double sum = 0;
        for (int i = 0; i < count[out]; i++) {
          double distance = Math.abs((i + first[out] - centre + 0.5) * (1 / support));
          share[i] = Math.max(1 - distance, 0);
          sum += share[i];
        }
        for (int i = 0; i < count[out]; i++) {
          weight[out * stride + i] = (int) (0.5 + share[i] / sum * (1 << FRACTION_BITS));
        }
      }
    }
  }
}
