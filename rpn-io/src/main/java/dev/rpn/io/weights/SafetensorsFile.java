package dev.rpn.io.weights;

import dev.rpn.io.Quote;
import dev.rpn.model.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An open safetensors file: eight bytes of length, a JSON header, the values. */
final class SafetensorsFile implements TensorFile {
  static final int LENGTH_BYTES = 8;

  /** Hugging Face allows 100 MB; a header of a thousand tensors takes a tenth of this. */
  static final int LONGEST_HEADER = 1 << 20;

  private static final int CHUNK = 1 << 16;

  private final Place place;
  private final FileChannel channel;
  private final long size;
  private final long dataStart;
  private final SafetensorsHeader header;
  private final Map<String, List<Integer>> shapes = new LinkedHashMap<>();

  private SafetensorsFile(Path file, FileChannel channel) throws IOException {
    this.place = Place.of(file);
    this.channel = channel;
    this.size = channel.size();
    long length = read(0, LENGTH_BYTES).getLong(0);
    if (length < 0 || length > LONGEST_HEADER) {
      throw place
          .at(0)
          .limit(
              "a safetensors header of at most " + LONGEST_HEADER + " bytes",
              Long.toUnsignedString(length));
    }
    this.dataStart = LENGTH_BYTES + length;
    byte[] text = new byte[(int) length];
    read(LENGTH_BYTES, text.length).get(text);
    this.header = SafetensorsHeader.parse(place.at(LENGTH_BYTES), text, size - dataStart);
    header.tensors().forEach((name, entry) -> shapes.put(name, entry.shape()));
  }

  static SafetensorsFile open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return new SafetensorsFile(file, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Reads exactly these bytes of the file. */
  private ByteBuffer read(long start, int count) throws IOException {
    if (start + count > size) {
      throw place.truncated(count, start, size);
    }
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    readInto(bytes, start);
    return bytes;
  }

  private void readInto(ByteBuffer bytes, long start) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, start + bytes.position()) < 0) {
        throw place.truncated(bytes.limit(), start, channel.size());
      }
    }
    bytes.flip();
  }

  @Override
  public Place place() {
    return place;
  }

  @Override
  public String format() {
    return "safetensors";
  }

  @Override
  public String type(String name) {
    SafetensorsHeader.Entry entry = header.tensors().get(name);
    return entry == null ? "" : entry.type().name();
  }

  @Override
  public Map<String, List<Integer>> shapes() {
    return shapes;
  }

  @Override
  public Map<String, String> metadata() {
    return header.metadata();
  }

  @Override
  public Tensor read(String name) throws IOException {
    SafetensorsHeader.Entry entry = header.tensors().get(name);
    if (entry == null) {
      throw new IllegalArgumentException("no tensor " + Quote.of(name));
    }
    FloatFormat format = entry.type().format();
    if (format == null) {
      throw place
          .tensor(name)
          .unsupported("type " + entry.type() + " is not read as a weight: expected floats");
    }
    Tensor tensor = TensorFile.allocate(place.tensor(name), entry.shape());
    int step = CHUNK / format.bytes();
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
    for (int done = 0; done < tensor.size(); done += step) {
      int count = Math.min(step, tensor.size() - done);
      chunk.clear().limit(count * format.bytes());
      readInto(chunk, dataStart + entry.begin() + (long) done * format.bytes());
      format.decode(MemorySegment.ofBuffer(chunk), count, tensor.data(), done);
    }
    return tensor;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
