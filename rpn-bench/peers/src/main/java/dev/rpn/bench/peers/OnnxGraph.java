package dev.rpn.bench.peers;

import dev.rpn.model.RpnHead;

/**
 * The head as an ONNX model: Conv, Relu, then Conv and Sigmoid beside Conv, NCHW, weights inside.
 * Field numbers are those of onnx.proto.
 */
final class OnnxGraph {
  static final String INPUT = "x";
  private static final int FLOAT = 1;
  private static final int INTS = 7;

  private final HeadCase head;
  private final ProtoWriter graph = new ProtoWriter().text(2, "head");

  private OnnxGraph(HeadCase head) {
    this.head = head;
  }

  static byte[] of(HeadCase head) {
    return new OnnxGraph(head).model();
  }

  private byte[] model() {
    int channels = head.map().channels();
    int anchors = head.head().anchors();
    convolution(RpnHead.CONVOLUTION, INPUT, "sum", 3, channels, channels);
    graph.message(1, node("Relu", "hidden", "sum"));
    convolution(RpnHead.CLASSIFICATION, "hidden", "logits", 1, channels, anchors);
    graph.message(1, node("Sigmoid", RpnHead.CLASSIFICATION, "logits"));
    convolution(RpnHead.LOCATION, "hidden", RpnHead.LOCATION, 1, channels, 4 * anchors);
    graph.message(11, value(INPUT, channels));
    graph.message(12, value(RpnHead.CLASSIFICATION, anchors));
    graph.message(12, value(RpnHead.LOCATION, 4 * anchors));
    return new ProtoWriter()
        .integer(1, 7)
        .message(8, new ProtoWriter().text(1, "").integer(2, 13))
        .message(7, graph)
        .toBytes();
  }

  private void convolution(
      String layer, String input, String output, int side, int inputs, int outputs) {
    graph.message(
        1,
        node("Conv", output, input, layer + "/kernel", layer + "/bias")
            .message(5, ints("kernel_shape", side, side))
            .message(5, ints("pads", side / 2, side / 2, side / 2, side / 2)));
    graph.message(
        5, tensor(layer + "/kernel", head.kernelOihw(layer), outputs, inputs, side, side));
    graph.message(5, tensor(layer + "/bias", head.bias(layer), outputs));
  }

  private static ProtoWriter node(String type, String output, String... inputs) {
    var node = new ProtoWriter();
    for (String input : inputs) {
      node.text(1, input);
    }
    return node.text(2, output).text(4, type);
  }

  private static ProtoWriter ints(String name, int... values) {
    var attribute = new ProtoWriter().text(1, name);
    for (int value : values) {
      attribute.integer(8, value);
    }
    return attribute.integer(20, INTS);
  }

  private static ProtoWriter tensor(String name, float[] values, int... sides) {
    var tensor = new ProtoWriter();
    for (int side : sides) {
      tensor.integer(1, side);
    }
    return tensor.integer(2, FLOAT).text(8, name).floats(9, values);
  }

  private ProtoWriter value(String name, int channels) {
    var shape = new ProtoWriter();
    for (int side : new int[] {1, channels, head.map().height(), head.map().width()}) {
      shape.message(1, new ProtoWriter().integer(1, side));
    }
    var type = new ProtoWriter().integer(1, FLOAT).message(2, shape);
    return new ProtoWriter().text(1, name).message(2, new ProtoWriter().message(1, type));
  }
}
