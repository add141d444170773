package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The fields of one JSON object of a model file's metadata, each of the type asked for. */
final class JsonFields {
  private final Place place;
  private final String key;
  private final ObjectNode node;

  private JsonFields(Place place, String key, ObjectNode node) {
    this.place = place;
    this.key = key;
    this.node = node;
  }

  /** Builds a value of fields. */
  @FunctionalInterface
  interface Builder<T> {
    T build() throws IOException;
  }

  /** The object that stands as text under a metadata key. */
  static JsonFields of(TensorFile file, String key) throws IOException {
    String text = file.metadata().get(key);
    Place place = file.place();
    if (text == null) {
      throw place.wrong("metadata " + key, "none");
    }
    return new JsonFields(place, key, Json.object(place, text, Json.HEADER_DEPTH));
  }

  /** Builds a value; what its constructor refuses is the file's fault. */
  <T> T checked(Builder<T> builder) throws IOException {
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw place.wrong("metadata " + key, e);
    }
  }

  WeightFormatException wrong(String expectation, @Nullable Object actual) {
    return place.wrong(
        "metadata " + key + " with " + expectation, Quote.of(String.valueOf(actual)));
  }

  boolean has(String name) {
    return node.has(name);
  }

  JsonFields object(String name) throws IOException {
    if (!(node.get(name) instanceof ObjectNode child)) {
      throw wrong("an object '" + name + "'", node.get(name));
    }
    return new JsonFields(place, key, child);
  }

  List<JsonFields> objects(String name) throws IOException {
    var children = new ArrayList<JsonFields>();
    for (JsonNode child : array(name, node.get(name))) {
      if (!(child instanceof ObjectNode object)) {
        throw wrong("objects in '" + name + "'", child);
      }
      children.add(new JsonFields(place, key, object));
    }
    return children;
  }

  String text(String name) throws IOException {
    JsonNode value = node.get(name);
    if (value == null || !value.isString()) {
      throw wrong("text '" + name + "'", value);
    }
    return value.stringValue();
  }

  int integer(String name) throws IOException {
    return integer(name, node.get(name));
  }

  List<Integer> integers(String name) throws IOException {
    var values = new ArrayList<Integer>();
    for (JsonNode value : array(name, node.get(name))) {
      values.add(integer(name, value));
    }
    return values;
  }

  List<Float> floats(String name) throws IOException {
    return floats(name, node.get(name));
  }

  List<List<Float>> floatLists(String name) throws IOException {
    var lists = new ArrayList<List<Float>>();
    for (JsonNode list : array(name, node.get(name))) {
      lists.add(floats(name, list));
    }
    return lists;
  }

  private List<Float> floats(String name, @Nullable JsonNode list) throws IOException {
    var values = new ArrayList<Float>();
    for (JsonNode value : array(name, list)) {
      if (!value.isNumber()) {
        throw wrong("numbers in '" + name + "'", value);
      }
      values.add(value.decimalValue().floatValue());
    }
    return values;
  }

  private int integer(String name, @Nullable JsonNode value) throws IOException {
    if (value == null || !value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrong("a whole number '" + name + "'", value);
    }
    return value.intValue();
  }

  private JsonNode array(String name, @Nullable JsonNode value) throws IOException {
    if (value == null || !value.isArray()) {
      throw wrong("an array '" + name + "'", value);
    }
    return value;
  }
}
