package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.Layer;
import dev.rpn.model.ModelMismatchException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * VGG16's convolutions as torchvision numbers them, ReLUs and pools included: {@code
 * features.0.weight}, or {@code backbone.0.weight} within a detector. Their widths may be thinner.
 * Whether a pool follows the last one leaves no trace in a file; the engine has none there.
 */
final class TorchVgg16 {
  private static final List<Integer> POSITIONS =
      List.of(0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28);

  private static final Pattern WEIGHT = Pattern.compile("(|.*\\.)(0|[1-9][0-9]{0,2})\\.weight");

  private TorchVgg16() {}

  /**
   * The layers' names without {@code .weight} and {@code .bias}, by the engine's names; empty
   * unless all thirteen are there and nothing else has a number beside them.
   *
   * @throws ModelMismatchException if there are two
   */
  static Map<String, String> layers(TensorFile file) {
    var found = new TreeMap<String, TreeSet<Integer>>();
    file.shapes()
        .forEach((name, shape) -> {
          Matcher weight = WEIGHT.matcher(name);
          if (weight.matches()) {
            found
                .computeIfAbsent(weight.group(1), prefix -> new TreeSet<>())
                .add(Integer.valueOf(weight.group(2)));
          }
        });
    List<String> prefixes =
        found.entrySet().stream()
            .filter(group -> List.copyOf(group.getValue()).equals(POSITIONS))
            .map(Map.Entry::getKey)
            .filter(prefix -> areConvolutions(file, prefix))
            .toList();
    if (prefixes.size() > 1) {
      throw new ModelMismatchException(
          file.place() + ": expected one VGG16, got " + Quote.escape(prefixes.toString()));
    }
    var layers = new LinkedHashMap<String, String>();
    if (!prefixes.isEmpty()) {
      var names = new ArrayList<String>();
      for (Layer layer : Backbone.vgg16().layers()) {
        if (layer instanceof Conv3x3 convolution) {
          names.add(convolution.name());
        }
      }
      for (int i = 0; i < names.size(); i++) {
        layers.put(names.get(i), prefixes.get(0) + POSITIONS.get(i));
      }
    }
    return layers;
  }

  /** Sides fit and biases are there; what follows what is checked where a network is made of it. */
  private static boolean areConvolutions(TensorFile file, String prefix) {
    return POSITIONS.stream()
        .map(position -> prefix + position)
        .allMatch(layer -> {
          List<Integer> shape = file.shapes().getOrDefault(layer + ".weight", List.of());
          return shape.size() == 4
              && shape.get(2) == 3
              && shape.get(3) == 3
              && List.of(shape.get(0)).equals(file.shapes().get(layer + ".bias"));
        });
  }
}
