package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pickle of protocol 2 without executing anything: it knows the opcodes of plain values,
 * and asks a vocabulary for every class, call and persistent id. Anything else is refused by name.
 *
 * <p>Values are {@link Long}, {@link Double}, {@link Boolean}, {@link String}, {@link #NONE},
 * {@link List} (list or tuple), {@link Map} with keys of text or whole numbers, and what the
 * vocabulary makes. A list or map may hold itself.
 */
final class PickleReader {
  /** A thousand tensors take some forty thousand operations and 100 KB. */
  static final int LONGEST = 8 << 20;

  private static final int MOST_OPERATIONS = 1_000_000;
  private static final int LONGEST_NUMBER = 8;
  private static final int PROTOCOL = 2;

  /** Python's None. */
  static final Object NONE = new Object();

  private static final Object MARK = new Object();

  /** What stands behind the names in a pickle. */
  interface Vocabulary {
    /** The class or function of that name; refuses what it does not know. */
    Object global(Place place, String module, String name) throws IOException;

    /** What a persistent id stands for. */
    Object persistent(Place place, Object id) throws IOException;

    /** The result of calling what {@link #global} gave. */
    Object call(Place place, Object function, List<?> arguments) throws IOException;
  }

  private final Place file;
  private final ByteBuffer in;
  private final Vocabulary vocabulary;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private Place place;

  private PickleReader(Place file, byte[] bytes, Vocabulary vocabulary) {
    this.file = file;
    this.place = file;
    this.in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.vocabulary = vocabulary;
  }

  /**
   * Reads the one value of a pickle.
   *
   * @throws UnsupportedWeightException if it holds an opcode that is not needed for plain values,
   *     or what the vocabulary refuses
   */
  static Object read(Place file, byte[] bytes, Vocabulary vocabulary) throws IOException {
    return new PickleReader(file, bytes, vocabulary).run();
  }

  private Object run() throws IOException {
    for (int operations = 0; operations < MOST_OPERATIONS; operations++) {
      place = file.at(in.position());
      int code = (int) unsigned(1);
      PickleOpcode opcode = PickleOpcode.of(code);
      if (opcode == null) {
        throw place.wrong("a pickle's opcode", String.format("0x%02x", code));
      }
      if (opcode == PickleOpcode.STOP) {
        Object result = pop();
        if (!stack.isEmpty() || in.hasRemaining()) {
          throw place.wrong(
              "the end of the pickle",
              stack.size() + " more values and " + in.remaining() + " more bytes");
        }
        return result;
      }
      step(opcode);
    }
    throw place.limit("at most " + MOST_OPERATIONS + " operations", "more");
  }

  private void step(PickleOpcode opcode) throws IOException {
    switch (opcode) {
      case PROTO -> checkProtocol();
      case MARK -> stack.add(MARK);
      case NONE -> stack.add(NONE);
      case NEWTRUE -> stack.add(true);
      case NEWFALSE -> stack.add(false);
      case BININT -> stack.add((long) (int) unsigned(4));
      case BININT1 -> stack.add(unsigned(1));
      case BININT2 -> stack.add(unsigned(2));
      case LONG1 -> stack.add(number());
      case BINFLOAT -> stack.add(Double.longBitsToDouble(Long.reverseBytes(unsigned(8))));
      case BINUNICODE -> stack.add(text(bytes(unsigned(4))));
      case EMPTY_TUPLE -> stack.add(List.of());
      case TUPLE1 -> stack.add(tuple(stack.size() - 1));
      case TUPLE2 -> stack.add(tuple(stack.size() - 2));
      case TUPLE3 -> stack.add(tuple(stack.size() - 3));
      case TUPLE -> stack.add(popToMark());
      case EMPTY_LIST -> stack.add(new ArrayList<>());
      case APPEND -> append(List.of(pop()));
      case APPENDS -> append(popToMark());
      case EMPTY_DICT -> stack.add(new LinkedHashMap<>());
      case SETITEM -> setItems(tuple(stack.size() - 2));
      case SETITEMS -> setItems(popToMark());
      case BINPUT -> memo.put(unsigned(1), top());
      case LONG_BINPUT -> memo.put(unsigned(4), top());
      case BINGET -> stack.add(recall(unsigned(1)));
      case LONG_BINGET -> stack.add(recall(unsigned(4)));
      case GLOBAL -> stack.add(vocabulary.global(place, line(), line()));
      case BINPERSID -> stack.add(vocabulary.persistent(place, pop()));
      case REDUCE -> {
        List<Object> call = tuple(stack.size() - 2);
        if (!(call.get(1) instanceof List<?> arguments)) {
          throw place.wrong("a tuple of arguments", kind(call.get(1)));
        }
        stack.add(vocabulary.call(place, call.get(0), arguments));
      }
      case BUILD -> {
        // A state dict's versions of modules: nothing of it is weights.
        Object state = pop();
        if (!(top() instanceof Map) || !(state instanceof Map)) {
          throw place.unsupported("BUILD of " + kind(top()) + " is refused");
        }
      }
      default ->
          throw place.unsupported(
              "pickle opcode " + opcode + " is refused: a state dict of tensors needs none");
    }
  }

  private void checkProtocol() throws IOException {
    long protocol = unsigned(1);
    if (protocol != PROTOCOL) {
      throw place.unsupported("pickle protocol " + protocol + " is not read: expected " + PROTOCOL);
    }
  }

  private byte[] bytes(long count) throws IOException {
    if (count > in.remaining()) {
      throw place.truncated(count, in.position(), in.limit());
    }
    byte[] bytes = new byte[(int) count];
    in.get(bytes);
    return bytes;
  }

  /** Little endian; of eight bytes the highest is the sign. */
  private long unsigned(int count) throws IOException {
    byte[] bytes = bytes(count);
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = value << 8 | (bytes[i] & 0xff);
    }
    return value;
  }

  private long number() throws IOException {
    int count = (int) unsigned(1);
    if (count > LONGEST_NUMBER) {
      throw place.limit("a number of at most " + LONGEST_NUMBER + " bytes", count);
    }
    long value = unsigned(count);
    int unused = Long.SIZE - 8 * count;
    return count == 0 ? 0 : value << unused >> unused;
  }

  private String text(byte[] bytes) throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw place.wrong("text in UTF-8", "bytes that are not UTF-8");
    }
  }

  private String line() throws IOException {
    int start = in.position();
    int end = start;
    while (end < in.limit() && in.get(end) != '\n') {
      end++;
    }
    String line = text(bytes(end - start));
    bytes(1);
    return line;
  }

  private Object top() throws IOException {
    if (stack.isEmpty() || stack.getLast() == MARK) {
      throw place.wrong("a value on the pickle's stack", "none");
    }
    return stack.getLast();
  }

  private Object pop() throws IOException {
    Object top = top();
    stack.removeLast();
    return top;
  }

  private List<Object> tuple(int start) throws IOException {
    List<Object> values = start < 0 ? List.of() : stack.subList(start, stack.size());
    if (start < 0 || values.contains(MARK)) {
      throw place.wrong("enough values on the pickle's stack", stack.size());
    }
    List<Object> tuple = List.copyOf(values);
    values.clear();
    return tuple;
  }

  private List<Object> popToMark() throws IOException {
    int mark = stack.size() - 1;
    while (mark >= 0 && stack.get(mark) != MARK) {
      mark--;
    }
    if (mark < 0) {
      throw place.wrong("a mark on the pickle's stack", "none");
    }
    List<Object> values = tuple(mark + 1);
    stack.removeLast();
    return values;
  }

  @SuppressWarnings("unchecked")
  private void append(List<Object> values) throws IOException {
    if (!(top() instanceof ArrayList<?> list)) {
      throw place.wrong("a list to append to", kind(top()));
    }
    ((List<Object>) list).addAll(values);
  }

  @SuppressWarnings("unchecked")
  private void setItems(List<Object> items) throws IOException {
    if (!(top() instanceof Map<?, ?> map)) {
      throw place.wrong("a dictionary to set items of", kind(top()));
    }
    if (items.size() % 2 != 0) {
      throw place.wrong("keys with values", items.size() + " values");
    }
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      if (!(key instanceof String || key instanceof Long)) {
        throw place.unsupported("keys of a dictionary are text or numbers, got " + kind(key));
      }
      if (((Map<Object, Object>) map).put(key, items.get(i + 1)) != null) {
        throw place.wrong("each key once", Quote.of(key.toString()) + " twice");
      }
    }
  }

  private Object recall(long index) throws IOException {
    Object value = memo.get(index);
    if (value == null) {
      throw place.wrong("a value kept as number " + index, "none");
    }
    return value;
  }

  /** What a value is, for a message; its content may be endless. */
  static String kind(Object value) {
    return switch (value) {
      case String text -> "text " + Quote.of(text);
      case Long number -> "the number " + number;
      case Double number -> "the number " + number;
      case Boolean flag -> flag ? "True" : "False";
      case List<?> list -> "a list of " + list.size();
      case Map<?, ?> map -> "a dictionary of " + map.size();
      default -> value == NONE ? "None" : "a " + value.getClass().getSimpleName();
    };
  }
}
