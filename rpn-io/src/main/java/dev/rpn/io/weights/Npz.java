package dev.rpn.io.weights;

import dev.rpn.io.AtomicFile;
import dev.rpn.io.Quote;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Reads and writes {@code .npz} files: a zip of {@code .npy} arrays, stored or deflated, as numpy's
 * {@code savez} and {@code savez_compressed} make them. A name may hold slashes.
 */
public final class Npz {
  private Npz() {}

  /**
   * Reads all arrays by name, in the file's order.
   *
   * @throws WeightFormatException if the file is no such archive or one of its arrays is refused
   */
  public static Map<String, NpyArray> read(Path file) throws IOException {
    return read(file, name -> true);
  }

  /**
   * Reads some arrays by name, in the file's order; of the others only the headers.
   *
   * @param wanted whether an array of this name is read
   * @throws WeightFormatException if the file is no such archive or one of its arrays is refused
   */
  public static Map<String, NpyArray> read(Path file, Predicate<String> wanted) throws IOException {
    try (NpzFile npz = NpzFile.open(file)) {
      var arrays = new LinkedHashMap<String, NpyArray>();
      for (String name : npz.headers().keySet()) {
        if (wanted.test(name)) {
          arrays.put(name, npz.array(name));
        }
      }
      return arrays;
    }
  }

  /**
   * Writes arrays, stored, in the map's order, replacing the file as a whole.
   *
   * @throws IOException if writing fails; the file is then as it was
   */
  public static void write(Path file, Map<String, NpyArray> arrays) throws IOException {
    AtomicFile.write(
        file,
        out -> {
          var zip = new ZipOutputStream(out);
          zip.setMethod(ZipOutputStream.STORED);
          for (Map.Entry<String, NpyArray> array : arrays.entrySet()) {
            zip.putNextEntry(entry(array.getKey(), array.getValue()));
            Npy.write(zip, array.getValue());
            zip.closeEntry();
          }
          zip.finish();
        });
  }

  private static ZipEntry entry(String name, NpyArray array) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("array: expected a name, got " + Quote.of(name));
    }
    var entry = new ZipEntry(name + ".npy");
    byte[] header = Npy.headerBytes(array);
    var crc = new CRC32();
    crc.update(header);
    crc.update(array.data().asByteBuffer());
    entry.setCrc(crc.getValue());
    entry.setSize(header.length + array.data().byteSize());
    // The oldest time that a zip can say: the same arrays always give the same bytes.
    entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
    return entry;
  }
}
