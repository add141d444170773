package dev.rpn.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * An array of float32 in native memory, last axis fastest.
 *
 * <p>Weights live outside the heap so that the kernels only ever see native segments: one access
 * that meets heap and native segments is compiled for neither. The memory is freed with the last
 * reference.
 */
public final class Tensor {
  private final int[] shape;
  private final MemorySegment data;

  private Tensor(int[] shape, MemorySegment data) {
    this.shape = shape;
    this.data = data;
  }

  /**
   * A tensor of zeros.
   *
   * @param shape its sides, each at least 0; no side is a scalar
   * @throws IllegalArgumentException if a side is negative or the tensor holds more than 2^31 - 1
   *     values
   */
  public static Tensor zeros(int... shape) {
    long count = count(shape);
    return new Tensor(
        shape.clone(), Arena.ofAuto().allocate(count * Float.BYTES, 64).asSlice(0, count * 4));
  }

  /**
   * A copy of {@code values}.
   *
   * @throws IllegalArgumentException if the shape does not hold exactly these values
   */
  public static Tensor of(float[] values, int... shape) {
    long count = count(shape);
    if (count != values.length) {
      throw new IllegalArgumentException(
          "tensor: shape "
              + Arrays.toString(shape)
              + " expects "
              + count
              + " values, got "
              + values.length);
    }
    Tensor tensor = zeros(shape);
    MemorySegment.copy(values, 0, tensor.data, ValueLayout.JAVA_FLOAT, 0, values.length);
    return tensor;
  }

  /** The number of values that a shape holds. */
  private static long count(int[] shape) {
    long count = 1;
    for (int side : shape) {
      if (side < 0) {
        throw new IllegalArgumentException(
            "tensor: expected sides of at least 0, got " + Arrays.toString(shape));
      }
      count *= side;
      if (count > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "tensor: expected at most 2147483647 values, got shape " + Arrays.toString(shape));
      }
    }
    return count;
  }

  /** A copy of the sides. */
  public int[] shape() {
    return shape.clone();
  }

  /** Whether the sides are exactly these. */
  public boolean hasShape(int... sides) {
    return Arrays.equals(shape, sides);
  }

  /** The number of values. */
  public int size() {
    return (int) (data.byteSize() / Float.BYTES);
  }

  /** The values themselves, float32, native, 64-byte aligned; writing to it writes the tensor. */
  public MemorySegment data() {
    return data;
  }

  /** The value at a flat index. */
  public float get(int index) {
    return data.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }

  /** Sets the value at a flat index. */
  public void set(int index, float value) {
    data.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
  }

  /** A copy on the heap. */
  public float[] toArray() {
    return data.toArray(ValueLayout.JAVA_FLOAT);
  }

  /** The index of the first NaN or infinity, or -1. */
  public int firstNonFinite() {
    for (int i = 0; i < size(); i++) {
      if (!Float.isFinite(get(i))) {
        return i;
      }
    }
    return -1;
  }

  /** Whether both have the same shape and the same bits. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Tensor that
        && Arrays.equals(shape, that.shape)
        && data.mismatch(that.data) == -1;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(shape) * 31 + Arrays.hashCode(toArray());
  }

  @Override
  public String toString() {
    return "float32" + Arrays.toString(shape);
  }
}
