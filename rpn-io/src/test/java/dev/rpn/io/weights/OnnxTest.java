package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Graphs and bytes made by hand; those of others are in {@link OnnxFixturesTest}. */
class OnnxTest {
  private static final String MODEL = "080a 1203 616263 ";

  @TempDir Path directory;

  @Test
  void roundTripsLayersThatNoRuleWouldGuess() throws IOException {
    var backbone =
        new Backbone(
            List.of(
                new MaxPool2x2("first"),
                new Conv3x3("a b/ü", 3, 2),
                new Conv3x3("x", 2, 4),
                new MaxPool2x2("last"),
                new MaxPool2x2("very last")));
    Network network = Network.initialized(Architecture.of(backbone, new RpnHead(4, 2)), 3);
    Path file = directory.resolve("x.onnx");
    WeightFiles.write(file, network);
    assertThat(WeightFiles.readNetwork(file)).isEqualTo(network);
  }

  @Test
  void roundTripsEveryBit() throws IOException {
    Network network = Network.initialized(Architecture.of(new RpnHead(130, 33)), 1);
    network.weights().bias(RpnHead.LOCATION).set(7, -0f);
    network.weights().kernel(RpnHead.CONVOLUTION).set(130 * 130, Float.MIN_VALUE);
    Path file = directory.resolve("x.onnx");
    WeightFiles.write(file, network);
    assertThat(WeightFiles.readNetwork(file)).isEqualTo(network);
  }

  @Test
  void refusesANaN() throws IOException {
    Network network = Network.initialized(Architecture.of(new RpnHead(2, 1)), 1);
    network.weights().bias(RpnHead.LOCATION).set(2, Float.NaN);
    Path file = directory.resolve("x.onnx");
    WeightFiles.write(file, network);
    assertThatThrownBy(() -> WeightFiles.readNetwork(file))
        .hasMessage(
            file
                + ": tensor 'location/bias': expected finite values, got non-finite at index 2"
                + " (NaN)");
    assertThat(WeightFiles.read(file, NonFinite.ALLOW).get("location/bias").get(2)).isNaN();
  }

  @Test
  void takesZerosForABiasThatIsNotThere() throws IOException {
    Path file =
        write(graph -> {
          conv(graph, "a", "x", "s", 3, 4, 4);
          node(graph, "Relu", "r", "s");
          conv(graph, "b", "r", "c", 1, 2, 4);
          conv(graph, "c", "r", "l", 1, 8, 4);
        });
    assertThat(WeightFiles.readNetwork(file).weights().bias("location").toArray())
        .isEqualTo(new float[8]);
  }

  /** A head of 4 channels and 2 anchors without biases. */
  private static void head(ProtoWriter graph, String name, String input, ProtoWriter... more) {
    conv(graph, name, input, name + "s", 3, 4, 4, more);
    node(graph, "Relu", name + "r", name + "s");
    conv(graph, name + "1", name + "r", name + "c", 1, 2, 4);
    conv(graph, name + "2", name + "r", name + "l", 1, 8, 4);
  }

  @Test
  void refusesTwoHeads() {
    assertRefused(
        graph -> {
          head(graph, "a", "x");
          head(graph, "b", "x");
        },
        "expected one proposal head, got 2: Conv 'a', Conv 'b'");
  }

  @Test
  void refusesAGraphWithoutAHead() {
    String expected =
        "expected a proposal head: a 3x3 convolution of C -> C channels, Relu, and on it two 1x1"
            + " convolutions of k and 4k outputs, got ";
    assertRefused(
        graph -> node(graph, "Relu", "y", "x"), expected + "0 convolutions of constant weights");
    assertRefused(
        graph -> conv(graph, "a", "x", "y", 3, 4, 4),
        expected + "1 convolutions of constant weights: Conv 'a' [4, 4, 3, 3]");
    assertRefused(
        graph -> {
          conv(graph, "a", "x", "s", 3, 4, 4);
          node(graph, "Relu", "r", "s");
          conv(graph, "b", "r", "c", 1, 4, 4);
          conv(graph, "c", "r", "l", 1, 8, 4);
        },
        expected + "Conv 'a' [4, 4, 3, 3] with 1x1 of [4, 8] outputs");
    // Without Relu between, nothing is on the 3x3 layer.
    assertRefused(
        graph -> {
          conv(graph, "a", "x", "r", 3, 4, 4);
          conv(graph, "b", "r", "c", 1, 2, 4);
          conv(graph, "c", "r", "l", 1, 8, 4);
        },
        expected + "3 convolutions");
  }

  @Test
  void refusesConvolutionsOfAnotherKind() {
    assertRefused(
        graph -> head(graph, "a", "x", ints("strides", 2, 2)),
        "Conv 'a': strides [2, 2] is not read: expected [1, 1]");
    assertRefused(
        graph -> head(graph, "a", "x", ints("dilations", 2, 2)),
        "Conv 'a': dilations [2, 2] is not read: expected [1, 1]");
    assertRefused(
        graph -> head(graph, "a", "x", ints("pads", 0, 1, 1, 1)),
        "Conv 'a': pads [0, 1, 1, 1] is not read: expected [1, 1, 1, 1]");
    assertRefused(
        graph -> head(graph, "a", "x", ints("kernel_shape", 5, 5)),
        "Conv 'a': kernel_shape [5, 5] is not read: expected [3, 3]");
    assertRefused(
        graph -> head(graph, "a", "x", new ProtoWriter().text(1, "auto_pad").text(4, "VALID")),
        "Conv 'a': auto_pad VALID is not read: expected pads [1, 1, 1, 1]");
    assertRefused(
        graph -> {
          conv(graph, "a", "x", "s", 3, 4, 2, new ProtoWriter().text(1, "group").integer(3, 2));
          node(graph, "Relu", "r", "s");
          conv(graph, "b", "r", "c", 1, 2, 4);
          conv(graph, "c", "r", "l", 1, 8, 4);
        },
        "Conv 'a': group [2] is not read: expected [1]");
  }

  @Test
  void refusesNodesOutOfOrder() {
    assertRefused(
        graph -> {
          node(graph, "Identity", "a", "b");
          node(graph, "Identity", "b", "a");
        },
        "expected nodes in the order of execution, got 'b' before it is computed");
    assertRefused(
        graph -> {
          node(graph, "Identity", "a", "x");
          node(graph, "Identity", "a", "x");
        },
        "expected each value once, got 'a' twice");
    assertRefused(
        graph -> graph.message(5, tensor("w", 1)).message(5, tensor("w", 1)),
        "expected each initializer once, got 'w' twice");
  }

  @Test
  void refusesExternalData() {
    assertRefused(
        graph -> graph.message(5, new ProtoWriter().text(8, "w").integer(14, 1)),
        "tensor 'w': external data is not read: save the model with its weights inside");
    assertRefused(
        graph ->
            graph.message(
                5,
                new ProtoWriter()
                    .text(8, "w")
                    .message(13, new ProtoWriter().text(1, "location").text(2, "../x"))),
        "tensor 'w': external data is not read");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "6 | data type INT32 is not read as a weight: expected FLOAT, DOUBLE, FLOAT16 or BFLOAT16",
        "3 | data type INT8 is not read",
        "8 | data type STRING is not read",
        "17 | data type FLOAT8E4M3FN is not read",
        "0 | data type UNDEFINED is not read",
        "999 | data type 999 is not read",
        "-1 | data type -1 is not read"
      })
  void refusesOtherDataTypes(long type, String message) {
    assertRefusedBias(
        new ProtoWriter().integer(1, 8).integer(2, type).values(9, 32, zeros(32)), message);
  }

  @Test
  void refusesValuesThatDoNotFitTheirShape() {
    assertRefusedBias(
        new ProtoWriter().integer(1, 8).integer(2, 1).values(9, 31, zeros(31)),
        "expected 32 bytes for FLOAT [8], got 31");
    assertRefusedBias(
        new ProtoWriter().integer(1, 8).integer(2, 1).values(4, 36, zeros(36)),
        "expected 32 bytes for FLOAT [8], got 36");
    assertRefusedBias(
        new ProtoWriter().integer(1, 8).integer(2, 10).values(5, 7, zeros(7)),
        "expected 8 varints for FLOAT16 [8], got 7 bytes");
    assertRefusedBias(
        new ProtoWriter().integer(1, 8).integer(2, 10).values(5, 9, zeros(9)),
        "expected 8 values, got more");
    assertRefusedBias(
        new ProtoWriter().integer(1, 8).integer(2, 1).values(10, 64, zeros(64)),
        "expected values of FLOAT in field 4 or 9, got 10");
    assertRefusedBias(
        new ProtoWriter().integer(1, 8).integer(2, 1), "expected 32 bytes for FLOAT [8], got 0");
    assertRefusedBias(
        new ProtoWriter().integer(1, 1L << 40).integer(2, 1),
        "expected sides of 0 to 2147483647, got [1099511627776]");
    assertRefusedBias(
        new ProtoWriter().integer(1, 1 << 20).integer(1, 1 << 20).integer(2, 1),
        "expected at most 2147483647 values, got shape [1048576, 1048576]");
    var sides = new ProtoWriter().integer(2, 1);
    for (int i = 0; i < 33; i++) {
      sides.integer(1, 1);
    }
    assertRefusedBias(sides, "expected at most 32 sides, got 33");
  }

  @Test
  void refusesValuesInTwoFields() {
    assertRefused(
        graph ->
            graph.message(
                5, new ProtoWriter().text(8, "w").values(9, 4, zeros(4)).values(4, 4, zeros(4))),
        "expected values in one field, got fields 9 and 4");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "varint of 11 bytes | 28ffffffffffffffffffff01 | byte 8: expected a varint of at most 10 bytes, got a longer one",
        "varint cut | 28ff | byte 9: expected 1 bytes, got 0 to the end of the message",
        "length over the rest | 3a05 0a | byte 8: expected a length of at most 1 bytes, the rest of the message, got 5",
        "length below 0 | 3affffffffffffffffff01 | byte 8: expected a length of at most 0 bytes, the rest of the message, got 18446744073709551615",
        "length over its message | 3a04 0a7f 0000 | byte 10: expected a length of at most 2 bytes, the rest of the message, got 127",
        "field 0 | 0200 | byte 7: expected a protobuf field's number, got the tag 2",
        "a group | 2b 2c | byte 8: expected a protobuf wire type 0, 1, 2 or 5, got 3",
        "graph no message | 3801 | byte 8: expected wire type 2 of field 7, got 0",
        "fixed bytes cut | 2d000000 | byte 8: expected 4 bytes, got 3 to the end of the message",
        "no graph | 2800 | expected an ONNX model with a graph, got none",
        "two graphs | 3a00 3a00 | byte 10: expected one graph, got two"
      })
  void refusesBytes(String what, String hex, String message) throws IOException {
    Path file = directory.resolve("x.onnx");
    Files.write(file, HexFormat.of().parseHex((MODEL + hex).replace(" ", "")));
    assertThatThrownBy(() -> WeightFiles.read(file))
        .isInstanceOf(WeightFormatException.class)
        .hasMessage(file + ": " + message);
  }

  /** Branches within branches: a graph's node's attribute's graph. */
  @Test
  void refusesNestingOver100() {
    assertThatThrownBy(() -> WeightFiles.read(nested(35)))
        .isInstanceOf(WeightLimitException.class)
        .hasMessageContaining("expected messages nested at most 100 deep, got more");
    assertThatThrownBy(() -> WeightFiles.read(nested(1000)))
        .isInstanceOf(WeightLimitException.class);
    assertThatThrownBy(() -> WeightFiles.read(nested(34)))
        .hasMessageContaining("expected a proposal head");
  }

  private Path nested(int levels) throws IOException {
    var graph = new ProtoWriter().text(2, "innermost");
    for (int level = 1; level < levels; level++) {
      var branch = new ProtoWriter().text(1, "then_branch").message(6, graph);
      graph = new ProtoWriter().message(1, new ProtoWriter().text(4, "If").message(5, branch));
    }
    return write(graph);
  }

  @Test
  void refusesMoreThanAGraphHolds() {
    assertRefused(
        graph -> {
          for (int i = 0; i < 300; i++) {
            node(graph, "x".repeat(60_000), "", "x");
          }
        },
        "expected a graph of at most 33554432 bytes beside its values, got more");
    assertRefused(
        graph -> node(graph, "x".repeat(1 << 17), "a", "b"),
        "expected a name of at most 65536 bytes, got 131072");
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    Path file = directory.resolve("x.onnx");
    WeightFiles.write(file, Network.initialized(Architecture.of(new RpnHead(2, 1)), 1));
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 0; length < bytes.length - 6; length++) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> WeightFiles.read(file))
          .as("%s bytes", length)
          .isInstanceOf(WeightFormatException.class);
    }
  }

  private void assertRefused(Consumer<ProtoWriter> made, String message) {
    assertThatThrownBy(() -> WeightFiles.read(write(made)))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("x.onnx: ")
        .hasMessageContaining(message);
  }

  /** A good head but for the bias of the layer with 8 outputs. */
  private void assertRefusedBias(ProtoWriter bias, String message) {
    assertRefused(
        graph -> {
          conv(graph, "a", "x", "s", 3, 4, 4);
          node(graph, "Relu", "r", "s");
          conv(graph, "b", "r", "c", 1, 2, 4);
          node(graph, "Conv", "l", "r", "w", "bias");
          graph.message(5, tensor("w", 8, 4, 1, 1)).message(5, bias.text(8, "bias"));
        },
        "tensor 'bias': " + message);
  }

  private Path write(Consumer<ProtoWriter> made) throws IOException {
    var graph = new ProtoWriter();
    made.accept(graph);
    return write(graph);
  }

  private Path write(ProtoWriter graph) throws IOException {
    var bytes = new ByteArrayOutputStream();
    new ProtoWriter().integer(1, 10).text(2, "abc").message(7, graph).writeTo(bytes);
    return Files.write(directory.resolve("x.onnx"), bytes.toByteArray());
  }

  private static void conv(
      ProtoWriter graph,
      String name,
      String input,
      String output,
      int side,
      int outputs,
      int inputs,
      ProtoWriter... more) {
    var node = new ProtoWriter().text(1, input).text(1, name + "w").text(2, output).text(3, name);
    node.text(4, "Conv");
    if (side == 3 && more.length == 0) {
      node.message(5, ints("pads", 1, 1, 1, 1));
    }
    for (ProtoWriter attribute : more) {
      node.message(5, attribute);
    }
    graph.message(1, node).message(5, tensor(name + "w", outputs, inputs, side, side));
  }

  private static void node(ProtoWriter graph, String type, String output, String... inputs) {
    var node = new ProtoWriter();
    Arrays.stream(inputs).forEach(input -> node.text(1, input));
    graph.message(1, node.text(2, output).text(4, type));
  }

  private static ProtoWriter ints(String name, int... values) {
    var attribute = new ProtoWriter().text(1, name);
    Arrays.stream(values).forEach(value -> attribute.integer(8, value));
    return attribute;
  }

  /** Zeros of these sides. */
  private static ProtoWriter tensor(String name, int... sides) {
    var tensor = new ProtoWriter().text(8, name).integer(2, 1);
    int bytes = Float.BYTES;
    for (int side : sides) {
      tensor.integer(1, side);
      bytes *= side;
    }
    return tensor.values(9, bytes, zeros(bytes));
  }

  private static ProtoWriter.Values zeros(int bytes) {
    return out -> out.write(new byte[bytes]);
  }
}
