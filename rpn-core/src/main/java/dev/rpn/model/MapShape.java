package dev.rpn.model;

/**
 * The shape of a feature map or of a picture as the network reads it: {@code (batch, height, width,
 * channels)}, channels fastest (NHWC).
 *
 * @param batch pictures, at least 1
 * @param height rows, at least 1
 * @param width columns, at least 1
 * @param channels values a position, at least 1
 */
public record MapShape(int batch, int height, int width, int channels) {
  /**
   * @throws IllegalArgumentException if a side is below 1, or if the map holds more than 2^31 - 1
   *     values
   */
  public MapShape {
    if (batch < 1 || height < 1 || width < 1 || channels < 1) {
      throw new IllegalArgumentException(
          "map shape: expected every side to be at least 1, got "
              + text(batch, height, width, channels));
    }
    // Kernels count elements in ints; the product of four ints can pass a long, so test on the way.
    long plane = (long) height * width;
    if (plane > Integer.MAX_VALUE
        || plane * batch > Integer.MAX_VALUE
        || plane * batch * channels > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "map shape: expected at most 2147483647 values, got "
              + text(batch, height, width, channels));
    }
  }

  /** Positions of the whole batch: {@code batch * height * width}. */
  public int positions() {
    return batch * height * width;
  }

  /** Values of the whole batch. */
  public int elements() {
    return positions() * channels;
  }

  /** Bytes of the whole batch in float32. */
  public long bytes() {
    return (long) elements() * Float.BYTES;
  }

  /** The same positions with another number of channels. */
  public MapShape withChannels(int other) {
    return new MapShape(batch, height, width, other);
  }

  private static String text(int batch, int height, int width, int channels) {
    return "(" + batch + ", " + height + ", " + width + ", " + channels + ")";
  }

  @Override
  public String toString() {
    return text(batch, height, width, channels);
  }
}
