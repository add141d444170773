package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a safetensors header says, checked: types and shapes that fit their bytes, and bytes that
 * cover the rest of the file, each once.
 *
 * @param tensors in the header's order
 * @param metadata text by key
 */
record SafetensorsHeader(Map<String, Entry> tensors, Map<String, String> metadata) {
  private static final String METADATA = "__metadata__";
  private static final int MOST_SIDES = 32;

  /**
   * One tensor.
   *
   * @param begin its first byte after the header
   * @param end the byte after its last
   */
  record Entry(SafetensorsType type, List<Integer> shape, long begin, long end) {}

  /**
   * Parses the JSON text.
   *
   * @param place where the text begins
   * @param dataBytes bytes of the file after it
   */
  static SafetensorsHeader parse(Place place, byte[] text, long dataBytes) throws IOException {
    ObjectNode root = Json.object(place, text, Json.HEADER_DEPTH);
    var tensors = new LinkedHashMap<String, Entry>();
    Map<String, String> metadata = Map.of();
    for (Map.Entry<String, JsonNode> property : root.properties()) {
      if (property.getKey().equals(METADATA)) {
        metadata = metadata(place, property.getValue());
      } else {
        Place at = place.tensor(property.getKey());
        tensors.put(property.getKey(), entry(at, property.getValue(), dataBytes));
      }
    }
    checkCover(place, tensors, dataBytes);
    return new SafetensorsHeader(tensors, metadata);
  }

  private static Map<String, String> metadata(Place place, JsonNode node) throws IOException {
    if (!node.isObject()) {
      throw place.wrong(METADATA + " to be an object", kind(node));
    }
    var metadata = new LinkedHashMap<String, String>();
    for (Map.Entry<String, JsonNode> property : node.properties()) {
      if (!property.getValue().isString()) {
        throw place.wrong(
            METADATA + " " + Quote.of(property.getKey()) + " to be text",
            kind(property.getValue()));
      }
      metadata.put(property.getKey(), property.getValue().stringValue());
    }
    return metadata;
  }

  private static Entry entry(Place place, JsonNode node, long dataBytes) throws IOException {
    if (!node.isObject()
        || !Set.copyOf(node.propertyNames()).equals(Set.of("dtype", "shape", "data_offsets"))) {
      throw place.wrong("an object of dtype, shape and data_offsets", describe(node));
    }
    SafetensorsType type = type(place, node.get("dtype"));
    List<Integer> shape = shape(place, node.get("shape"));
    JsonNode offsets = node.get("data_offsets");
    if (!offsets.isArray() || offsets.size() != 2) {
      throw place.wrong("two data_offsets", describe(offsets));
    }
    long begin = offset(place, offsets.get(0));
    long end = offset(place, offsets.get(1));
    if (begin > end) {
      throw place.wrong("data_offsets that do not fall", "[" + begin + ", " + end + "]");
    }
    if (end > dataBytes) {
      throw place.wrong("data_offsets within the " + dataBytes + " bytes of data", end);
    }
    long bytes = shape.stream().mapToLong(s -> s).reduce(type.bytes(), (a, b) -> a * b);
    if (bytes != end - begin) {
      throw place.wrong(bytes + " bytes for " + type + " " + shape, end - begin);
    }
    return new Entry(type, shape, begin, end);
  }

  private static SafetensorsType type(Place place, JsonNode node) throws IOException {
    if (!node.isString()) {
      throw place.wrong("dtype to be text", kind(node));
    }
    SafetensorsType type = SafetensorsType.of(node.stringValue());
    if (type == null) {
      // Without its size nothing tells which bytes are the tensor's.
      throw place.unsupported(
          "dtype "
              + Quote.of(node.stringValue())
              + " is not known: expected one of "
              + Arrays.toString(SafetensorsType.values()));
    }
    return type;
  }

  private static List<Integer> shape(Place place, JsonNode node) throws IOException {
    if (!node.isArray()) {
      throw place.wrong("shape to be an array", kind(node));
    }
    if (node.size() > MOST_SIDES) {
      throw place.limit("at most " + MOST_SIDES + " sides", node.size());
    }
    var shape = new ArrayList<Integer>();
    long count = 1;
    for (JsonNode side : node) {
      if (!side.isIntegralNumber() || side.asString().startsWith("-")) {
        throw place.wrong("a shape of whole numbers", describe(node));
      }
      if (!side.canConvertToInt()) {
        throw place.limit("sides of at most 2147483647", describe(side));
      }
      shape.add(side.intValue());
      count *= side.intValue();
      if (count > Integer.MAX_VALUE) {
        throw place.limit("at most 2147483647 values", "shape " + describe(node));
      }
    }
    return List.copyOf(shape);
  }

  private static long offset(Place place, JsonNode node) throws IOException {
    if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
      throw place.wrong("a byte offset", describe(node));
    }
    return node.longValue();
  }

  /** Every byte of the data belongs to exactly one tensor. */
  private static void checkCover(Place place, Map<String, Entry> tensors, long dataBytes)
      throws IOException {
    var inOrder = new ArrayList<>(tensors.entrySet());
    inOrder.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    long next = 0;
    for (Map.Entry<String, Entry> tensor : inOrder) {
      long begin = tensor.getValue().begin();
      if (begin != next) {
        throw place
            .tensor(tensor.getKey())
            .wrong(
                "data at offset " + next + ", after the tensor before",
                begin + (begin < next ? " (overlap)" : " (hole)"));
      }
      next = tensor.getValue().end();
    }
    if (next != dataBytes) {
      throw place.wrong(next + " bytes of data, the end of the last tensor", dataBytes);
    }
  }

  private static String describe(JsonNode node) {
    return Quote.of(node.toString());
  }

  private static String kind(JsonNode node) {
    return node.getNodeType().toString();
  }
}
