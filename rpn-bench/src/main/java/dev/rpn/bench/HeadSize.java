package dev.rpn.bench;

import dev.rpn.model.MapShape;
import dev.rpn.model.RpnHead;

/**
 * A feature map and the head on it, written {@code HEIGHTxWIDTHxCHANNELSxANCHORS}.
 *
 * @param map one picture's feature map
 * @param head as many channels, k anchors
 */
record HeadSize(MapShape map, RpnHead head) {
  static HeadSize parse(String text) {
    String[] sides = text.split("x", -1);
    if (sides.length != 4) {
      throw new IllegalArgumentException(
          "size: expected HEIGHTxWIDTHxCHANNELSxANCHORS, got '" + text + "'");
    }
    int channels = Integer.parseInt(sides[2]);
    return new HeadSize(
        new MapShape(1, Integer.parseInt(sides[0]), Integer.parseInt(sides[1]), channels),
        new RpnHead(channels, Integer.parseInt(sides[3])));
  }
}
