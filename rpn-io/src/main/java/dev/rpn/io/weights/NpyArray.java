package dev.rpn.io.weights;

import dev.rpn.model.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A numpy array: a type, a shape, and values in C order (last axis fastest). No side is a scalar.
 * It does not change once made.
 */
public final class NpyArray {
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final NpyType type;
  private final int[] shape;
  private final MemorySegment data;

  /**
   * @param data exactly the values, little endian, owned by this array from now on
   */
  NpyArray(NpyType type, int[] shape, MemorySegment data) {
    this.type = type;
    this.shape = shape;
    this.data = data;
  }

  /**
   * A float32 array with a copy of the values.
   *
   * @throws IllegalArgumentException if the shape does not hold exactly these values
   */
  public static NpyArray of(float[] values, int... shape) {
    return of(Tensor.of(values, shape));
  }

  /** A float32 array with a copy of the tensor's values. */
  public static NpyArray of(Tensor tensor) {
    MemorySegment data = allocate(NpyType.FLOAT32, tensor.size());
    MemorySegment.copy(tensor.data(), ValueLayout.JAVA_FLOAT, 0, data, FLOAT, 0, tensor.size());
    return new NpyArray(NpyType.FLOAT32, tensor.shape(), data);
  }

  /**
   * A float64 array with a copy of the values.
   *
   * @throws IllegalArgumentException if the shape does not hold exactly these values
   */
  public static NpyArray of(double[] values, int... shape) {
    MemorySegment data = allocate(NpyType.FLOAT64, checkedCount(values.length, shape));
    MemorySegment.copy(values, 0, data, DOUBLE, 0, values.length);
    return new NpyArray(NpyType.FLOAT64, shape.clone(), data);
  }

  /**
   * An int32 array with a copy of the values.
   *
   * @throws IllegalArgumentException if the shape does not hold exactly these values
   */
  public static NpyArray of(int[] values, int... shape) {
    MemorySegment data = allocate(NpyType.INT32, checkedCount(values.length, shape));
    MemorySegment.copy(values, 0, data, INT, 0, values.length);
    return new NpyArray(NpyType.INT32, shape.clone(), data);
  }

  /**
   * An int64 array with a copy of the values.
   *
   * @throws IllegalArgumentException if the shape does not hold exactly these values
   */
  public static NpyArray of(long[] values, int... shape) {
    MemorySegment data = allocate(NpyType.INT64, checkedCount(values.length, shape));
    MemorySegment.copy(values, 0, data, LONG, 0, values.length);
    return new NpyArray(NpyType.INT64, shape.clone(), data);
  }

  /**
   * An array of unsigned bytes with a copy of the values.
   *
   * @throws IllegalArgumentException if the shape does not hold exactly these values
   */
  public static NpyArray of(byte[] values, int... shape) {
    MemorySegment data = allocate(NpyType.UINT8, checkedCount(values.length, shape));
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_BYTE, 0, values.length);
    return new NpyArray(NpyType.UINT8, shape.clone(), data);
  }

  /**
   * An array of booleans with a copy of the values.
   *
   * @throws IllegalArgumentException if the shape does not hold exactly these values
   */
  public static NpyArray of(boolean[] values, int... shape) {
    MemorySegment data = allocate(NpyType.BOOL, checkedCount(values.length, shape));
    for (int i = 0; i < values.length; i++) {
      data.set(ValueLayout.JAVA_BYTE, i, (byte) (values[i] ? 1 : 0));
    }
    return new NpyArray(NpyType.BOOL, shape.clone(), data);
  }

  static MemorySegment allocate(NpyType type, long count) {
    return Arena.ofAuto()
        .allocate(Math.max(1, count * type.bytes()), 64)
        .asSlice(0, count * type.bytes());
  }

  private static int checkedCount(int values, int[] shape) {
    long count = 1;
    for (int side : shape) {
      count = side < 0 || count > values ? -1 : count * side;
    }
    if (count != values) {
      throw new IllegalArgumentException(
          "array: shape " + Arrays.toString(shape) + " does not hold " + values + " values");
    }
    return values;
  }

  /** What the values are. */
  public NpyType type() {
    return type;
  }

  /** A copy of the sides. */
  public int[] shape() {
    return shape.clone();
  }

  /** The number of values. */
  public int size() {
    return (int) (data.byteSize() / type.bytes());
  }

  /** The values as stored, little endian. */
  MemorySegment data() {
    return data.asReadOnly();
  }

  /** The value at a flat index, as a double; an int64 beyond 2^53 is rounded. */
  public double get(int index) {
    return switch (type) {
      case FLOAT16 -> Float.float16ToFloat(data.getAtIndex(SHORT, index));
      case FLOAT32 -> data.getAtIndex(FLOAT, index);
      case FLOAT64 -> data.getAtIndex(DOUBLE, index);
      default -> getLong(index);
    };
  }

  private long getLong(int index) {
    return switch (type) {
      case BOOL, UINT8 -> data.get(ValueLayout.JAVA_BYTE, index) & 0xff;
      case INT8 -> data.get(ValueLayout.JAVA_BYTE, index);
      case INT16 -> data.getAtIndex(SHORT, index);
      case INT32 -> data.getAtIndex(INT, index);
      case INT64 -> data.getAtIndex(LONG, index);
      default -> throw new IllegalArgumentException("array: expected integers, got " + type);
    };
  }

  /** The values as float32, rounded to the nearest where they are wider; a copy. */
  public float[] toFloats() {
    float[] values = new float[size()];
    if (type == NpyType.FLOAT32) {
      MemorySegment.copy(data, FLOAT, 0, values, 0, values.length);
      return values;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) get(i);
    }
    return values;
  }

  /** The values as float64; a copy. */
  public double[] toDoubles() {
    double[] values = new double[size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(i);
    }
    return values;
  }

  /**
   * The values as 64-bit integers; a copy.
   *
   * @throws IllegalArgumentException if they are floats
   */
  public long[] toLongs() {
    long[] values = new long[size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = getLong(i);
    }
    return values;
  }

  /**
   * The values as 32-bit integers; a copy.
   *
   * @throws IllegalArgumentException if they are floats, or one needs more than 32 bits
   */
  public int[] toInts() {
    int[] values = new int[size()];
    for (int i = 0; i < values.length; i++) {
      long value = getLong(i);
      if (value != (int) value) {
        throw new IllegalArgumentException(
            "array: expected 32-bit integers, got " + value + " at index " + i);
      }
      values[i] = (int) value;
    }
    return values;
  }

  /**
   * Whether each value is other than zero; a copy.
   *
   * @throws IllegalArgumentException if they are floats
   */
  public boolean[] toBooleans() {
    boolean[] values = new boolean[size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = getLong(i) != 0;
    }
    return values;
  }

  /** The values as a float32 tensor of the same shape; a copy. */
  public Tensor toTensor() {
    Tensor tensor = Tensor.zeros(shape);
    if (type == NpyType.FLOAT32) {
      MemorySegment.copy(data, FLOAT, 0, tensor.data(), ValueLayout.JAVA_FLOAT, 0, size());
      return tensor;
    }
    for (int i = 0; i < size(); i++) {
      tensor.set(i, (float) get(i));
    }
    return tensor;
  }

  /** Whether type, shape and bits are the same. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NpyArray that
        && type == that.type
        && Arrays.equals(shape, that.shape)
        && data.mismatch(that.data) == -1;
  }

  @Override
  public int hashCode() {
    return type.hashCode() * 31 + Arrays.hashCode(shape);
  }

  @Override
  public String toString() {
    return type.descriptor() + Arrays.toString(shape);
  }
}
