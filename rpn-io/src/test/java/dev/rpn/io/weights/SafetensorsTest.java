package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.model.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  private static final String ONE = "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}";

  @TempDir Path directory;

  @Test
  void readsWhatTheReferenceWrote() throws IOException {
    Safetensors.Content content = Safetensors.read(Fixtures.file("keras_c16/rpn.safetensors"));

    Map<String, NpyArray> arrays = Npz.read(Fixtures.file("keras_c16/rpn.npz"));
    assertThat(content.metadata()).isEmpty();
    assertThat(content.tensors()).hasSize(6).containsOnlyKeys(arrays.keySet());
    arrays.forEach(
        (name, array) -> assertThat(content.tensors().get(name)).isEqualTo(array.toTensor()));
  }

  /** F64, F16 and BF16 of the values 0.5, -2, 65504, 2^-24; written by the reference. */
  @Test
  void readsOtherFloatsIntoFloat32() throws IOException {
    Map<String, Tensor> tensors =
        Safetensors.read(Fixtures.file("safetensors/floats.safetensors")).tensors();

    float[] values = {0.5f, -2, 65504, 0x1p-24f};
    for (String name : new String[] {"F64", "F32", "F16"}) {
      assertThat(tensors.get(name)).as(name).isEqualTo(Tensor.of(values, 2, 2));
    }
    // BF16 has eight bits: 65504 becomes 65536.
    assertThat(tensors.get("BF16")).isEqualTo(Tensor.of(new float[] {.5f, -2, 65536, 0x1p-24f}, 4));
  }

  @Test
  void roundTripsValuesNamesAndMetadata() throws IOException {
    var tensors = new LinkedHashMap<String, Tensor>();
    tensors.put("z", Tensor.of(new float[] {1, -0f, Float.MIN_VALUE}, 3));
    tensors.put("Ä/\"quoted\"\n", Tensor.of(new float[] {2.5f}));
    tensors.put("empty", Tensor.zeros(0, 4));
    tensors.put("large", Tensor.zeros(100_003));
    tensors.get("large").set(100_002, 7);
    Map<String, String> metadata = Map.of("a", "1", "ключ", "{\"nested\": true}");
    Path file = directory.resolve("x.safetensors");
    Safetensors.write(file, tensors, metadata);
    byte[] first = Files.readAllBytes(file);
    Safetensors.write(file, tensors, metadata);

    Safetensors.Content content = Safetensors.read(file);
    assertThat(content.tensors()).isEqualTo(tensors);
    assertThat(content.metadata()).isEqualTo(metadata);
    assertThat(Files.readAllBytes(file)).isEqualTo(first);
    assertThat(ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8).isZero();
  }

  @Test
  void refusesNonFiniteValuesUnlessAllowed() throws IOException {
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      Tensor tensor = Tensor.of(new float[] {1, 2, value}, 3);
      Path file = directory.resolve("x.safetensors");
      Safetensors.write(file, Map.of("x", tensor), Map.of());
      assertThatThrownBy(() -> Safetensors.read(file))
          .isInstanceOf(WeightFormatException.class)
          .hasMessageContaining(
              "x.safetensors: tensor 'x': expected finite values, got non-finite at index 2");
      assertThat(Safetensors.read(file, NonFinite.ALLOW).tensors().get("x")).isEqualTo(tensor);
    }
  }

  @Test
  void refusesAnEmptyFileAndEveryTruncation() throws IOException {
    assertThatThrownBy(() -> read(new byte[0]))
        .hasMessageContaining("expected 8 bytes at 0, file has 0");
    byte[] bytes = bytes(ONE, 8);
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> read(cut)).isInstanceOf(WeightFormatException.class);
    }
  }

  @Test
  void refusesAHeaderOver1MiB() {
    byte[] bytes = bytes(ONE, 8);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong((1 << 20) + 1);
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(WeightLimitException.class)
        .hasMessageContaining("byte 0: expected a safetensors header of at most 1048576 bytes");
    Arrays.fill(bytes, 0, 8, (byte) 0xff);
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(WeightLimitException.class)
        .hasMessageContaining("got 18446744073709551615");
  }

  @Test
  void refusesAHeaderOverTheFile() {
    byte[] bytes = bytes(ONE, 8);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length);
    assertThatThrownBy(() -> read(bytes))
        .hasMessageContaining("expected " + bytes.length + " bytes at 8, file has " + bytes.length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"[]", "3", "null", "'x'", "", "{", "{}}", "{'x':1,}", "{'x':{}}", "{} {}"})
  void refusesAHeaderThatIsNotAnObject(String header) {
    assertThatThrownBy(() -> read(bytes(header, 4))).isInstanceOf(WeightFormatException.class);
  }

  @Test
  void refusesBadUtf8() {
    byte[] bytes = bytes(ONE, 8);
    bytes[10] = (byte) 0xff;
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("byte 8: expected JSON in UTF-8");
  }

  @Test
  void refusesDepthOver16() {
    assertThatThrownBy(() -> read(bytes("{'x':" + "[".repeat(16) + "]".repeat(16) + "}", 0)))
        .isInstanceOf(WeightLimitException.class);
    assertThatThrownBy(() -> read(bytes("{'x':" + "[".repeat(500_000), 0)))
        .isInstanceOf(WeightLimitException.class);
  }

  @Test
  void refusesADuplicateTensor() {
    String entry = "'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}";
    assertThatThrownBy(() -> read(bytes("{" + entry + "," + entry + "}", 8)))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("uplicate");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "overlap | [1] | [0,4] | [1] | [2,6] | 6 | expected data at offset 4, after the tensor before, got 2 (overlap)",
        "hole | [1] | [0,4] | [1] | [8,12] | 12 | expected data at offset 4, after the tensor before, got 8 (hole)",
        "the same bytes twice | [1] | [0,4] | [1] | [0,4] | 4 | (overlap)",
        "trailing bytes | [1] | [0,4] | [1] | [4,8] | 9 | expected 8 bytes of data, the end of the last tensor, got 9",
        "begin > end | [1] | [4,0] | [1] | [4,8] | 8 | expected data_offsets that do not fall, got [4, 0]",
        "end over the file | [1] | [0,4] | [2] | [4,12] | 8 | expected data_offsets within the 8 bytes of data, got 12",
        "bytes unlike the shape | [1] | [0,4] | [2] | [4,8] | 8 | expected 8 bytes for F32 [2], got 4",
        "overflow to the right size | [1] | [0,4] | [4294967296,4294967296] | [4,4] | 4 | expected sides of at most",
        "overflow of the product | [1] | [0,4] | [65536,65536,65536,65536] | [4,4] | 4 | expected at most 2147483647 values",
        "negative side | [1] | [0,4] | [-1] | [4,8] | 8 | expected a shape of whole numbers",
        "huge side | [1] | [0,4] | [1e9] | [4,8] | 8 | expected a shape of whole numbers",
        "negative offset | [1] | [0,4] | [1] | [-4,0] | 4 | expected a byte offset, got '-4'",
        "huge offset | [1] | [0,4] | [1] | [4,99999999999999999999] | 8 | expected a byte offset",
        "offset of text | [1] | [0,4] | [1] | ['4',8] | 8 | expected a byte offset",
        "three offsets | [1] | [0,4] | [1] | [4,8,8] | 8 | expected two data_offsets",
        "shape no array | [1] | [0,4] | 1 | [4,8] | 8 | expected shape to be an array"
      })
  void refuses(String what, String s1, String o1, String s2, String o2, int data, String message) {
    String header =
        "{'a':{'dtype':'F32','shape':%s,'data_offsets':%s},'b':{'dtype':'F32','shape':%s,'data_offsets':%s}}"
            .formatted(s1, o1, s2, o2);
    assertThatThrownBy(() -> read(bytes(header, data)))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'x':{'dtype':'F32','shape':[2]}}",
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'more':1}}",
        "{'x':{'dtype':32,'shape':[2],'data_offsets':[0,8]}}",
        "{'x':7}",
        "{'__metadata__':1,'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}",
        "{'__metadata__':{'a':1},'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}"
      })
  void refusesAMalformedEntry(String header) {
    assertThatThrownBy(() -> read(bytes(header, 8))).isInstanceOf(WeightFormatException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "F4", "I128", "C64", ""})
  void refusesUnknownTypesByName(String type) {
    assertThatThrownBy(() -> read(bytes(ONE.replace("F32", type), 8)))
        .isInstanceOf(UnsupportedWeightException.class)
        .hasMessageContaining("tensor 'x': byte 8: dtype '" + type + "' is not known: expected");
  }

  @ParameterizedTest
  @CsvSource({
    "I64, 8",
    "U64, 8",
    "I32, 4",
    "U32, 4",
    "I16, 2",
    "U16, 2",
    "I8, 1",
    "U8, 1",
    "BOOL, 1",
    "F8_E4M3, 1",
    "F8_E5M2, 1"
  })
  void typesThatAreNoWeightsAreNamedAndRefusedWhenRead(String type, int size) throws IOException {
    String header =
        "{'counter':{'dtype':'%s','shape':[3],'data_offsets':[0,%d]},'w':{'dtype':'F32','shape':[2],'data_offsets':[%d,%d]}}"
            .formatted(type, 3 * size, 3 * size, 3 * size + 8);
    Path path = Files.write(directory.resolve("x.safetensors"), bytes(header, 3 * size + 8));
    try (TensorFile file = SafetensorsFile.open(path)) {
      assertThat(file.type("counter")).isEqualTo(type);
      assertThat(file.shapes()).containsEntry("counter", List.of(3));
      assertThat(file.read("w", NonFinite.REFUSE)).isEqualTo(Tensor.zeros(2));
      assertThatThrownBy(() -> file.read("counter", NonFinite.ALLOW))
          .isInstanceOf(UnsupportedWeightException.class)
          .hasMessageContaining("tensor 'counter': type " + type + " is not read as a weight");
    }
    assertThatThrownBy(() -> Safetensors.read(path)).hasMessageContaining("tensor 'counter'");
    assertThatThrownBy(() -> read(bytes(header.replace("[3]", "[4]"), 3 * size + 8)))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("expected " + 4 * size + " bytes for " + type + " [4]");
    String moved = "[1,%d]".formatted(3 * size + 1);
    assertThatThrownBy(
            () -> read(bytes(header.replace("[0,%d]".formatted(3 * size), moved), 3 * size + 8)))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("tensor 'counter': byte 8: expected data at offset 0")
        .hasMessageContaining("(hole)");
  }

  /** A whole detector, written by the reference: batch norm counts its batches in I64. */
  @Test
  void readsANetworkBesideWholeNumbers() throws IOException {
    Path detector = Fixtures.file("safetensors/fasterrcnn.safetensors");
    assertThat(WeightFiles.readNetwork(detector))
        .isEqualTo(WeightFiles.readNetwork(Fixtures.file("torch/fasterrcnn.pt")));
    assertThatThrownBy(() -> WeightFiles.read(detector))
        .isInstanceOf(UnsupportedWeightException.class)
        .hasMessageContaining(
            "tensor 'backbone.1.num_batches_tracked': type I64 is not read as a weight");
  }

  @Test
  void cutsAndEscapesNamesInMessages() {
    String name = "\\n".repeat(10) + "y".repeat(10_000);
    assertThatThrownBy(
            () -> read(bytes(ONE.replace("'x'", "'" + name + "'").replace("F32", "?"), 8)))
        .satisfies(e -> assertThat(e.getMessage().length()).isLessThan(600))
        .hasMessageContaining("'\\u000a\\u000a")
        .hasMessageContaining("... (10010 characters)");
  }

  @Test
  void refusesToWriteWhatItWouldNotRead() {
    Path file = directory.resolve("x.safetensors");
    assertThatThrownBy(
            () -> Safetensors.write(file, Map.of("__metadata__", Tensor.zeros(1)), Map.of()))
        .hasMessageContaining("reserved");
    assertThatThrownBy(() -> Safetensors.write(file, Map.of(), Map.of("a", "x".repeat(1 << 20))))
        .hasMessageContaining("expected a header of at most 1048576 bytes");
    assertThat(file).doesNotExist();
  }

  /** A file of a header (with ' for ") and so many zeros. */
  private static byte[] bytes(String header, int data) {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  private void read(byte[] bytes) throws IOException {
    Safetensors.read(Files.write(directory.resolve("hostile.safetensors"), bytes));
  }
}
