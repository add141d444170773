package dev.rpn.io.weights;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A convolution whose weights are constants of the graph.
 *
 * @param kernel OIHW
 * @param bias null where there is none: zeros
 */
record OnnxConvolution(OnnxNode node, OnnxTensor kernel, @Nullable OnnxTensor bias) {
  private static final List<Long> ONES = List.of(1L, 1L);

  /** The convolution that a node is, or null if it is something else. */
  static @Nullable OnnxConvolution of(OnnxGraph graph, @Nullable OnnxNode node) {
    if (node == null || !node.type().equals("Conv") || node.inputs().size() < 2) {
      return null;
    }
    OnnxTensor kernel = graph.constant(node.inputs().get(1));
    if (kernel == null || kernel.sides().size() != 4) {
      return null;
    }
    boolean biased = node.inputs().size() > 2 && !node.inputs().get(2).isEmpty();
    OnnxTensor bias = biased ? graph.constant(node.inputs().get(2)) : null;
    return biased && bias == null ? null : new OnnxConvolution(node, kernel, bias);
  }

  long outputs() {
    return kernel.sides().get(0);
  }

  long inputs() {
    List<Long> groups = node.numbers("group", 1L);
    // A shape is not checked yet: a product that overflows fits nothing.
    return kernel.sides().get(1) * (groups.size() == 1 ? groups.getFirst() : 0);
  }

  /** Whether the window is a square of that side. */
  boolean hasSide(long side) {
    return kernel.sides().get(2) == side && kernel.sides().get(3) == side;
  }

  /** Whether it has stride 1 and keeps the size, as the engine's convolutions do. */
  boolean isPlain() {
    return problem() == null;
  }

  /**
   * @throws UnsupportedWeightException if it computes what the engine's convolutions do not
   */
  void check(Place place) throws IOException {
    String problem = problem();
    if (problem != null) {
      throw place.unsupported(node.label() + ": " + problem);
    }
  }

  private @Nullable String problem() {
    String problem = unlike("group", List.of(1L), List.of(1L));
    if (problem == null) {
      problem = unlike("strides", ONES, ONES);
    }
    if (problem == null) {
      problem = unlike("dilations", ONES, ONES);
    }
    if (problem == null) {
      problem = unlike("kernel_shape", kernel.sides().subList(2, 4), kernel.sides().subList(2, 4));
    }
    return problem == null ? padding() : problem;
  }

  private @Nullable String padding() {
    String auto = node.texts().getOrDefault("auto_pad", "NOTSET");
    long pad = hasSide(3) ? 1 : 0;
    return switch (auto) {
      case "SAME_UPPER", "SAME_LOWER" -> null;
      case "NOTSET" -> unlike("pads", List.of(pad, pad, pad, pad), List.of(0L, 0L, 0L, 0L));
      case "VALID" -> pad == 0 ? null : "auto_pad VALID is not read: expected pads [1, 1, 1, 1]";
      default -> "auto_pad is not read: expected SAME_UPPER, SAME_LOWER, VALID or NOTSET";
    };
  }

  private @Nullable String unlike(String attribute, List<Long> expected, List<Long> otherwise) {
    List<Long> numbers = node.numbers().getOrDefault(attribute, otherwise);
    if (numbers.equals(expected)) {
      return null;
    }
    String found = numbers.size() > 8 ? numbers.size() + " numbers" : numbers.toString();
    return attribute + " " + found + " is not read: expected " + expected;
  }
}
