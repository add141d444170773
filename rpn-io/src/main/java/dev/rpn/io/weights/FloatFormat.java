package dev.rpn.io.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The floating-point formats that become float32, named as safetensors names them. */
enum FloatFormat {
  F64(8, 11, 52),
  F32(4, 8, 23),
  F16(2, 5, 10),
  BF16(2, 8, 7);

  private final int bytes;
  private final int exponentBits;
  private final int mantissaBits;

  FloatFormat(int bytes, int exponentBits, int mantissaBits) {
    this.bytes = bytes;
    this.exponentBits = exponentBits;
    this.mantissaBits = mantissaBits;
  }

  /** Whether a format with so many bits of exponent and mantissa is this one. */
  boolean hasBits(int exponent, int mantissa) {
    return exponent == exponentBits && mantissa == mantissaBits;
  }

  /** Bytes a value. */
  int bytes() {
    return bytes;
  }

  /**
   * Turns little-endian values into float32; a double is rounded to the nearest.
   *
   * @param to float32 in the machine's order
   */
  void decode(MemorySegment from, int count, MemorySegment to, long firstIndex) {
    if (this == F32) {
      MemorySegment.copy(
          from, NpyArray.FLOAT, 0, to, ValueLayout.JAVA_FLOAT, firstIndex * Float.BYTES, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      float value =
          switch (this) {
            case F64 -> (float) from.getAtIndex(NpyArray.DOUBLE, i);
            case F16 -> Float.float16ToFloat(from.getAtIndex(NpyArray.SHORT, i));
            default -> Float.intBitsToFloat(from.getAtIndex(NpyArray.SHORT, i) << 16);
          };
      to.setAtIndex(ValueLayout.JAVA_FLOAT, firstIndex + i, value);
    }
  }

  /** Turns the bytes of every value of that width around: big endian becomes little. */
  static void reverse(byte[] bytes, int width) {
    for (int start = 0; start < bytes.length; start += width) {
      for (int low = start, high = start + width - 1; low < high; low++, high--) {
        byte kept = bytes[low];
        bytes[low] = bytes[high];
        bytes[high] = kept;
      }
    }
  }
}
