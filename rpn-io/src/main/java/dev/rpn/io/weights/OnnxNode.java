package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node of an ONNX graph (a {@code NodeProto}).
 *
 * @param type the operator, after its domain and a dot where that is not ONNX's own
 * @param name may be empty
 * @param inputs names of values; an optional one left out is empty
 * @param numbers attributes that are whole numbers or lists of them
 * @param texts attributes that are text
 * @param value the constant, of a node that has one
 */
record OnnxNode(
    String type,
    String name,
    List<String> inputs,
    List<String> outputs,
    Map<String, List<Long>> numbers,
    Map<String, String> texts,
    @Nullable OnnxTensor value) {

  /** Reads the message that the reader has entered. */
  static OnnxNode scan(ProtoReader in) throws IOException {
    in.keepObject();
    var inputs = new ArrayList<String>();
    var outputs = new ArrayList<String>();
    var attributes = new Attributes();
    String name = "";
    String type = "";
    String domain = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> inputs.add(in.text());
        case 2 -> outputs.add(in.text());
        case 3 -> name = in.text();
        case 4 -> type = in.text();
        case 5 -> attributes.scan(in);
        case 7 -> domain = in.text();
        default -> in.skip();
      }
    }
    return new OnnxNode(
        domain.isEmpty() || domain.equals("ai.onnx") ? type : domain + "." + type,
        name,
        inputs,
        outputs,
        attributes.numbers,
        attributes.texts,
        attributes.value);
  }

  /** An attribute's numbers, or its default. */
  List<Long> numbers(String attribute, Long... otherwise) {
    return numbers.getOrDefault(attribute, List.of(otherwise));
  }

  /** What it is called in a message. */
  String label() {
    return type
        + " "
        + Quote.of(name.isEmpty() && !outputs.isEmpty() ? "-> " + outputs.getFirst() : name);
  }

  /** The attributes of a node while they are read. */
  private static final class Attributes {
    private final Map<String, List<Long>> numbers = new HashMap<>();
    private final Map<String, String> texts = new HashMap<>();
    private @Nullable OnnxTensor value;

    void scan(ProtoReader in) throws IOException {
      in.keepObject();
      long outer = in.enter();
      var found = new ArrayList<Long>();
      String name = "";
      String text = null;
      OnnxTensor tensor = null;
      while (in.next()) {
        switch (in.field()) {
          case 1 -> name = in.text();
          case 3 -> found.add(in.kept(in.varint()));
          case 4 -> text = in.text();
          case 5 -> {
            long inner = in.enter();
            tensor = OnnxTensor.scan(in);
            in.leave(inner);
          }
          case 6, 11 -> subgraph(in);
          case 8 -> in.repeated(ProtoReader.VARINT, () -> found.add(in.kept(in.nextVarint())));
          default -> in.skip();
        }
      }
      in.leave(outer);
      if (!found.isEmpty()) {
        numbers.put(name, List.copyOf(found));
      }
      if (text != null) {
        texts.put(name, text);
      }
      if (tensor != null && name.equals("value")) {
        value = tensor;
      }
    }

    /** A branch or a loop's body holds no head; it is walked so that its nesting is checked. */
    private static void subgraph(ProtoReader in) throws IOException {
      long outer = in.enter();
      while (in.next()) {
        if (in.field() == 1) {
          long inner = in.enter();
          OnnxNode.scan(in);
          in.leave(inner);
        } else {
          in.skip();
        }
      }
      in.leave(outer);
    }
  }
}
