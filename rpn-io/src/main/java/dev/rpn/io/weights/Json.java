package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * JSON read strictly: UTF-8 that decodes, every key once, nothing after the value, bounded depth.
 */
final class Json {
  /** Deep enough for every header that this library or its peers write. */
  static final int HEADER_DEPTH = 16;

  /**
   * Characters read at most. An empty object in a list is three characters and some 80 bytes of
   * heap; a parser that finds the end of the heap takes it from every thread.
   */
  private static final long MAX_LENGTH = Runtime.getRuntime().maxMemory() / 128;

  private static final JsonMapper SHALLOW = mapper(HEADER_DEPTH);

  private Json() {}

  private static JsonMapper mapper(int depth) {
    var constraints =
        StreamReadConstraints.builder()
            .maxNestingDepth(depth)
            .maxNumberLength(100)
            .maxStringLength(1 << 20)
            .build();
    return JsonMapper.builder(JsonFactory.builder().streamReadConstraints(constraints).build())
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .build();
  }

  /**
   * Reads one object.
   *
   * @param place where its first byte stands
   */
  static ObjectNode object(Place place, byte[] bytes, int depth) throws IOException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw place.wrong("JSON in UTF-8", "bytes that are not UTF-8");
    }
    return object(place, text, depth);
  }

  /** Reads one object. */
  static ObjectNode object(Place place, String text, int depth) throws IOException {
    if (text.length() > MAX_LENGTH) {
      throw place.limit(
          "JSON of at most " + MAX_LENGTH + " characters in this heap", text.length());
    }
    JsonNode node;
    try {
      node = (depth == HEADER_DEPTH ? SHALLOW : mapper(depth)).readTree(text);
    } catch (StreamConstraintsException e) {
      throw place.limit("JSON within limits", Quote.escape(e.getOriginalMessage()));
    } catch (JacksonException e) {
      throw place.wrong("not valid JSON", e);
    }
    if (!(node instanceof ObjectNode object)) {
      throw place.wrong("a JSON object", node.getNodeType().toString().toLowerCase(Locale.ROOT));
    }
    return object;
  }

  /** A new, empty object to write. */
  static ObjectNode create() {
    return SHALLOW.createObjectNode();
  }

  static String text(ObjectNode object) {
    return SHALLOW.writeValueAsString(object);
  }
}
