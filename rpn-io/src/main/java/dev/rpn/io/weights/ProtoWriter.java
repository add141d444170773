package dev.rpn.io.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A protobuf message in the making: fields as bytes, and large values that are written later. */
final class ProtoWriter {
  private final List<Part> parts = new ArrayList<>();
  private ByteArrayOutputStream open = new ByteArrayOutputStream();

  /** Writes a value of known length. */
  @FunctionalInterface
  interface Values {
    void writeTo(OutputStream out) throws IOException;
  }

  private record Part(long size, Values values) {}

  ProtoWriter integer(int field, long value) {
    tag(field, ProtoReader.VARINT);
    varint(value);
    return this;
  }

  ProtoWriter text(int field, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    tag(field, ProtoReader.LENGTH);
    varint(bytes.length);
    open.writeBytes(bytes);
    return this;
  }

  ProtoWriter message(int field, ProtoWriter value) {
    value.close();
    tag(field, ProtoReader.LENGTH);
    varint(value.size());
    close();
    parts.addAll(value.parts);
    return this;
  }

  /** Bytes that are made when the message is written. */
  ProtoWriter values(int field, long size, Values values) {
    tag(field, ProtoReader.LENGTH);
    varint(size);
    close();
    parts.add(new Part(size, values));
    return this;
  }

  /** Bytes of all fields. */
  long size() {
    return open.size() + parts.stream().mapToLong(Part::size).sum();
  }

  void writeTo(OutputStream out) throws IOException {
    close();
    for (Part part : parts) {
      part.values.writeTo(out);
    }
  }

  /** What was gathered becomes a part. */
  private void close() {
    if (open.size() > 0) {
      ByteArrayOutputStream bytes = open;
      parts.add(new Part(bytes.size(), bytes::writeTo));
      open = new ByteArrayOutputStream();
    }
  }

  private void tag(int field, int wire) {
    varint(((long) field << 3) | wire);
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      open.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    open.write((int) rest);
  }
}
