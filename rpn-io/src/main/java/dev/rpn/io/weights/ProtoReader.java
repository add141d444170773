package dev.rpn.io.weights;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Walks protobuf's wire format field by field, through one buffer over the file. Whatever is kept
 * of a file is counted, so that no file takes more memory than a sane one.
 */
final class ProtoReader implements Closeable {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH = 2;
  static final int FIXED32 = 5;

  /** Where protobuf's own readers stop, too. */
  private static final int DEEPEST = 100;

  private static final int CHUNK = 1 << 16;
  private static final int LONGEST_TEXT = 1 << 16;

  /** Nodes and names of a graph with a thousand layers take a hundredth of this. */
  private static final long MOST_KEPT = 32L << 20;

  /** About what an object with its lists takes. */
  private static final int OBJECT = 128;

  private final Place place;
  private final FileChannel channel;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private long bufferEnd;
  private long limit;
  private int depth;
  private int field;
  private int wire;
  private long kept;

  private ProtoReader(Path file, FileChannel channel) throws IOException {
    this.place = Place.of(file);
    this.channel = channel;
    this.limit = channel.size();
  }

  static ProtoReader open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return new ProtoReader(file, channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** The file, without a byte. */
  Place place() {
    return place;
  }

  /** The next byte of the file. */
  long position() {
    return bufferEnd - buffer.remaining();
  }

  /** The byte after the message's last. */
  long limit() {
    return limit;
  }

  /** Goes to a message whose bytes are known already. */
  void reopen(long start, long end) {
    seek(start);
    limit = end;
    depth = 1;
  }

  /** Goes to the next field of the message; false at its end. */
  boolean next() throws IOException {
    long at = position();
    if (at == limit) {
      return false;
    }
    long tag = nextVarint();
    if (tag >>> 3 == 0 || tag >>> 3 > 0x1fff_ffff) {
      throw place
          .at(at)
          .wrong("a protobuf field's number", "the tag " + Long.toUnsignedString(tag));
    }
    field = (int) (tag >>> 3);
    wire = (int) (tag & 7);
    return true;
  }

  /** The number of the field that {@link #next} came to. */
  int field() {
    return field;
  }

  /** The field's value, a whole number. */
  long varint() throws IOException {
    expect(VARINT);
    return nextVarint();
  }

  /** The field's value, a text to keep. */
  String text() throws IOException {
    long length = length();
    if (length > LONGEST_TEXT) {
      throw here().limit("a name of at most " + LONGEST_TEXT + " bytes", length);
    }
    keep(OBJECT + 2 * length);
    ByteBuffer bytes = ByteBuffer.allocate((int) length);
    bytes(bytes);
    return StandardCharsets.UTF_8.decode(bytes.flip()).toString();
  }

  /**
   * Goes into the field's value, a message.
   *
   * @return what {@link #leave} needs to come back
   */
  long enter() throws IOException {
    long outer = limit;
    long length = length();
    if (depth == DEEPEST) {
      throw here().limit("messages nested at most " + DEEPEST + " deep", "more");
    }
    depth++;
    limit = position() + length;
    return outer;
  }

  /** Goes out of a message, to its end. */
  void leave(long outer) {
    seek(limit);
    limit = outer;
    depth--;
  }

  /** Reads one value of a repeated field. */
  @FunctionalInterface
  interface Element {
    void read() throws IOException;
  }

  /** Reads the field's value or values: they may be packed or not. */
  void repeated(int elementWire, Element element) throws IOException {
    if (wire == elementWire) {
      element.read();
      return;
    }
    long outer = enter();
    while (position() < limit) {
      element.read();
    }
    leave(outer);
  }

  /**
   * Passes the field's value over.
   *
   * @return its bytes, without the length before it
   */
  long skip() throws IOException {
    long at = position();
    switch (wire) {
      case VARINT -> nextVarint();
      case FIXED64 -> move(Long.BYTES);
      case LENGTH -> {
        long length = length();
        move(length);
        return length;
      }
      case FIXED32 -> move(Integer.BYTES);
      default -> throw here().wrong("a protobuf wire type 0, 1, 2 or 5", wire);
    }
    return position() - at;
  }

  /** The next bytes of the message as a varint. */
  long nextVarint() throws IOException {
    long at = position();
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      require(1);
      byte b = buffer.get();
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw place.at(at).wrong("a varint of at most 10 bytes", "a longer one");
  }

  /** The next four bytes of the message. */
  float nextFloat() throws IOException {
    require(Float.BYTES);
    return buffer.getFloat();
  }

  /** The next eight bytes of the message. */
  double nextDouble() throws IOException {
    require(Double.BYTES);
    return buffer.getDouble();
  }

  /** Fills what remains of a buffer with the next bytes of the message. */
  void bytes(ByteBuffer to) throws IOException {
    while (to.hasRemaining()) {
      require(Math.min(to.remaining(), CHUNK));
      int count = Math.min(to.remaining(), buffer.remaining());
      to.put(buffer.slice(buffer.position(), count));
      buffer.position(buffer.position() + count);
    }
  }

  /** Counts an object that is made of what was read. */
  void keepObject() throws IOException {
    keep(OBJECT);
  }

  /** Counts a number that is kept. */
  long kept(long number) throws IOException {
    keep(3 * Long.BYTES);
    return number;
  }

  private void keep(long bytes) throws IOException {
    kept += bytes;
    if (kept > MOST_KEPT) {
      throw here().limit("a graph of at most " + MOST_KEPT + " bytes beside its values", "more");
    }
  }

  private Place here() {
    return place.at(position());
  }

  private void expect(int expected) throws IOException {
    if (wire != expected) {
      throw here().wrong("wire type " + expected + " of field " + field, wire);
    }
  }

  private long length() throws IOException {
    expect(LENGTH);
    long at = position();
    long length = nextVarint();
    long rest = limit - position();
    if (length < 0 || length > rest) {
      throw place
          .at(at)
          .wrong(
              "a length of at most " + rest + " bytes, the rest of the message",
              Long.toUnsignedString(length));
    }
    return length;
  }

  /** So many bytes of the message, at most a chunk, are in the buffer after this. */
  private void require(int bytes) throws IOException {
    long rest = limit - position();
    if (bytes > rest) {
      throw here().wrong(bytes + " bytes", rest + " to the end of the message");
    }
    while (buffer.remaining() < bytes) {
      buffer.compact();
      int read = channel.read(buffer, bufferEnd);
      buffer.flip();
      if (read < 0) {
        throw place.truncated(bytes, position(), channel.size());
      }
      bufferEnd += read;
    }
  }

  private void move(long bytes) throws IOException {
    long rest = limit - position();
    if (bytes > rest) {
      throw here().wrong(bytes + " bytes", rest + " to the end of the message");
    }
    seek(position() + bytes);
  }

  private void seek(long to) {
    long step = to - position();
    if (step >= 0 && step <= buffer.remaining()) {
      buffer.position(buffer.position() + (int) step);
    } else {
      buffer.limit(0);
      bufferEnd = to;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
