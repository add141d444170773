package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.model.Tensor;
import java.io.ByteArrayOutputStream;
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
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that torch 2.14 wrote (tools/make_torch_fixtures.py), and hostile ones made by hand. */
class TorchFileTest {
  @TempDir Path directory;

  /** The head's tensors, as numpy has them. */
  private static Map<String, Tensor> expected() throws IOException {
    var tensors = new LinkedHashMap<String, Tensor>();
    Npz.read(Fixtures.file("torch/head.npz"))
        .forEach((name, array) -> {
          if (name.contains(".")) {
            tensors.put(name, array.toTensor());
          }
        });
    assertThat(tensors).hasSize(6);
    return tensors;
  }

  @ParameterizedTest
  @ValueSource(strings = {"float32", "float64", "strided", "nested", "parameters"})
  void readsEveryBit(String name) throws IOException {
    assertThat(WeightFiles.read(Fixtures.file("torch/" + name + ".pt"))).isEqualTo(expected());
  }

  @ParameterizedTest
  @CsvSource({"half, 11", "bfloat16, 8"})
  void readsRoundedValues(String name, int bits) throws IOException {
    Map<String, Tensor> actual = WeightFiles.read(Fixtures.file("torch/" + name + ".pt"));
    Map<String, Tensor> expected = expected();
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    boolean rounded = false;
    for (String key : expected.keySet()) {
      assertThat(actual.get(key).shape()).isEqualTo(expected.get(key).shape());
      for (int i = 0; i < expected.get(key).size(); i++) {
        float value = expected.get(key).get(i);
        float read = actual.get(key).get(i);
        // Half an ulp of the format; below 2^-14 half precision is subnormal.
        double bound = Math.scalb(Math.max(Math.abs(value), 0x1p-13), -bits);
        assertThat(Math.abs(read - value)).as(key + " " + i).isLessThanOrEqualTo((float) bound);
        rounded |= read != value;
      }
    }
    assertThat(rounded).isTrue();
  }

  @Test
  void readsBigEndianValues() throws IOException {
    Path file =
        write(
            Map.of(
                "a/data.pkl", dict(view(2, "K\u0000", "K\u0002\u0085", "K\u0001\u0085")),
                "a/byteorder", bytes("big"),
                "a/data/0", ByteBuffer.allocate(8).putFloat(1.5f).putFloat(-2).array()));
    assertThat(WeightFiles.read(file)).isEqualTo(Map.of("x", Tensor.of(new float[] {1.5f, -2}, 2)));
  }

  @Test
  void refusesNonFiniteValuesUnlessAllowed() throws IOException {
    byte[] values =
        ByteBuffer.allocate(8)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putFloat(1.5f)
            .putFloat(Float.NaN)
            .array();
    String view = view(2, "K\u0000", "K\u0002\u0085", "K\u0001\u0085");
    Path file = write(Map.of("a/data.pkl", dict(view), "a/data/0", values));
    assertThatThrownBy(() -> WeightFiles.read(file))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("tensor 'x': expected finite values, got non-finite at index 1");
    assertThat(WeightFiles.read(file, NonFinite.ALLOW).get("x").get(1)).isNaN();
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.file("torch/float32.pt"));
    for (int length = 0; length < bytes.length; length += 7) {
      Path file = Files.write(directory.resolve("cut.pt"), Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> WeightFiles.read(file)).isInstanceOf(WeightFormatException.class);
    }
  }

  @Test
  void tellsWholeNumbersApart() throws IOException {
    try (TensorFile file = WeightFormat.open(Fixtures.file("torch/fasterrcnn.pt"))) {
      String counter = "backbone.1.num_batches_tracked";
      assertThat(file.format()).isEqualTo("torch state dict");
      assertThat(file.shapes()).hasSize(19).containsEntry(counter, List.of());
      assertThat(file.type(counter)).isEqualTo("I64");
      assertThat(file.type("backbone.0.weight")).isEqualTo("F32");
      assertThatThrownBy(() -> file.read(counter))
          .isInstanceOf(UnsupportedWeightException.class)
          .hasMessageContaining("type I64 is not read as a weight");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "evil, class or function 'posix.system' is refused",
    "module, class or function 'torchvision.models.detection.rpn.RPNHead' is refused",
    "legacy, torch's legacy format of before 1.6 is not read",
    "script, TorchScript holds code and is refused"
  })
  void refusesByName(String name, String message) {
    Path file = Fixtures.file("torch/" + name + ".pt");
    assertThatThrownBy(() -> WeightFiles.read(file))
        .isInstanceOf(UnsupportedWeightException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(message);
  }

  /** Count of the storage's values 4: what of it may be looked at. */
  @ParameterizedTest(name = "{4}")
  @CsvSource({
    "1, 4, 1, values within the storage's 4, 'one past the end'",
    "0, 5, 0, at most the storage's 4 values, 'a value repeated'",
    "0, 2, 5, a stride within the storage's 4 values, 'a wide stride'",
    "0, 3, 2, values within the storage's 4, 'a stride over the end'",
    "0, 2147483647, 0, at most the storage's 4 values, 'a shape bomb'",
    "0, 4294967296, 0, at most 2147483647 values, 'a longer side than any'",
    "-1, 1, 1, at least 0, 'a negative offset'",
    "0, -1, 1, at least 0, 'a negative side'",
    "0, 2, -1, at least 0, 'a negative stride'",
    "9223372036854775807, 2, 1, values within the storage's 4, 'an offset that overflows'",
  })
  void refusesViewsBeyondTheirStorage(
      long offset, long side, long stride, String message, String what) throws IOException {
    byte[] pickle =
        dict(view(4, number(offset), number(side) + "\u0085", number(stride) + "\u0085"));
    Path file = write(Map.of("a/data.pkl", pickle, "a/data/0", new byte[16]));
    assertThatThrownBy(() -> WeightFiles.read(file))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesStoragesThatAreNotThere() throws IOException {
    byte[] pickle = dict(view(4, "K\u0000", "K\u0004\u0085", "K\u0001\u0085"));
    for (byte[] storage : new byte[][] {new byte[15], new byte[12], new byte[20], new byte[0]}) {
      Path file = write(Map.of("a/data.pkl", pickle, "a/data/0", storage));
      assertThatThrownBy(() -> WeightFiles.read(file))
          .isInstanceOf(WeightFormatException.class)
          .hasMessageContaining("expected 4 values of 4 bytes, got " + storage.length + " bytes");
    }
    Path none = write(Map.of("a/data.pkl", pickle));
    assertThatThrownBy(() -> WeightFiles.read(none))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("expected a file 'a/data/0', got none");
    Path two = write(Map.of("a/data.pkl", pickle, "b/data.pkl", pickle));
    assertThatThrownBy(() -> WeightFiles.read(two)).hasMessageContaining("expected one data.pkl");
  }

  @Test
  void refusesThousandsOfViewsOfOneStorage() throws IOException {
    var items = new StringBuilder(view(4, "K\u0000", "K\u0004\u0085", "K\u0001\u0085") + "q\u0000");
    var pickle = new StringBuilder("\u0080\u0002}(");
    pickle.append(text("x")).append(items);
    for (int i = 0; i < 100; i++) {
      pickle.append(text("y" + i)).append("h\u0000");
    }
    Path file = write(Map.of("a/data.pkl", bytes(pickle + "u."), "a/data/0", new byte[16]));
    assertThatThrownBy(() -> WeightFiles.read(file))
        .isInstanceOf(WeightLimitException.class)
        .hasMessageContaining("at most 16 views of the 4 values, got 404");
  }

  /** Pickles that would take Python's reader down, or this one if it trusted them. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "no dictionary | K\\1. | a dictionary of tensors, got the number 1",
        "no tensors | }. | expected tensors, got a dictionary without any",
        "empty stack | . | a value on the pickle's stack, got none",
        "no end | } | expected 1 bytes at 3, file has 3",
        "more after the end | }.. | expected the end of the pickle",
        "no mark | }u. | a mark on the pickle's stack, got none",
        "unknown code | \\255 | expected a pickle's opcode, got 0xff",
        "inside itself | }q\\0X\\1\\0\\0\\0xh\\0s. | nested at most 16 deep",
        "new object | }\\129. | pickle opcode NEWOBJ is refused",
        "instance | (ios\\10system\\10. | pickle opcode INST is refused",
        "object | (o. | pickle opcode OBJ is refused",
        "extension | \\130\\1. | pickle opcode EXT1 is refused",
        "global of the stack | \\147. | pickle opcode STACK_GLOBAL is refused",
        "builtin | cbuiltins\\10eval\\10. | 'builtins.eval' is refused",
        "other storage | ctorch\\10QInt8Storage\\10. | 'torch.QInt8Storage' is refused",
        "call of a number | K\\1)R. | a call of the number 1 is refused",
        "build of a number | K\\1}b. | BUILD of the number 1 is refused",
        "key that is a list | }]K\\1s. | keys of a dictionary are text or numbers, got a list",
        "key twice | }K\\1NsK\\1Ns. | each key once, got '1' twice",
        "no such memory | h\\1. | a value kept as number 1, got none",
        "long text | X\\255\\255\\255\\255. | expected 4294967295 bytes at 7, file has 8",
        "long number | \\138\\255. | a number of at most 8 bytes, got 255",
        "unending name | cos | expected 1 bytes",
        "no storage | K\\1Q. | the id of a storage, got the number 1",
        "too few arguments | ctorch._utils\\10_rebuild_tensor_v2\\10)R. | expected 6 arguments",
        "newer protocol | \\128\\4}. | pickle protocol 4 is not read: expected 2",
        "a tuple of a mark | (\\133. | expected enough values on the pickle's stack",
      })
  void refusesHostilePickles(String what, String pickle, String message) throws IOException {
    var text = new StringBuilder("\u0080\u0002");
    for (int i = 0; i < pickle.length(); i++) {
      if (pickle.charAt(i) == '\\') {
        int end = i + 1;
        while (end < pickle.length() && Character.isDigit(pickle.charAt(end)) && end < i + 4) {
          end++;
        }
        text.append((char) Integer.parseInt(pickle.substring(i + 1, end)));
        i = end - 1;
      } else {
        text.append(pickle.charAt(i));
      }
    }
    Path file = write(Map.of("a/data.pkl", bytes(text.toString())));
    assertThatThrownBy(() -> WeightFiles.read(file))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("a/data.pkl")
        .hasMessageContaining(message);
  }

  @Test
  void refusesDoublingLists() throws IOException {
    // Each of 14 lists holds the one before nine times: 9^14 values in a few hundred bytes.
    var pickle = new StringBuilder("\u0080\u0002}" + text("x") + "]q\u0000");
    for (int i = 1; i <= 14; i++) {
      // The next list and a mark; then the one before, nine times, from memory.
      pickle.append("](").append(("h" + (char) (i - 1)).repeat(9)).append("eq").append((char) i);
    }
    pickle.append("\u0086".repeat(14)).append("s.");
    Path file = write(Map.of("a/data.pkl", bytes(pickle.toString())));
    assertThatThrownBy(() -> WeightFiles.read(file))
        .isInstanceOf(WeightLimitException.class)
        .hasMessageContaining("at most 100000 values");
  }

  private static byte[] dict(String value) {
    return bytes("\u0080\u0002}" + text("x") + value + "s.");
  }

  private static String view(int count, String offset, String shape, String strides) {
    return "ctorch._utils\n_rebuild_tensor_v2\n(("
        + text("storage")
        + "ctorch\nFloatStorage\n"
        + text("0")
        + text("cpu")
        + number(count)
        + "tQ"
        + offset
        + shape
        + strides
        + "\u0089}tR";
  }

  private static String text(String text) {
    return "X" + (char) text.length() + "\0\0\0" + text;
  }

  private static String number(long value) {
    byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    return "\u008a\u0008" + new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private Path write(Map<String, byte[]> entries) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    return Files.write(directory.resolve("x.pt"), bytes.toByteArray());
  }
}
