package dev.rpn.io.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;

/** ONNX graphs of few bytes and as many objects as the reader bears. */
final class LargeOnnx {
  private static final int MANY = 1_000_000;

  // Fields of a graph, a node, an attribute and a tensor.
  private static final int NODE = 1;
  private static final int INITIALIZER = 5;
  private static final int INPUT = 1;
  private static final int OUTPUT = 2;
  private static final int TYPE = 4;
  private static final int ATTRIBUTE = 5;

  static final Map<String, SmallHeapTest.Content> FILES = new TreeMap<>();

  static {
    FILES.put("onnx: nodes", out -> graph(out, MANY, i -> field(NODE)));
    FILES.put(
        "onnx: nodes with values",
        out ->
            graph(out, MANY / 10, i -> field(NODE, text(INPUT, "a" + i), text(OUTPUT, "b" + i))));
    FILES.put(
        "onnx: nodes with attributes",
        out ->
            graph(
                out,
                MANY / 10,
                i ->
                    field(NODE, field(ATTRIBUTE, text(1, "a" + i), new byte[] {3 << 3, -128, 2}))));
    FILES.put(
        "onnx: initializers",
        out -> graph(out, MANY / 5, i -> field(INITIALIZER, text(8, "a" + i))));
    FILES.put(
        "onnx: sides", out -> graph(out, 1, i -> field(INITIALIZER, field(1, numbers(2 * MANY)))));
    FILES.put(
        "onnx: numbers",
        out -> graph(out, 1, i -> field(NODE, field(ATTRIBUTE, field(8, numbers(2 * MANY))))));
    FILES.put(
        "onnx: one long name",
        out -> graph(out, 400, i -> field(NODE, text(INPUT, "x".repeat(65_000)))));
    FILES.put("onnx: nesting", out -> graph(out, 1, i -> nested(10_000)));
    FILES.put("onnx: nesting at the limit", out -> graph(out, 10_000, i -> nested(24)));
    FILES.put("onnx: 1x1 layers on a node of many numbers", LargeOnnx::branches);
  }

  private LargeOnnx() {}

  /** A graph of so many fields. */
  private static void graph(OutputStream out, int count, IntFunction<byte[]> each)
      throws IOException {
    var graph = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      graph.writeBytes(each.apply(i));
    }
    out.write(new byte[] {1 << 3, 10});
    out.write(text(2, "producer"));
    out.write(field(7, graph.toByteArray()));
  }

  /** Nodes whose attribute is a graph of one node, and so on. */
  private static byte[] nested(int depth) {
    byte[] inner = field(NODE);
    for (int i = 0; i < depth; i++) {
      inner = field(NODE, field(ATTRIBUTE, field(6, inner)));
    }
    return inner;
  }

  /** Each 1x1 layer is looked up by the 3x3 layer that it stands on. */
  private static void branches(OutputStream out) throws IOException {
    var graph = new ByteArrayOutputStream();
    graph.writeBytes(field(INITIALIZER, field(1, new byte[] {1, 1, 3, 3}), text(8, "k")));
    graph.writeBytes(field(INITIALIZER, field(1, new byte[] {1, 1, 1, 1}), text(8, "l")));
    graph.writeBytes(
        field(
            NODE,
            text(INPUT, "x"),
            text(INPUT, "k"),
            text(OUTPUT, "y"),
            text(TYPE, "Conv"),
            field(ATTRIBUTE, text(1, "a"), field(8, numbers(MANY / 4)))));
    graph.writeBytes(field(NODE, text(INPUT, "y"), text(OUTPUT, "z"), text(TYPE, "Relu")));
    byte[] branch = field(NODE, text(INPUT, "z"), text(INPUT, "l"), text(TYPE, "Conv"));
    for (int i = 0; i < MANY / 25; i++) {
      graph.writeBytes(branch);
    }
    byte[] bytes = graph.toByteArray();
    graph(out, 1, i -> bytes);
  }

  /** Packed numbers that are objects each. */
  private static byte[] numbers(int count) {
    byte[] numbers = new byte[2 * count];
    for (int i = 0; i < count; i++) {
      numbers[2 * i] = -1;
      numbers[2 * i + 1] = 1;
    }
    return numbers;
  }

  private static byte[] text(int number, String text) {
    return field(number, text.getBytes(ISO_8859_1));
  }

  /** A field of that number, its parts one after another. */
  private static byte[] field(int number, byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    var out = new ByteArrayOutputStream(length + 6);
    out.write(number << 3 | 2);
    for (int rest = length; ; rest >>>= 7) {
      out.write(rest < 0x80 ? rest : rest | 0x80);
      if (rest < 0x80) {
        break;
      }
    }
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
