package dev.rpn.io.weights;

import org.jspecify.annotations.Nullable;

/** What the values of a safetensors tensor are, under the format's own names. */
enum SafetensorsType {
  F64(8, FloatFormat.F64),
  F32(4, FloatFormat.F32),
  F16(2, FloatFormat.F16),
  BF16(2, FloatFormat.BF16),
  F8_E4M3(1, null),
  F8_E5M2(1, null),
  I64(8, null),
  U64(8, null),
  I32(4, null),
  U32(4, null),
  I16(2, null),
  U16(2, null),
  I8(1, null),
  U8(1, null),
  BOOL(1, null);

  private final int bytes;
  private final @Nullable FloatFormat format;

  SafetensorsType(int bytes, @Nullable FloatFormat format) {
    this.bytes = bytes;
    this.format = format;
  }

  /** The type of that name, or null. */
  static @Nullable SafetensorsType of(String dtype) {
    for (SafetensorsType type : values()) {
      if (type.name().equals(dtype)) {
        return type;
      }
    }
    return null;
  }

  /** Bytes a value. */
  int bytes() {
    return bytes;
  }

  /** How values become float32; null for what is not read as a weight. */
  @Nullable FloatFormat format() {
    return format;
  }
}
