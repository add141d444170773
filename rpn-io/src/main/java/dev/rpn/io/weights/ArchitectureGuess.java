package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Layer;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.ModelMismatchException;
import dev.rpn.model.RpnHead;
import dev.rpn.model.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the architecture that a file's names and shapes belong to: the head by its three layers, a
 * backbone by VGG's layer names with a pool before each new block.
 */
final class ArchitectureGuess {
  private static final Pattern BACKBONE_KERNEL =
      Pattern.compile("block([1-9][0-9]?)_conv([1-9][0-9]?)/kernel");

  private ArchitectureGuess() {}

  /**
   * The architecture, every tensor accounted for.
   *
   * @throws ModelMismatchException if a tensor is missing, unknown, or of a shape that fits no
   *     architecture
   */
  static Architecture of(TensorFile file) {
    Optional<Backbone> backbone = backbone(file);
    RpnHead head = head(file);
    if (backbone.isPresent() && backbone.get().channels() != head.channels()) {
      throw mismatch(
          file,
          "tensor '3x3/kernel': expected the backbone's "
              + backbone.get().channels()
              + " channels, got "
              + head.channels());
    }
    var architecture = new Architecture(backbone, head);
    check(architecture.weights(), file);
    return architecture;
  }

  /**
   * Checks that a file's tensors are exactly the expected ones.
   *
   * @throws ModelMismatchException if a tensor is missing, unknown, or of another shape
   */
  static void check(List<TensorSpec> specs, TensorFile file) {
    var expected = new TreeMap<String, List<Integer>>();
    for (TensorSpec spec : specs) {
      expected.put(spec.name(), spec.shape());
      List<Integer> shape = shape(file, spec.name(), spec.shape());
      if (!shape.equals(spec.shape())) {
        throw mismatch(
            file,
            "tensor '" + spec.name() + "': expected shape " + spec.shape() + ", got " + shape);
      }
    }
    for (Map.Entry<String, List<Integer>> found : file.shapes().entrySet()) {
      if (!expected.containsKey(found.getKey())) {
        throw mismatch(
            file,
            "unknown tensor "
                + Quote.of(found.getKey())
                + " of shape "
                + found.getValue()
                + ": expected only "
                + expected.keySet());
      }
    }
  }

  private static List<Integer> shape(TensorFile file, String name, Object expectedShape) {
    List<Integer> shape = file.shapes().get(name);
    if (shape == null) {
      throw mismatch(
          file,
          "missing tensor '"
              + name
              + "' of shape "
              + expectedShape
              + "; the file has "
              + (file.shapes().isEmpty()
                  ? "none"
                  : Quote.escape(String.join(", ", file.shapes().keySet()))));
    }
    return shape;
  }

  private static RpnHead head(TensorFile file) {
    int channels = lastSide(file, RpnHead.CONVOLUTION + "/kernel", "[3, 3, C, C]", 3);
    int anchors = lastSide(file, RpnHead.CLASSIFICATION + "/kernel", "[1, 1, C, k]", 1);
    if (anchors > Integer.MAX_VALUE / 5) {
      throw mismatch(
          file,
          "tensor 'classification/kernel': expected at most "
              + Integer.MAX_VALUE / 5
              + " anchors, got "
              + anchors);
    }
    return new RpnHead(channels, anchors);
  }

  private static int lastSide(TensorFile file, String name, String expected, int window) {
    List<Integer> shape = shape(file, name, expected);
    if (shape.size() != 4 || shape.get(0) != window || shape.get(1) != window || shape.get(3) < 1) {
      throw mismatch(
          file, "tensor " + Quote.of(name) + ": expected shape " + expected + ", got " + shape);
    }
    return shape.get(3);
  }

  /**
   * The backbone in a file, if there is one.
   *
   * @throws ModelMismatchException if its layers do not fit each other
   */
  static Optional<Backbone> backbone(TensorFile file) {
    var kernels = new TreeMap<Integer, String>();
    for (String name : file.shapes().keySet()) {
      Matcher kernel = BACKBONE_KERNEL.matcher(name);
      if (kernel.matches()) {
        int block = Integer.parseInt(kernel.group(1));
        kernels.put(block * 100 + Integer.parseInt(kernel.group(2)), name);
      }
    }
    var layers = new ArrayList<Layer>();
    int channels = Backbone.PICTURE_CHANNELS;
    int block = 1;
    for (Map.Entry<Integer, String> kernel : kernels.entrySet()) {
      String name = kernel.getValue();
      int outputs = lastSide(file, name, "[3, 3, " + channels + ", C]", 3);
      for (; block < kernel.getKey() / 100; block++) {
        layers.add(new MaxPool2x2("block" + block + "_pool"));
      }
      layers.add(new Conv3x3(name.substring(0, name.indexOf('/')), channels, outputs));
      channels = outputs;
    }
    return layers.isEmpty() ? Optional.empty() : Optional.of(new Backbone(layers));
  }

  private static ModelMismatchException mismatch(TensorFile file, String message) {
    return new ModelMismatchException(file.place() + ": " + message);
  }
}
