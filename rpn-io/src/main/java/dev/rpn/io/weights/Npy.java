package dev.rpn.io.weights;

import dev.rpn.io.AtomicFile;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads and writes {@code .npy} files: one array of numbers or booleans, either byte order, either
 * axis order, format versions 1.0 to 3.0. Objects (pickles) are refused.
 */
public final class Npy {
  private static final int CHUNK = 1 << 16;

  private Npy() {}

  /**
   * Reads an array; it comes out in C order.
   *
   * @throws WeightFormatException if the file is no such array, is cut, or is longer than its shape
   */
  public static NpyArray read(Path file) throws IOException {
    Place place = Place.of(file);
    long size = Files.size(file);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), CHUNK)) {
      return values(place, in, size, header(place, in, size));
    }
  }

  /**
   * Writes an array (version 1.0, little endian, C order), replacing the file as a whole.
   *
   * @throws IOException if writing fails; the file is then as it was
   */
  public static void write(Path file, NpyArray array) throws IOException {
    AtomicFile.write(file, out -> write(out, array));
  }

  /** Reads a header and checks it against the size of the file or entry. */
  static NpyHeader header(Place place, InputStream in, long size) throws IOException {
    NpyHeader header = NpyHeader.read(place, in, size);
    long left = size - header.bytes();
    if (header.payload() > left) {
      throw place.limit(
          header.payload() + " bytes at " + header.bytes() + " for " + text(header),
          "a file of " + size);
    }
    if (header.payload() < left) {
      throw place
          .at(header.bytes() + header.payload())
          .wrong("the end after " + text(header), left - header.payload() + " more bytes");
    }
    return header;
  }

  private static String text(NpyHeader header) {
    return header.type().descriptor() + header.shape();
  }

  /** Reads the values after a header. */
  static NpyArray values(Place place, InputStream in, long size, NpyHeader header)
      throws IOException {
    MemorySegment data;
    try {
      data = NpyArray.allocate(header.type(), header.count());
    } catch (OutOfMemoryError e) {
      throw place.memory(header.payload(), e);
    }
    byte[] chunk = new byte[(int) Math.min(CHUNK, header.payload())];
    for (long done = 0; done < header.payload(); ) {
      int want = (int) Math.min(chunk.length, header.payload() - done);
      int got = in.readNBytes(chunk, 0, want);
      if (got < want) {
        throw place.truncated(want, header.bytes() + done, size);
      }
      MemorySegment.copy(chunk, 0, data, ValueLayout.JAVA_BYTE, done, got);
      done += got;
    }
    if (header.swapped()) {
      swap(data, header.type().bytes());
    }
    if (header.fortran() && header.shape().size() > 1) {
      data = toRowMajor(data, header);
    }
    return new NpyArray(header.type(), header.sides(), data);
  }

  private static void swap(MemorySegment data, int bytes) {
    ByteOrder big = ByteOrder.BIG_ENDIAN;
    for (long at = 0; at < data.byteSize(); at += bytes) {
      switch (bytes) {
        case 2 -> data.set(NpyArray.SHORT, at, data.get(NpyArray.SHORT.withOrder(big), at));
        case 4 -> data.set(NpyArray.INT, at, data.get(NpyArray.INT.withOrder(big), at));
        default -> data.set(NpyArray.LONG, at, data.get(NpyArray.LONG.withOrder(big), at));
      }
    }
  }

  /** Values whose first axis is the fastest, put so that the last one is. */
  private static MemorySegment toRowMajor(MemorySegment from, NpyHeader header) {
    int[] shape = header.sides();
    int bytes = header.type().bytes();
    MemorySegment to = NpyArray.allocate(header.type(), header.count());
    int[] index = new int[shape.length];
    for (long target = 0; target < header.count(); target++) {
      long source = 0;
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        source = source * shape[axis] + index[axis];
      }
      MemorySegment.copy(from, source * bytes, to, target * bytes, bytes);
      for (int axis = shape.length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
        index[axis] = 0;
      }
    }
    return to;
  }

  /** Writes header and values. */
  static void write(OutputStream out, NpyArray array) throws IOException {
    out.write(headerBytes(array));
    MemorySegment data = array.data();
    byte[] chunk = new byte[(int) Math.min(CHUNK, data.byteSize())];
    for (long done = 0; done < data.byteSize(); done += chunk.length) {
      int count = (int) Math.min(chunk.length, data.byteSize() - done);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, done, chunk, 0, count);
      out.write(chunk, 0, count);
    }
  }

  static byte[] headerBytes(NpyArray array) {
    var shape = new StringBuilder();
    for (int side : array.shape()) {
      shape.append(side).append(array.shape().length == 1 ? "," : ", ");
    }
    String sides =
        array.shape().length > 1 ? shape.substring(0, shape.length() - 2) : shape.toString();
    String text =
        "{'descr': '"
            + array.type().descriptor()
            + "', 'fortran_order': False, 'shape': ("
            + sides
            + "), }";
    // numpy pads with spaces so that the values begin at a multiple of 64.
    int length = (10 + text.length() + 1 + 63) / 64 * 64 - 10;
    byte[] header = new byte[10 + length];
    System.arraycopy(NpyHeader.MAGIC, 0, header, 0, 6);
    header[6] = 1;
    header[8] = (byte) length;
    header[9] = (byte) (length >> 8);
    Arrays.fill(header, 10, header.length, (byte) ' ');
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, header, 10, ascii.length);
    header[header.length - 1] = '\n';
    return header;
  }
}
