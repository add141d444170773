package dev.rpn.train;

import dev.rpn.model.MapShape;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;

/**
 * What the seed's {@code model.fit} takes: a batch of inputs and a target for every output.
 *
 * @param x feature maps {@code (N, H, W, C)}
 * @param classificationTarget {@code (N, H, W, k)}, 1 where there is an object, else 0
 * @param locationTarget {@code (N, H, W, 4k)}
 */
public record FitData(Tensor x, Tensor classificationTarget, Tensor locationTarget) {
  /**
   * @throws IllegalArgumentException if the three shapes do not fit together
   */
  public FitData {
    int[] sides = x.shape();
    if (sides.length != 4) {
      throw new IllegalArgumentException(
          "x: expected four sides (N, H, W, C), got " + sides.length);
    }
    int[] target = classificationTarget.shape();
    int anchors = target.length == 4 ? target[3] : 1;
    checkTarget("classification_target", classificationTarget, sides, anchors);
    checkTarget("location_target", locationTarget, sides, 4 * anchors);
  }

  private static void checkTarget(String name, Tensor target, int[] x, int channels) {
    if (!target.hasShape(x[0], x[1], x[2], channels)) {
      throw new IllegalArgumentException(
          name
              + ": expected shape "
              + new MapShape(x[0], x[1], x[2], channels)
              + ", got "
              + target);
    }
  }

  /** The shape of {@code x}. */
  MapShape shape() {
    int[] sides = x.shape();
    return new MapShape(sides[0], sides[1], sides[2], sides[3]);
  }

  /**
   * Requires the channels and anchors of a head.
   *
   * @throws IllegalArgumentException if they are others
   */
  void checkFits(RpnHead head) {
    if (shape().channels() != head.channels()) {
      throw new IllegalArgumentException(
          "x: channels: expected " + head.channels() + ", got " + shape().channels());
    }
    int anchors = classificationTarget.shape()[3];
    if (anchors != head.anchors()) {
      throw new IllegalArgumentException(
          "classification_target: anchors: expected " + head.anchors() + ", got " + anchors);
    }
  }
}
