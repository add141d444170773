package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The graph of an ONNX model: its nodes, in an order in which they can run, and its constants.
 * Field numbers are those of onnx.proto.
 */
final class OnnxGraph {
  /** Nodes that only rename or transpose a value, one after another. */
  private static final int MOST_STEPS = 16;

  private static final List<Integer> AS_IT_IS = List.of(0, 1, 2, 3);
  private static final List<Integer> NHWC_TO_NCHW = List.of(0, 3, 1, 2);

  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, OnnxTensor> constants = new HashMap<>();
  private final Map<String, OnnxNode> producers = new HashMap<>();
  private final Set<String> given = new HashSet<>();

  private OnnxGraph() {}

  /**
   * Where a value comes from.
   *
   * @param node what computes it, or null: an input of the graph
   * @param axes the order of that node's axes in which it is seen
   */
  record Source(@Nullable OnnxNode node, List<Integer> axes) {
    boolean asItIs() {
      return axes.equals(AS_IT_IS);
    }

    /** Whether it is the graph's input, channels first or last. */
    boolean isInput() {
      return node == null && (asItIs() || axes.equals(NHWC_TO_NCHW));
    }

    boolean is(String type) {
      return node != null && node.type().equals(type);
    }
  }

  /** Reads a model's graph. */
  static OnnxGraph scan(ProtoReader in) throws IOException {
    OnnxGraph graph = null;
    while (in.next()) {
      if (in.field() != 7) {
        in.skip();
        continue;
      }
      if (graph != null) {
        throw in.place().at(in.position()).wrong("one graph", "two");
      }
      graph = new OnnxGraph();
      long outer = in.enter();
      graph.scanGraph(in);
      in.leave(outer);
    }
    if (graph == null) {
      throw in.place().wrong("an ONNX model with a graph", "none");
    }
    return graph;
  }

  private void scanGraph(ProtoReader in) throws IOException {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> {
          long outer = in.enter();
          add(in.place(), OnnxNode.scan(in));
          in.leave(outer);
        }
        case 5 -> {
          long outer = in.enter();
          addConstant(in.place(), OnnxTensor.scan(in));
          in.leave(outer);
        }
        default -> in.skip();
      }
    }
  }

  private void add(Place place, OnnxNode node) throws IOException {
    nodes.add(node);
    for (String input : node.inputs()) {
      if (!producers.containsKey(input)) {
        given.add(input);
      }
    }
    for (String output : node.outputs()) {
      // Sorted nodes form no circle: whoever walks from an output to its input comes to an end.
      if (given.contains(output) && !output.isEmpty()) {
        throw place.wrong(
            "nodes in the order of execution", Quote.of(output) + " before it is computed");
      }
      if (!output.isEmpty() && producers.put(output, node) != null) {
        throw place.wrong("each value once", Quote.of(output) + " twice");
      }
    }
    if (node.type().equals("Constant") && node.value() != null && node.outputs().size() == 1) {
      addConstant(place, node.value().named(node.outputs().getFirst()));
    }
  }

  private void addConstant(Place place, OnnxTensor tensor) throws IOException {
    if (constants.put(tensor.name(), tensor) != null) {
      throw place.wrong("each initializer once", Quote.of(tensor.name()) + " twice");
    }
  }

  List<OnnxNode> nodes() {
    return nodes;
  }

  /** The constant of that name, or null. */
  @Nullable OnnxTensor constant(String name) {
    String at = name;
    for (int step = 0; step < MOST_STEPS; step++) {
      OnnxTensor tensor = constants.get(at);
      OnnxNode node = producers.get(at);
      if (tensor != null || node == null || !passes(node, "Identity")) {
        return tensor;
      }
      at = node.inputs().getFirst();
    }
    return null;
  }

  /** What computes a node's first input, past nodes that only rename or transpose it. */
  Source source(OnnxNode consumer) {
    return source(consumer, AS_IT_IS);
  }

  /** What computes the input of a node that treats every value alike. */
  Source before(Source elementwise) {
    OnnxNode node = elementwise.node();
    if (node == null) {
      throw new IllegalArgumentException("an input has no source");
    }
    return source(node, elementwise.axes());
  }

  private Source source(OnnxNode consumer, List<Integer> seenAs) {
    List<Integer> axes = seenAs;
    OnnxNode at = consumer;
    for (int step = 0; step < MOST_STEPS; step++) {
      OnnxNode node = at.inputs().isEmpty() ? null : producers.get(at.inputs().getFirst());
      if (node != null && passes(node, "Transpose")) {
        List<Long> order = node.numbers("perm");
        if (!order.equals(List.of(0L, 3L, 1L, 2L)) && !order.equals(List.of(0L, 2L, 3L, 1L))) {
          return new Source(node, axes);
        }
        axes = axes.stream().map(axis -> order.get(axis).intValue()).toList();
      } else if (node == null || !passes(node, "Identity")) {
        return new Source(node, axes);
      }
      at = node;
    }
    return new Source(at, axes);
  }

  private static boolean passes(OnnxNode node, String type) {
    return node.type().equals(type) && node.inputs().size() == 1;
  }
}
