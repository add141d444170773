package dev.rpn.io.weights;

import dev.rpn.io.AtomicFile;
import dev.rpn.model.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads and writes safetensors files (Hugging Face): named tensors and text metadata. F32, F64, F16
 * and BF16 are read, into float32; F32 is written. A tensor of another type is no weight: it is
 * refused by name here, and ignored where a network is read that does not consist of it.
 */
public final class Safetensors {
  private static final int CHUNK = 1 << 16;

  private Safetensors() {}

  /**
   * What a file holds.
   *
   * @param tensors by name, in the file's order
   * @param metadata text by key, empty where the file has none
   */
  public record Content(Map<String, Tensor> tensors, Map<String, String> metadata) {}

  /**
   * Reads a file whose values are finite.
   *
   * @throws WeightFormatException if the file is malformed, over a limit or has other types
   */
  public static Content read(Path file) throws IOException {
    return read(file, NonFinite.REFUSE);
  }

  /**
   * Reads a file.
   *
   * @throws WeightFormatException if the file is malformed, over a limit or has other types
   */
  public static Content read(Path file, NonFinite nonFinite) throws IOException {
    try (SafetensorsFile open = SafetensorsFile.open(file)) {
      return new Content(open.readAll(nonFinite), open.metadata());
    }
  }

  /**
   * Writes tensors as F32 in the order of their names, replacing the file as a whole. The same
   * content always gives the same bytes.
   *
   * @throws IOException if writing fails; the file is then as it was
   * @throws IllegalArgumentException if the header would be longer than readers accept
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    var inOrder = new TreeMap<>(tensors);
    byte[] header = header(inOrder, new TreeMap<>(metadata));
    AtomicFile.write(
        file,
        out -> {
          out.write(header);
          for (Tensor tensor : inOrder.values()) {
            write(out, tensor);
          }
        });
  }

  private static byte[] header(Map<String, Tensor> tensors, Map<String, String> metadata) {
    ObjectNode root = Json.create();
    if (!metadata.isEmpty()) {
      ObjectNode texts = root.putObject("__metadata__");
      metadata.forEach(texts::put);
    }
    long next = 0;
    for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
      if (tensor.getKey().equals("__metadata__")) {
        throw new IllegalArgumentException("tensor: the name __metadata__ is reserved");
      }
      ObjectNode entry = root.putObject(tensor.getKey());
      entry.put("dtype", FloatFormat.F32.name());
      ArrayNode shape = entry.putArray("shape");
      Arrays.stream(tensor.getValue().shape()).forEach(shape::add);
      long end = next + 4L * tensor.getValue().size();
      entry.putArray("data_offsets").add(next).add(end);
      next = end;
    }
    byte[] json = Json.text(root).getBytes(StandardCharsets.UTF_8);
    // Spaces bring the values to a multiple of eight bytes.
    int length = (json.length + 7) / 8 * 8;
    if (length > SafetensorsFile.LONGEST_HEADER) {
      throw new IllegalArgumentException(
          "safetensors: expected a header of at most "
              + SafetensorsFile.LONGEST_HEADER
              + " bytes, got "
              + length);
    }
    byte[] header = new byte[SafetensorsFile.LENGTH_BYTES + length];
    Arrays.fill(header, (byte) ' ');
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(json);
    return header;
  }

  /** Writes the values alone, little-endian. */
  static void write(OutputStream out, Tensor tensor) throws IOException {
    byte[] chunk = new byte[CHUNK];
    MemorySegment bytes = MemorySegment.ofArray(chunk);
    int step = CHUNK / Float.BYTES;
    for (int done = 0; done < tensor.size(); done += step) {
      int count = Math.min(step, tensor.size() - done);
      MemorySegment.copy(
          tensor.data(),
          ValueLayout.JAVA_FLOAT,
          (long) done * Float.BYTES,
          bytes,
          NpyArray.FLOAT,
          0,
          count);
      out.write(chunk, 0, count * Float.BYTES);
    }
  }
}
