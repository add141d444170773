package dev.rpn.io.weights;

import dev.rpn.io.AtomicFile;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Layer;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Writes a network as an ONNX model, NCHW, batch, height and width open: Conv and Relu, MaxPool,
 * and of the head Conv and Sigmoid beside Conv. Field numbers are those of onnx.proto.
 */
final class OnnxWriter {
  private static final String FEATURES = "features";
  private static final String PICTURES = "pictures";
  private static final int IR_VERSION = 8;
  private static final int OPSET = 17;
  private static final int FLOAT = 1;
  private static final int INT = 2;
  private static final int INTS = 7;

  private final Network network;
  private final ProtoWriter graph = new ProtoWriter();

  private OnnxWriter(Network network) {
    this.network = network;
  }

  /**
   * Writes the model, replacing the file as a whole.
   *
   * @throws WeightLimitException if it is larger than protobuf's 2 GiB
   */
  static void write(Path file, Network network) throws IOException {
    ProtoWriter model = new OnnxWriter(network).model();
    if (model.size() > Integer.MAX_VALUE) {
      throw Place.of(file).limit("an ONNX model of at most 2147483647 bytes", model.size());
    }
    AtomicFile.write(file, model::writeTo);
  }

  private ProtoWriter model() {
    RpnHead head = network.architecture().head();
    String input = network.architecture().backbone().isPresent() ? PICTURES : FEATURES;
    String map = input;
    if (network.architecture().backbone().isPresent()) {
      for (Layer layer : network.architecture().backbone().get().layers()) {
        map =
            switch (layer) {
              case Conv3x3 conv -> relu(conv.name(), map);
              case MaxPool2x2 pool -> pool(pool.name(), map);
            };
      }
    }
    String hidden = relu(RpnHead.CONVOLUTION, map);
    String logits = value(RpnHead.CLASSIFICATION, "linear");
    convolution(RpnHead.CLASSIFICATION, hidden, logits);
    node("Sigmoid", "", RpnHead.CLASSIFICATION, logits);
    convolution(RpnHead.LOCATION, hidden, RpnHead.LOCATION);
    graph.text(2, "rpn");
    for (String layer : network.weights().asMap().keySet()) {
      graph.message(5, tensor(layer, network.weights().get(layer)));
    }
    int channels = input.equals(PICTURES) ? Backbone.PICTURE_CHANNELS : head.channels();
    String size = input.equals(PICTURES) ? "map_" : "";
    graph.message(11, info(input, channels, ""));
    graph.message(12, info(RpnHead.CLASSIFICATION, head.anchors(), size));
    graph.message(12, info(RpnHead.LOCATION, 4 * head.anchors(), size));
    return new ProtoWriter()
        .integer(1, IR_VERSION)
        .text(2, "rpn")
        .message(7, graph)
        .message(8, new ProtoWriter().text(1, "").integer(2, OPSET));
  }

  /** Names of values hold a slash, which those of inputs and outputs do not. */
  private static String value(String layer, String what) {
    return layer + "/" + what;
  }

  private String relu(String layer, String input) {
    String linear = value(layer, "linear");
    String output = value(layer, "output");
    convolution(layer, input, linear);
    node("Relu", "", output, linear);
    return output;
  }

  private void convolution(String layer, String input, String output) {
    int side = network.weights().kernel(layer).shape()[0];
    int pad = side / 2;
    ProtoWriter[] attributes = {
      ints("kernel_shape", side, side), ints("pads", pad, pad, pad, pad), ints("strides", 1, 1)
    };
    node("Conv", layer, attributes, output, input, layer + "/kernel", layer + "/bias");
  }

  private String pool(String layer, String input) {
    String output = value(layer, "output");
    ProtoWriter drops = new ProtoWriter().text(1, "ceil_mode").integer(3, 0).integer(20, INT);
    ProtoWriter[] attributes = {drops, ints("kernel_shape", 2, 2), ints("strides", 2, 2)};
    node("MaxPool", layer, attributes, output, input);
    return output;
  }

  private void node(String type, String name, String output, String input) {
    node(type, name, new ProtoWriter[0], output, input);
  }

  private void node(
      String type, String name, ProtoWriter[] attributes, String output, String... inputs) {
    var node = new ProtoWriter();
    for (String input : inputs) {
      node.text(1, input);
    }
    node.text(2, output).text(3, name).text(4, type);
    for (ProtoWriter attribute : attributes) {
      node.message(5, attribute);
    }
    graph.message(1, node);
  }

  private static ProtoWriter ints(String name, int... values) {
    var attribute = new ProtoWriter().text(1, name);
    for (int value : values) {
      attribute.integer(8, value);
    }
    return attribute.integer(20, INTS);
  }

  private static ProtoWriter tensor(String name, Tensor tensor) {
    int[] shape = tensor.shape();
    int[] sides = shape.length == 4 ? new int[] {shape[3], shape[2], shape[0], shape[1]} : shape;
    var message = new ProtoWriter();
    for (int side : sides) {
      message.integer(1, side);
    }
    return message
        .integer(2, FLOAT)
        .text(8, name)
        .values(
            9,
            (long) tensor.size() * Float.BYTES,
            out -> Safetensors.write(out, shape.length == 4 ? oihw(tensor, sides) : tensor));
  }

  private static Tensor oihw(Tensor hwio, int[] sides) {
    Tensor to = Tensor.zeros(sides);
    OnnxTensor.reverse(hwio, sides[2] * sides[3], sides[1], to);
    return to;
  }

  /** A float32 (N, channels, H, W). */
  private static ProtoWriter info(String name, int channels, String size) {
    ProtoWriter[] sides = {
      new ProtoWriter().text(2, "batch"),
      new ProtoWriter().integer(1, channels),
      new ProtoWriter().text(2, size + "height"),
      new ProtoWriter().text(2, size + "width")
    };
    var shape = new ProtoWriter();
    Arrays.stream(sides).forEach(side -> shape.message(1, side));
    var type = new ProtoWriter().integer(1, FLOAT).message(2, shape);
    return new ProtoWriter().text(1, name).message(2, new ProtoWriter().message(1, type));
  }
}
