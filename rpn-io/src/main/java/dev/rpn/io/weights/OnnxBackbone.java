package dev.rpn.io.weights;

import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Layer;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.RpnHead;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The layers before the head, where from the picture to the head there is nothing but 3x3
 * convolutions with Relu and 2x2 max-pools.
 */
final class OnnxBackbone {
  private static final String KERNEL = "/kernel";

  private OnnxBackbone() {}

  /** A layer of the graph: a convolution, or a max-pool where that is null. */
  private record Step(OnnxNode node, @Nullable OnnxConvolution convolution) {}

  /**
   * The backbone before a head; empty if the head reads feature maps, or layers before it are of
   * other kinds.
   *
   * @param weights takes the convolutions by the names of their layers
   */
  static Optional<Backbone> find(
      Place place, OnnxGraph graph, OnnxHead head, Map<String, OnnxConvolution> weights)
      throws IOException {
    if (head.levels() > 1) {
      return Optional.empty();
    }
    List<Step> steps = steps(graph, head.convolution().node());
    if (steps.isEmpty()) {
      return Optional.empty();
    }
    List<String> names = names(steps);
    var layers = new ArrayList<Layer>();
    for (int i = 0; i < steps.size(); i++) {
      OnnxConvolution convolution = steps.get(i).convolution();
      if (convolution == null) {
        layers.add(new MaxPool2x2(names.get(i)));
      } else {
        List<Integer> shape = convolution.kernel().shape(place);
        String name = names.get(i);
        layers.add(place.checked(() -> new Conv3x3(name, shape.get(1), shape.get(0))));
        weights.put(name, convolution);
      }
    }
    return Optional.of(place.checked(() -> new Backbone(layers)));
  }

  /** From the picture to the head; empty where something else is on the way. */
  private static List<Step> steps(OnnxGraph graph, OnnxNode head) {
    var steps = new ArrayList<Step>();
    OnnxNode at = head;
    OnnxGraph.Source source = graph.source(at);
    while (!source.isInput()) {
      OnnxConvolution convolution = null;
      if (source.is("Relu")) {
        source = graph.before(source);
        convolution = OnnxConvolution.of(graph, source.node());
      }
      OnnxNode node = source.node();
      boolean known =
          convolution == null
              ? source.is("MaxPool") && isHalving(node)
              : convolution.hasSide(3) && convolution.isPlain();
      if (node == null || !source.asItIs() || !known) {
        return List.of();
      }
      steps.add(new Step(node, convolution));
      source = graph.source(node);
    }
    List<Step> inOrder = steps.reversed();
    for (Step step : inOrder) {
      if (step.convolution() != null) {
        // Of other channels it is no picture, and what comes before the head not our business.
        return step.convolution().inputs() == Backbone.PICTURE_CHANNELS ? inOrder : List.of();
      }
    }
    return inOrder;
  }

  /** Whether a pool is 2x2 with stride 2 and drops an odd row or column. */
  private static boolean isHalving(@Nullable OnnxNode pool) {
    List<Long> twos = List.of(2L, 2L);
    String auto = pool == null ? "" : pool.texts().getOrDefault("auto_pad", "NOTSET");
    return pool != null
        && pool.numbers("kernel_shape").equals(twos)
        && pool.numbers("strides", 1L, 1L).equals(twos)
        && pool.numbers("pads", 0L, 0L, 0L, 0L).equals(List.of(0L, 0L, 0L, 0L))
        && pool.numbers("dilations", 1L, 1L).equals(List.of(1L, 1L))
        && pool.numbers("ceil_mode", 0L).equals(List.of(0L))
        && (auto.equals("NOTSET") || auto.equals("VALID"));
  }

  /** The graph's own names if all have one as Keras's do ({@code NAME/kernel}), else VGG's. */
  private static List<String> names(List<Step> steps) {
    var own = new ArrayList<String>();
    var vgg = new ArrayList<String>();
    int block = 1;
    int conv = 1;
    for (Step step : steps) {
      if (step.convolution() == null) {
        own.add(step.node().name());
        vgg.add("block" + block++ + "_pool");
        conv = 1;
      } else {
        String kernel = step.convolution().kernel().name();
        own.add(kernel.endsWith(KERNEL) ? kernel.substring(0, kernel.length() - 7) : "");
        vgg.add("block" + block + "_conv" + conv++);
      }
    }
    var distinct = new HashSet<>(own);
    boolean usable =
        distinct.size() == own.size()
            && !distinct.contains("")
            && !distinct.contains(RpnHead.CONVOLUTION)
            && !distinct.contains(RpnHead.CLASSIFICATION)
            && !distinct.contains(RpnHead.LOCATION);
    return usable ? own : vgg;
  }
}
