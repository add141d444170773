package dev.rpn.io.weights;

import org.jspecify.annotations.Nullable;

/** What the values of a numpy array are; the code is that of numpy's array protocol. */
public enum NpyType {
  /** A byte, 0 or 1. */
  BOOL("b1", 1),
  /** A signed byte. */
  INT8("i1", 1),
  /** An unsigned byte. */
  UINT8("u1", 1),
  /** A 16-bit integer. */
  INT16("i2", 2),
  /** A 32-bit integer. */
  INT32("i4", 4),
  /** A 64-bit integer. */
  INT64("i8", 8),
  /** IEEE half precision. */
  FLOAT16("f2", 2),
  /** IEEE single precision. */
  FLOAT32("f4", 4),
  /** IEEE double precision. */
  FLOAT64("f8", 8);

  private final String code;
  private final int bytes;

  NpyType(String code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** Bytes a value. */
  int bytes() {
    return bytes;
  }

  /** The descriptor in a header, little endian. */
  String descriptor() {
    return (bytes == 1 ? "|" : "<") + code;
  }

  /** The type of a code without its byte order, or null. */
  static @Nullable NpyType ofCode(String code) {
    for (NpyType type : values()) {
      if (type.code.equals(code)) {
        return type;
      }
    }
    return null;
  }
}
