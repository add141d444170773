package dev.rpn.model;

import java.util.List;

/**
 * How a picture becomes the network's input: resized, channels ordered, then {@code (value - mean)
 * * scale} for every channel, values 0 to 255.
 *
 * @param width pixels that every picture is resized to; 0 keeps the picture's own size
 * @param height likewise
 * @param order order of the channels
 * @param mean subtracted, one a channel in that order, in grey levels
 * @param scale multiplied, one a channel in that order
 */
public record Preprocessing(
    int width, int height, ChannelOrder order, List<Float> mean, List<Float> scale) {
  /** Order of a picture's channels. */
  public enum ChannelOrder {
    /** Red, green, blue. */
    RGB,
    /** Blue, green, red, as Caffe's weights expect. */
    BGR
  }

  /**
   * @throws IllegalArgumentException if a size is negative, only one is 0, or there are not three
   *     finite means and scales
   */
  public Preprocessing {
    mean = List.copyOf(mean);
    scale = List.copyOf(scale);
    if (width < 0 || height < 0 || (width == 0) != (height == 0)) {
      throw new IllegalArgumentException(
          "picture size: expected two sides above 0 or 0 x 0, got " + width + " x " + height);
    }
    if (mean.size() != 3
        || scale.size() != 3
        || !mean.stream().allMatch(Float::isFinite)
        || !scale.stream().allMatch(Float::isFinite)) {
      throw new IllegalArgumentException(
          "preprocessing: expected three finite means and scales, got " + mean + " and " + scale);
    }
  }

  /** RGB scaled to [-1, 1], resized to the given sides (0 x 0 keeps the size). */
  public static Preprocessing symmetric(int width, int height) {
    float s = 1 / 127.5f;
    return new Preprocessing(
        width, height, ChannelOrder.RGB, List.of(127.5f, 127.5f, 127.5f), List.of(s, s, s));
  }

  /** BGR with ImageNet's means subtracted, as Keras feeds VGG16; the picture's own size. */
  public static Preprocessing caffe() {
    return new Preprocessing(
        0, 0, ChannelOrder.BGR, List.of(103.939f, 116.779f, 123.68f), List.of(1f, 1f, 1f));
  }

  /**
   * RGB in [0, 1] less ImageNet's means, over its deviations, as torchvision feeds its models; the
   * picture's own size.
   */
  public static Preprocessing torchvision() {
    return new Preprocessing(
        0,
        0,
        ChannelOrder.RGB,
        List.of(255 * 0.485f, 255 * 0.456f, 255 * 0.406f),
        List.of(1 / (255 * 0.229f), 1 / (255 * 0.224f), 1 / (255 * 0.225f)));
  }
}
