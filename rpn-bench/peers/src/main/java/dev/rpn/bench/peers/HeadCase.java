package dev.rpn.bench.peers;

import dev.rpn.model.Architecture;
import dev.rpn.model.MapShape;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import java.util.Random;

/**
 * What every contender computes.
 *
 * @param text the size as {@code HEIGHTxWIDTHxCHANNELSxANCHORS}
 * @param map the feature map's shape, one picture
 * @param head the same channels
 * @param network the head's weights
 */
record HeadCase(String text, MapShape map, RpnHead head, Network network) {
  static HeadCase parse(String text) {
    String[] sides = text.split("x", -1);
    if (sides.length != 4) {
      throw new IllegalArgumentException(
          "size: expected HEIGHTxWIDTHxCHANNELSxANCHORS, got '" + text + "'");
    }
    var map =
        new MapShape(
            1, Integer.parseInt(sides[0]), Integer.parseInt(sides[1]), Integer.parseInt(sides[2]));
    var head = new RpnHead(map.channels(), Integer.parseInt(sides[3]));
    return new HeadCase(text, map, head, Network.initialized(Architecture.of(head), 1));
  }

  /** The feature map, NHWC: the same values every time. */
  float[] input() {
    Random random = new Random(1);
    float[] values = new float[map.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Operations of a direct 3x3 convolution, two a multiply-add; the 1x1 layers are not counted. */
  double directOperations() {
    return 2.0 * 9 * map.positions() * map.channels() * map.channels();
  }

  /** A layer's kernel as {@code (outputs, inputs, rows, columns)}, the order of the peers. */
  float[] kernelOihw(String layer) {
    int[] hwio = network.weights().kernel(layer).shape();
    float[] from = network.weights().kernel(layer).toArray();
    return transpose(from, hwio[0] * hwio[1], hwio[2], hwio[3]);
  }

  /** {@code (a, b, c)} to {@code (c, b, a)}. */
  private static float[] transpose(float[] from, int a, int b, int c) {
    float[] to = new float[from.length];
    for (int i = 0; i < a; i++) {
      for (int j = 0; j < b; j++) {
        for (int k = 0; k < c; k++) {
          to[(k * b + j) * a + i] = from[(i * b + j) * c + k];
        }
      }
    }
    return to;
  }

  float[] bias(String layer) {
    return network.weights().bias(layer).toArray();
  }

  /** The feature map as NCHW. */
  float[] inputNchw() {
    return transpose(input(), map.positions(), 1, map.channels());
  }

  /** An output of so many channels from NCHW to NHWC. */
  float[] fromNchw(float[] values, int channels) {
    return transpose(values, channels, 1, map.positions());
  }
}
