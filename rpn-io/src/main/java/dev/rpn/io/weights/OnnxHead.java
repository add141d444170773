package dev.rpn.io.weights;

import java.io.IOException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The proposal head in a graph: a 3x3 convolution that keeps the number of channels, Relu, and on
 * its result exactly two 1x1 convolutions of which one has four times the other's outputs. Nothing
 * has to be named. What follows (a Sigmoid, reshapes) is not looked at.
 *
 * @param levels how often the graph runs it, on the maps of a feature pyramid
 */
record OnnxHead(
    OnnxConvolution convolution,
    OnnxConvolution classification,
    OnnxConvolution location,
    int levels) {
  private static final int MOST_NAMED = 5;

  /**
   * Finds the one head of a graph.
   *
   * @throws WeightFormatException if there is none or more than one, or it computes something else
   */
  static OnnxHead find(Place place, OnnxGraph graph) throws IOException {
    // By identity: to compare nodes by all that they hold takes as long as the file likes.
    var byNode = new IdentityHashMap<OnnxNode, Stem>();
    var stems = new ArrayList<Stem>();
    var convolutions = new ArrayList<OnnxConvolution>();
    for (OnnxNode node : graph.nodes()) {
      OnnxConvolution convolution = OnnxConvolution.of(graph, node);
      if (convolution == null) {
        continue;
      }
      convolutions.add(convolution);
      OnnxConvolution below = convolution.hasSide(1) ? stem(graph, node) : null;
      if (below == null) {
        continue;
      }
      Stem stem = byNode.get(below.node());
      if (stem == null) {
        stem = new Stem(below, new ArrayList<>());
        byNode.put(below.node(), stem);
        stems.add(stem);
      }
      stem.branches.add(convolution);
    }
    // The same weights on several maps are one head.
    var heads = new LinkedHashMap<List<String>, OnnxHead>();
    for (Stem stem : stems) {
      if (stem.isHead()) {
        OnnxHead head = stem.head();
        heads.merge(head.names(), head, (first, again) -> first.again());
      }
    }
    if (heads.size() != 1) {
      throw none(place, heads.values().stream().toList(), stems, convolutions);
    }
    OnnxHead head = heads.values().iterator().next();
    head.convolution.check(place);
    head.classification.check(place);
    head.location.check(place);
    return head;
  }

  /** The 3x3 convolution whose result, after Relu, a node reads; or null. */
  private static @Nullable OnnxConvolution stem(OnnxGraph graph, OnnxNode node) {
    OnnxGraph.Source relu = graph.source(node);
    if (!relu.is("Relu")) {
      return null;
    }
    OnnxGraph.Source source = graph.before(relu);
    OnnxConvolution stem = source.asItIs() ? OnnxConvolution.of(graph, source.node()) : null;
    return stem != null && stem.hasSide(3) ? stem : null;
  }

  /** A 3x3 convolution and the 1x1 convolutions on its result. */
  private record Stem(OnnxConvolution convolution, List<OnnxConvolution> branches) {
    boolean isHead() {
      long channels = convolution.outputs();
      return convolution.inputs() == channels
          && branches.size() == 2
          && branches.stream().allMatch(branch -> branch.inputs() == channels)
          && location().outputs() == 4 * classification().outputs();
    }

    /** The branch of fewer outputs. */
    private OnnxConvolution classification() {
      return branches.get(isSwapped() ? 1 : 0);
    }

    private OnnxConvolution location() {
      return branches.get(isSwapped() ? 0 : 1);
    }

    private boolean isSwapped() {
      return branches.get(0).outputs() > branches.get(1).outputs();
    }

    OnnxHead head() {
      return new OnnxHead(convolution, classification(), location(), 1);
    }

    String text() {
      return describe(convolution)
          + " with 1x1 of "
          + branches.stream().limit(MOST_NAMED).map(OnnxConvolution::outputs).toList()
          + " outputs";
    }
  }

  private OnnxHead again() {
    return new OnnxHead(convolution, classification, location, levels + 1);
  }

  /** What its weights are called. */
  private List<String> names() {
    return Stream.of(convolution, classification, location)
        .flatMap(c -> Stream.of(c.kernel(), c.bias()))
        .map(tensor -> tensor == null ? "" : tensor.name())
        .toList();
  }

  private static WeightFormatException none(
      Place place, List<OnnxHead> heads, List<Stem> stems, List<OnnxConvolution> convolutions) {
    if (heads.size() > 1) {
      return place.wrong(
          "one proposal head", heads.size() + ": " + list(heads.stream().map(OnnxHead::label)));
    }
    String found =
        stems.isEmpty()
            ? convolutions.size()
                + " convolutions of constant weights"
                + (convolutions.isEmpty()
                    ? ""
                    : ": " + list(convolutions.stream().map(OnnxHead::describe)))
            : list(stems.stream().map(Stem::text));
    return place.wrong(
        "a proposal head: a 3x3 convolution of C -> C channels, Relu, and on it two 1x1"
            + " convolutions of k and 4k outputs",
        found);
  }

  private String label() {
    return convolution.node().label();
  }

  private static String describe(OnnxConvolution convolution) {
    return convolution.node().label() + " " + convolution.kernel().sides();
  }

  private static String list(Stream<String> texts) {
    List<String> some = texts.limit(MOST_NAMED + 1L).toList();
    return some.size() <= MOST_NAMED
        ? String.join(", ", some)
        : String.join(", ", some.subList(0, MOST_NAMED)) + ", ...";
  }
}
