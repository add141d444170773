package dev.rpn.io.weights;

import org.jspecify.annotations.Nullable;

/** What the values of a torch storage are, under the names of torch's storage classes. */
enum TorchType {
  DoubleStorage("F64", 8, FloatFormat.F64),
  FloatStorage("F32", 4, FloatFormat.F32),
  HalfStorage("F16", 2, FloatFormat.F16),
  BFloat16Storage("BF16", 2, FloatFormat.BF16),
  LongStorage("I64", 8, null),
  IntStorage("I32", 4, null),
  ShortStorage("I16", 2, null),
  CharStorage("I8", 1, null),
  ByteStorage("U8", 1, null),
  BoolStorage("BOOL", 1, null);

  private final String code;
  private final int bytes;
  private final @Nullable FloatFormat format;

  TorchType(String code, int bytes, @Nullable FloatFormat format) {
    this.code = code;
    this.bytes = bytes;
    this.format = format;
  }

  /** The type of a storage class, or null. */
  static @Nullable TorchType of(String className) {
    for (TorchType type : values()) {
      if (type.name().equals(className)) {
        return type;
      }
    }
    return null;
  }

  /** As safetensors names it. */
  String code() {
    return code;
  }

  /** Bytes a value. */
  int bytes() {
    return bytes;
  }

  /** How values become float32; null for whole numbers, which are no weights. */
  @Nullable FloatFormat format() {
    return format;
  }
}
