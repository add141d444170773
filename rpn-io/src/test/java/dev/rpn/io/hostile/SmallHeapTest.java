package dev.rpn.io.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.io.weights.WeightFiles;
import dev.rpn.model.ModelMismatchException;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Large files whose content takes many times their bytes, or a time that grows with its square.
 * With 256 MB of heap, as the profile {@code mutations} has, they come near the end of it.
 */
@EnabledIfSystemProperty(
    named = "rpn.mutations",
    matches = ".+",
    disabledReason = "large files take long: -Pmutations")
class SmallHeapTest {
  private static final int MIB = 1 << 20;

  /** Writes one file. */
  @FunctionalInterface
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  @TempDir Path directory;

  /** A format's name and what it is about, and the file. */
  private static final Map<String, Content> FILES = new TreeMap<>();

  static {
    FILES.put("png: no pixels in a million chunks", out -> png(out, new byte[0]));
    FILES.put("png: one byte in each of a million chunks", out -> png(out, new byte[1]));
    FILES.put("jpeg: comments without text", SmallHeapTest::jpeg);
    FILES.put("coco: no name twice", out -> names(out, "{\"images\":[{", "\"n%08d\":1,", 40 * MIB));
    FILES.put(
        "coco: lists",
        out -> names(out, "{\"images\":[", "{\"id\":%d,\"file_name\":\"\"},", 40 * MIB));
    FILES.put("coco: one long text", out -> names(out, "{\"images\":\"", "%010d", 40 * MIB));
    FILES.put("voc: attributes", out -> names(out, "<annotation ", "a%d='' ", 4 * MIB - 20));
    FILES.put(
        "voc: one attribute each", out -> names(out, "<annotation>", "<a b%d=''/>", 4 * MIB - 20));
    FILES.put(
        "voc: name spaces", out -> names(out, "<annotation>", "<a xmlns='%d'>", 4 * MIB - 20));
    FILES.put("voc: objects", out -> names(out, "<annotation>", "<object/>", 4 * MIB - 20));
    FILES.put("safetensors: tensors", out -> safetensors(out, "\"%07d\":{},"));
    FILES.put("safetensors: lists", out -> safetensors(out, "\"%07d\":[[],[],[],[],[],[]],"));
    for (int mib : new int[] {2, 16}) {
      FILES.put("keras: " + mib + " MiB of lists", out -> keras(out, "[],[],[],", mib * MIB));
      FILES.put(
          "keras: " + mib + " MiB of objects", out -> keras(out, "{\"a\":{}},{},", mib * MIB));
    }
    FILES.put("npz: entries", SmallHeapTest::manyEntries);
    FILES.putAll(LargeTorch.FILES);
    FILES.putAll(LargeOnnx.FILES);
  }

  static Iterable<String> names() {
    return FILES.keySet();
  }

  @ParameterizedTest
  @MethodSource("names")
  void isReadOrRefused(String name) throws Exception {
    Path file = directory.resolve("large");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      FILES.get(name).writeTo(out);
    }
    check(name, file);
  }

  /** The directory of a zip is read as a whole, however long the file says it is. */
  @Test
  void directoryOfAZipThatIsLargerThanTheHeap() throws Exception {
    Path file = directory.resolve("large.npz");
    int length = 250 * MIB;
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.write(new byte[] {'P', 'K', 3, 4});
      sparse.setLength(length);
      sparse.seek(length);
      sparse.write(
          ByteBuffer.allocate(22)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(0x06054b50)
              .putInt(0)
              .putShort((short) 1)
              .putShort((short) 1)
              .putInt(length - 4)
              .putInt(4)
              .array());
    }
    check("npz: directory", file);
  }

  /** Shapes are compared before there is room for a value: 900 MB would not fit. */
  @Test
  void mismatchComesBeforeAnyAllocation() throws Exception {
    String header =
        """
        {"3x3/kernel":{"dtype":"F32","shape":[3,3,5000,5000],"data_offsets":[0,900000000]},
         "3x3/bias":{"dtype":"F32","shape":[4],"data_offsets":[900000000,900000016]},
         "classification/kernel":{"dtype":"F32","shape":[1,1,5000,1],
           "data_offsets":[900000016,900020016]},
         "classification/bias":{"dtype":"F32","shape":[1],"data_offsets":[900020016,900020020]},
         "location/kernel":{"dtype":"F32","shape":[1,1,5000,4],
           "data_offsets":[900020020,900100020]},
         "location/bias":{"dtype":"F32","shape":[4],"data_offsets":[900100020,900100036]}}
        """;
    Path file = directory.resolve("large.safetensors");
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length()).array());
      sparse.writeBytes(header);
      sparse.setLength(8 + header.length() + 900_100_036L);
    }
    try (var watchdog = new Watchdog()) {
      assertThat(watchdog.read(WeightFiles::readNetwork, file))
          .isInstanceOf(ModelMismatchException.class)
          .hasMessageContaining("tensor '3x3/bias': expected shape [5000], got [4]");
    }
  }

  private static void check(String name, Path file) throws Exception {
    HostileFormat format = HostileFormat.named(name.substring(0, name.indexOf(':')));
    try (var watchdog = new Watchdog()) {
      Throwable thrown = watchdog.read(format.reader(), file);
      if (thrown != null && !format.refuses(thrown)) {
        throw new AssertionError(name + ": " + Files.size(file) + " bytes", thrown);
      }
      assertThat(thrown).as(name).isNotNull();
    }
  }

  private static void names(OutputStream out, String start, String each, int bytes)
      throws IOException {
    out.write(start.getBytes(ISO_8859_1));
    int written = start.length();
    for (int i = 0; written < bytes; i++) {
      byte[] text = each.formatted(i).getBytes(ISO_8859_1);
      out.write(text);
      written += text.length;
    }
  }

  private static void png(OutputStream out, byte[] data) throws IOException {
    out.write(new byte[] {(byte) 137, 'P', 'N', 'G', '\r', '\n', 26, '\n'});
    out.write(chunk("IHDR", new byte[] {0, 0, 0, 9, 0, 0, 0, 9, 8, 2, 0, 0, 0}));
    byte[] chunk = chunk("IDAT", data);
    for (int i = 0; i < 30 * MIB / chunk.length; i++) {
      out.write(chunk);
    }
    out.write(chunk("IEND", new byte[0]));
  }

  private static byte[] chunk(String type, byte[] data) {
    ByteBuffer chunk = ByteBuffer.allocate(12 + data.length);
    chunk.putInt(data.length).put(type.getBytes(ISO_8859_1)).put(data);
    var crc = new CRC32();
    crc.update(chunk.array(), 4, 4 + data.length);
    return chunk.putInt((int) crc.getValue()).array();
  }

  private static void jpeg(OutputStream out) throws IOException {
    out.write(new byte[] {-1, (byte) 0xd8});
    byte[] comment = {-1, (byte) 0xfe, 0, 2};
    for (int i = 0; i < 30 * MIB / comment.length; i++) {
      out.write(comment);
    }
    out.write(new byte[] {-1, (byte) 0xd9});
  }

  private static void safetensors(OutputStream out, String each) throws IOException {
    var header = new ByteArrayOutputStream();
    names(header, "{", each, MIB - 100);
    header.writeBytes("\"last\":0}".getBytes(ISO_8859_1));
    out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.size()).array());
    header.writeTo(out);
  }

  private static void keras(OutputStream out, String each, int bytes) throws IOException {
    var zip = new ZipOutputStream(out);
    zip.setLevel(0);
    zip.putNextEntry(new ZipEntry("model.weights.h5"));
    zip.putNextEntry(new ZipEntry("config.json"));
    names(zip, "{\"x\":[", each, bytes - 20);
    zip.write("{}]}".getBytes(ISO_8859_1));
    zip.finish();
  }

  private static void manyEntries(OutputStream out) throws IOException {
    var zip = new ZipOutputStream(out);
    for (int i = 0; i < 70_000; i++) {
      zip.putNextEntry(new ZipEntry(i + ".npy"));
    }
    zip.finish();
  }
}
