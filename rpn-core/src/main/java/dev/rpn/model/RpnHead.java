package dev.rpn.model;

import java.util.List;

/**
 * The seed's network: a 3x3 convolution that keeps the number of channels, with ReLU, and on its
 * result two 1x1 convolutions, {@code classification} (k, one logit an anchor) and {@code location}
 * (4k, an anchor's four deltas contiguous). Anchors are the fastest axis of both (Ren et al.,
 * 'Faster R-CNN', 2015).
 *
 * @param channels of the feature map, at least 1
 * @param anchors k, anchors a position, at least 1
 */
public record RpnHead(int channels, int anchors) {
  /** Name of the 3x3 layer. */
  public static final String CONVOLUTION = "3x3";

  /** Name of the layer that says how likely an anchor holds an object. */
  public static final String CLASSIFICATION = "classification";

  /** Name of the layer that says how to move an anchor onto its object. */
  public static final String LOCATION = "location";

  /**
   * @throws IllegalArgumentException if a count is below 1 or its heads have more than 2^31 - 1
   *     channels
   */
  public RpnHead {
    if (channels < 1 || anchors < 1 || anchors > Integer.MAX_VALUE / 5) {
      throw new IllegalArgumentException(
          "head: expected at least 1 channel and 1 anchor, got " + channels + " and " + anchors);
    }
  }

  /** The seed's default: 512 channels, 9 anchors, 2,382,893 parameters. */
  public static RpnHead standard() {
    return new RpnHead(512, 9);
  }

  /** The 3x3 layer. */
  public Conv3x3 convolution() {
    return new Conv3x3(CONVOLUTION, channels, channels);
  }

  /** Channels of both 1x1 layers together: 5k. */
  public int outputs() {
    return 5 * anchors;
  }

  /** The weights in the order of the layers: 3x3, classification, location. */
  public List<TensorSpec> weights() {
    List<TensorSpec> conv = convolution().weights();
    return List.of(
        conv.get(0),
        conv.get(1),
        TensorSpec.of(CLASSIFICATION + "/kernel", 1, 1, channels, anchors),
        TensorSpec.of(CLASSIFICATION + "/bias", anchors),
        TensorSpec.of(LOCATION + "/kernel", 1, 1, channels, 4 * anchors),
        TensorSpec.of(LOCATION + "/bias", 4 * anchors));
  }
}
