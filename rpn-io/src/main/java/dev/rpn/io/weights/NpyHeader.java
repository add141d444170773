package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header of a {@code .npy} file, versions 1.0 to 3.0 (numpy enhancement proposal 1): a magic, a
 * length and a Python literal that gives type, order and shape.
 *
 * @param type the values' type
 * @param swapped whether they are big endian
 * @param fortran whether the first axis is the fastest
 * @param shape its sides
 * @param bytes bytes of the header, magic included
 */
record NpyHeader(NpyType type, boolean swapped, boolean fortran, List<Integer> shape, int bytes) {
  static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  private static final int LONGEST = 10_000;
  private static final int MOST_SIDES = 32;

  /** One entry of the dictionary: no two parts can match the same text, so matching is linear. */
  private static final Pattern ENTRY =
      Pattern.compile(
          "\\s*+['\"]([a-z_]++)['\"]\\s*+:\\s*+"
              + "('[^']*+'|\"[^\"]*+\"|True|False|\\([0-9L,\\s]*+\\)|\\[[^]]*+\\])\\s*+(?:,|$)");

  /** The number of values. */
  long count() {
    long count = 1;
    for (int side : shape) {
      count *= side;
    }
    return count;
  }

  /** The sides as an array. */
  int[] sides() {
    return shape.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Bytes of the values. */
  long payload() {
    return count() * type.bytes();
  }

  /**
   * Reads up to the first value.
   *
   * @param size bytes of the whole file or entry
   */
  static NpyHeader read(Place place, InputStream in, long size) throws IOException {
    byte[] start = in.readNBytes(8);
    if (start.length < 8) {
      throw place.truncated(8, 0, size);
    }
    if (!Arrays.equals(start, 0, 6, MAGIC, 0, 6)) {
      throw place.at(0).wrong("numpy's magic \\x93NUMPY", "something else");
    }
    int version = start[6];
    if (version < 1 || version > 3) {
      throw place.at(6).unsupported("numpy format version " + version);
    }
    int lengthBytes = version == 1 ? 2 : 4;
    byte[] field = in.readNBytes(lengthBytes);
    if (field.length < lengthBytes) {
      throw place.truncated(lengthBytes, 8, size);
    }
    long length = 0;
    for (int i = lengthBytes - 1; i >= 0; i--) {
      length = (length << 8) | (field[i] & 0xff);
    }
    if (length > LONGEST) {
      throw place.at(8).limit("a header of at most " + LONGEST + " bytes", length);
    }
    byte[] text = in.readNBytes((int) length);
    if (text.length < length) {
      throw place.truncated(length, 8L + lengthBytes, size);
    }
    int bytes = 8 + lengthBytes + (int) length;
    return parse(place.at(8L + lengthBytes), new String(text, StandardCharsets.UTF_8), bytes);
  }

  private static NpyHeader parse(Place place, String text, int bytes) throws IOException {
    Map<String, String> keys = dictionary(place, text.strip());
    if (!keys.keySet().equals(Set.of("descr", "fortran_order", "shape"))) {
      throw place.wrong("the keys descr, fortran_order and shape", Quote.of(text.strip()));
    }
    String order = keys.getOrDefault("fortran_order", "");
    if (!order.equals("True") && !order.equals("False")) {
      throw place.wrong("fortran_order True or False", Quote.of(order));
    }
    String sides = keys.getOrDefault("shape", "");
    if (!sides.startsWith("(")) {
      throw place.wrong("a shape in round brackets", Quote.of(sides));
    }
    String descriptor = keys.getOrDefault("descr", "");
    NpyType type = type(place, descriptor);
    return new NpyHeader(
        type,
        type.bytes() > 1 && descriptor.charAt(1) == '>',
        order.equals("True"),
        shape(place, sides.substring(1, sides.length() - 1)),
        bytes);
  }

  private static Map<String, String> dictionary(Place place, String text) throws IOException {
    var keys = new HashMap<String, String>();
    if (text.startsWith("{") && text.endsWith("}")) {
      String body = text.substring(1, text.length() - 1);
      Matcher entry = ENTRY.matcher(body);
      int at = 0;
      while (entry.region(at, body.length()).lookingAt()) {
        if (keys.put(entry.group(1), entry.group(2)) != null) {
          throw place.wrong("each key once", Quote.of(entry.group(1)) + " twice");
        }
        at = entry.end();
      }
      if (body.substring(at).isBlank()) {
        return keys;
      }
    }
    throw place.wrong("a dictionary of descr, fortran_order and shape", Quote.of(text));
  }

  private static NpyType type(Place place, String descriptor) throws IOException {
    if (descriptor.startsWith("[")) {
      throw place.unsupported("records are not read: descr " + Quote.of(descriptor));
    }
    String code = descriptor.substring(1, descriptor.length() - 1);
    if (code.contains("O")) {
      throw place.unsupported("Python objects (pickle) are refused: descr " + Quote.of(code));
    }
    NpyType type = code.matches("[<>=|].*") ? NpyType.ofCode(code.substring(1)) : null;
    if (type == null || (type.bytes() > 1 && code.charAt(0) == '|')) {
      throw place.unsupported(
          "type " + Quote.of(code) + " is not read: expected b1, i1, u1, i2, i4, i8, f2, f4 or f8");
    }
    return type;
  }

  private static List<Integer> shape(Place place, String text) throws IOException {
    String[] parts = text.isBlank() ? new String[0] : text.split(",", -1);
    int sides = parts.length;
    if (sides > 0 && parts[sides - 1].isBlank()) {
      sides--;
    }
    if (sides > MOST_SIDES) {
      throw place.limit("at most " + MOST_SIDES + " sides", sides);
    }
    var shape = new ArrayList<Integer>();
    long count = 1;
    for (int i = 0; i < sides; i++) {
      String digits = parts[i].strip();
      if (digits.endsWith("L")) {
        digits = digits.substring(0, digits.length() - 1);
      }
      if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
        throw place.wrong("a shape of whole numbers", Quote.of(text));
      }
      if (digits.length() > 10 || Long.parseLong(digits) > Integer.MAX_VALUE) {
        throw place.limit("sides of at most 2147483647", Quote.of(text));
      }
      int side = Integer.parseInt(digits);
      shape.add(side);
      count *= side;
      if (count > Integer.MAX_VALUE) {
        throw place.limit("at most 2147483647 values", "shape " + Quote.of(text));
      }
    }
    return shape;
  }
}
