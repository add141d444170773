package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Keras's description of a model. Nothing in it is ever instantiated; code and classes that are not
 * Keras's own are refused, because what they do to the weights cannot be known.
 */
final class KerasConfig {
  /** Nested models and their nodes go deeper than a header. */
  private static final int DEEPEST = 64;

  private KerasConfig() {}

  /**
   * Parses and checks a description.
   *
   * @throws UnsupportedWeightException if it holds a Lambda layer or a class of someone's own
   */
  static ObjectNode parse(Place place, String text) throws IOException {
    return checked(place, Json.object(place, text, DEEPEST));
  }

  /** Like the other, from the bytes of a file. */
  static ObjectNode parse(Place place, byte[] text) throws IOException {
    return checked(place, Json.object(place, text, DEEPEST));
  }

  private static ObjectNode checked(Place place, ObjectNode config) throws IOException {
    check(place, config);
    return config;
  }

  private static void check(Place place, JsonNode node) throws IOException {
    String className = text(node, "class_name");
    String module = text(node, "module");
    String registered = text(node, "registered_name");
    if (className.equals("Lambda") || className.equals("__lambda__")) {
      throw place.unsupported("code is refused: class " + Quote.of(className));
    }
    boolean keras =
        module.isEmpty()
            || module.equals("builtins")
            || module.equals("keras")
            || module.startsWith("keras.");
    if (!className.isEmpty() && (!keras || registered.contains(">"))) {
      throw place.unsupported(
          "classes other than Keras's are refused: "
              + Quote.of(registered.contains(">") ? registered : module + "." + className));
    }
    for (JsonNode child : node) {
      check(place, child);
    }
  }

  private static String text(JsonNode node, String key) {
    JsonNode value = node.get(key);
    return value != null && value.isString() ? value.stringValue() : "";
  }

  /**
   * Layer names by their group below {@code layers} in a {@code .weights.h5}: the class in snake
   * case, with a counter from the second on.
   */
  static Map<String, String> groups(ObjectNode config) {
    var names = new HashMap<String, String>();
    var counts = new HashMap<String, Integer>();
    for (JsonNode layer : config.path("config").path("layers")) {
      String group = snakeCase(text(layer, "class_name"));
      int count = counts.merge(group, 1, Integer::sum) - 1;
      String name = text(layer.path("config"), "name");
      if (!name.isEmpty()) {
        names.put(count == 0 ? group : group + "_" + count, name);
      }
    }
    return names;
  }

  /** As Keras does it: MaxPooling2D becomes max_pooling2d, Conv2D conv2d. */
  private static String snakeCase(String name) {
    return name.replaceAll("\\W+", "")
        .replaceAll("(.)([A-Z][a-z]+)", "$1_$2")
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }
}
