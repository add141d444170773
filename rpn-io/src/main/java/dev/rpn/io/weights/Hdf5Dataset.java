package dev.rpn.io.weights;

import dev.rpn.model.Tensor;
import io.jhdf.api.Dataset;
import io.jhdf.dataset.DatasetBase;
import io.jhdf.object.datatype.FloatingPoint;
import io.jhdf.object.message.DataLayout;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One floating-point data set, its type and shape checked, its values not yet read.
 *
 * @param place the file and the data set's path
 * @param shape its sides
 */
record Hdf5Dataset(
    Place place, Dataset dataset, FloatFormat format, boolean bigEndian, List<Integer> shape) {

  /** Whether a data set holds numbers that could be weights; counters and random states do not. */
  static boolean isFloat(Place place, Dataset dataset) throws IOException {
    return Hdf5File.guarded(place, dataset::getDataType) instanceof FloatingPoint;
  }

  /** Checks type, layout and shape. */
  static Hdf5Dataset of(Hdf5File file, Place place, Dataset dataset) throws IOException {
    DataLayout layout = Hdf5File.guarded(place, dataset::getDataLayout);
    if (layout != DataLayout.CONTIGUOUS && layout != DataLayout.COMPACT) {
      throw place.unsupported(
          "a data set of layout "
              + layout
              + " is not read: expected values in one piece, as Keras writes them");
    }
    boolean empty = Hdf5File.guarded(place, dataset::isEmpty);
    if (empty) {
      throw place.wrong("values", "a data set without any");
    }
    if (!(Hdf5File.guarded(place, dataset::getDataType) instanceof FloatingPoint type)) {
      throw place.unsupported("only floating-point values are read");
    }
    FloatFormat format = format(place, type);
    boolean bigEndian = type.getByteOrder().equals(ByteOrder.BIG_ENDIAN);
    List<Integer> shape = shape(place, Hdf5File.guarded(place, dataset::getDimensionsAsLong));
    long bytes = shape.stream().mapToLong(s -> s).reduce(format.bytes(), (a, b) -> a * b);
    if (bytes > file.size()) {
      throw place.limit(bytes + " bytes for " + format + " " + shape, "a file of " + file.size());
    }
    return new Hdf5Dataset(place, dataset, format, bigEndian, shape);
  }

  /** Exponent and mantissa tell IEEE's formats from others of the same size. */
  private static FloatFormat format(Place place, FloatingPoint type) throws IOException {
    for (FloatFormat format : FloatFormat.values()) {
      if (format.bytes() == type.getSize()
          && format.hasBits(type.getExponentSize(), type.getMantissaSize())) {
        return format;
      }
    }
    throw place.unsupported(
        "floats of "
            + type.getSize()
            + " bytes with "
            + type.getExponentSize()
            + " bits of exponent are not read: expected IEEE formats");
  }

  private static List<Integer> shape(Place place, long[] sides) throws IOException {
    var shape = new ArrayList<Integer>();
    long count = 1;
    for (long side : sides) {
      if (side < 0 || side > Integer.MAX_VALUE || count * side > Integer.MAX_VALUE) {
        throw place.limit("at most 2147483647 values", "sides " + Arrays.toString(sides));
      }
      count *= side;
      shape.add((int) side);
    }
    return List.copyOf(shape);
  }

  /** Reads the values. */
  Tensor read() throws IOException {
    Tensor tensor = TensorFile.allocate(place, shape);
    if (tensor.size() == 0) {
      return tensor;
    }
    int bytes = tensor.size() * format.bytes();
    ByteBuffer values =
        Hdf5File.guarded(place, () -> ((DatasetBase) dataset).getDataBuffer()).duplicate();
    if (values.remaining() < bytes) {
      throw place.wrong(bytes + " bytes", values.remaining());
    }
    if (bigEndian) {
      byte[] swapped = new byte[bytes];
      values.get(swapped);
      FloatFormat.reverse(swapped, format.bytes());
      values = ByteBuffer.wrap(swapped);
    }
    format.decode(MemorySegment.ofBuffer(values), tensor.size(), tensor.data(), 0);
    return tensor;
  }
}
