package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import dev.rpn.model.ModelMismatchException;
import dev.rpn.model.RpnHead;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A head found among a torch model's tensors.
 *
 * @param system whose names they are
 * @param layers their names without {@code .weight} and {@code .bias}, by the engine's names
 */
record TorchHead(TorchSystem system, Map<String, String> layers) {
  /**
   * The one head of a file, whatever stands before its names.
   *
   * @throws ModelMismatchException if there are two, or one that the engine does not compute
   */
  static Optional<TorchHead> find(TensorFile file) {
    var heads = new ArrayList<TorchHead>();
    for (TorchSystem system : TorchSystem.ALL) {
      String end = system.classification() + ".weight";
      for (String name : file.shapes().keySet()) {
        if (name.equals(end) || name.endsWith("." + end)) {
          String prefix = name.substring(0, name.length() - end.length());
          // Other detectors' heads also have a layer cls_logits.
          if (file.shapes().containsKey(prefix + system.location() + ".weight")) {
            heads.add(of(file, system, prefix));
            checkOne(file, heads);
          }
        }
      }
    }
    return heads.stream().findFirst();
  }

  /** At once: to look for the layers of every head that a file may have takes its size squared. */
  private static void checkOne(TensorFile file, List<TorchHead> heads) {
    if (heads.size() > 1) {
      throw mismatch(
          file,
          "expected one head, got "
              + Quote.escape(heads.stream().map(head -> head.layers.values()).toList().toString()));
    }
  }

  private static TorchHead of(TensorFile file, TorchSystem system, String prefix) {
    Map<String, List<Integer>> shapes = file.shapes();
    String convolution =
        system.convolution().stream()
            .map(name -> prefix + name)
            .filter(name -> shapes.containsKey(name + ".weight"))
            .findFirst()
            .orElseThrow(() ->
                mismatch(
                    file,
                    "missing tensor "
                        + Quote.of(prefix + system.convolution().get(0) + ".weight")
                        + " beside "
                        + Quote.of(prefix + system.classification() + ".weight")));
    for (String name : shapes.keySet()) {
      if (name.startsWith(prefix + "conv.")
          && !name.equals(convolution + ".weight")
          && !name.equals(convolution + ".bias")) {
        throw mismatch(
            file,
            "tensor "
                + Quote.of(name)
                + ": expected a head of one 3x3 convolution, got more before its 1x1 layers");
      }
    }
    var layers = new LinkedHashMap<String, String>();
    layers.put(RpnHead.CONVOLUTION, convolution);
    layers.put(RpnHead.CLASSIFICATION, prefix + system.classification());
    layers.put(RpnHead.LOCATION, prefix + system.location());
    var head = new TorchHead(system, layers);
    head.check(file);
    return head;
  }

  private void check(TensorFile file) {
    List<Integer> conv = kernel(file, RpnHead.CONVOLUTION, 3);
    int channels = conv.get(0);
    require(file, RpnHead.CONVOLUTION, conv, List.of(channels, channels, 3, 3));
    List<Integer> scores = kernel(file, RpnHead.CLASSIFICATION, 1);
    List<Integer> deltas = kernel(file, RpnHead.LOCATION, 1);
    int anchors = scores.get(0);
    if (2L * anchors == deltas.get(0)) {
      throw mismatch(
          file,
          "tensor "
              + Quote.of(weight(RpnHead.CLASSIFICATION))
              + ": expected one score an anchor, got two for each of "
              + anchors / 2
              + " anchors (a softmax of object and background), which the engine does not compute");
    }
    require(file, RpnHead.CLASSIFICATION, scores, List.of(anchors, channels, 1, 1));
    if (deltas.get(0) != 4L * anchors || !deltas.get(1).equals(scores.get(1))) {
      throw mismatch(
          file,
          "tensor "
              + Quote.of(weight(RpnHead.LOCATION))
              + ": expected four deltas for each of "
              + anchors
              + " anchors, shape ["
              + 4L * anchors
              + ", "
              + channels
              + ", 1, 1], got "
              + deltas);
    }
    for (Map.Entry<String, String> layer : layers.entrySet()) {
      String bias = layer.getValue() + ".bias";
      List<Integer> shape = file.shapes().get(bias);
      List<Integer> expected = List.of(kernel(file, layer.getKey(), 0).get(0));
      if (!expected.equals(shape)) {
        throw mismatch(
            file,
            "tensor "
                + Quote.of(bias)
                + ": expected shape "
                + expected
                + ", got "
                + (shape == null ? "no such tensor" : shape));
      }
    }
  }

  private String weight(String layer) {
    return layers.get(layer) + ".weight";
  }

  /** The kernel's four sides; a 1x1 layer may have only the first two. */
  private List<Integer> kernel(TensorFile file, String layer, int window) {
    List<Integer> shape = file.shapes().getOrDefault(weight(layer), List.of());
    List<Integer> sides =
        window != 3 && shape.size() == 2 ? List.of(shape.get(0), shape.get(1), 1, 1) : shape;
    if (sides.size() != 4 || sides.get(0) < 1) {
      throw mismatch(
          file,
          "tensor "
              + Quote.of(weight(layer))
              + ": expected shape [out, in, height, width], got "
              + shape);
    }
    return sides;
  }

  private void require(TensorFile file, String layer, List<Integer> shape, List<Integer> expected) {
    if (!shape.equals(expected)) {
      throw mismatch(
          file,
          "tensor "
              + Quote.of(weight(layer))
              + ": expected shape "
              + expected
              + " (out, in, height, width), got "
              + shape);
    }
  }

  private static ModelMismatchException mismatch(TensorFile file, String message) {
    return new ModelMismatchException(file.place() + ": " + message);
  }
}
