package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpzTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"stored", "deflated"})
  void readsWhatNumpyWrote(String name) throws IOException {
    Map<String, NpyArray> arrays = Npz.read(Fixtures.file("numpy/" + name + ".npz"));

    assertThat(arrays).containsOnlyKeys("x", "final/3x3/kernel", "losses");
    for (int i = 0; i < 24; i++) {
      assertThat(arrays.get("x").get(i)).isEqualTo((i - 5) / 2.0);
      assertThat(arrays.get("final/3x3/kernel").get(i)).isEqualTo((i - 5) / 4.0);
      assertThat(arrays.get("losses").get(i)).isEqualTo((i - 5) / 8.0);
    }
    assertThat(arrays.get("losses").type()).isEqualTo(NpyType.FLOAT64);
    assertThat(arrays.get("x").shape()).containsExactly(2, 3, 4);
  }

  @Test
  void roundTrips() throws IOException {
    var arrays = new LinkedHashMap<String, NpyArray>();
    arrays.put("b/c", NpyArray.of(new float[] {1, 2}, 2));
    arrays.put("a", NpyArray.of(new long[] {3}));
    Path file = directory.resolve("x.npz");
    Npz.write(file, arrays);
    byte[] first = Files.readAllBytes(file);
    Npz.write(file, arrays);

    assertThat(Npz.read(file)).containsExactlyEntriesOf(arrays);
    assertThat(Files.readAllBytes(file)).as("the same bytes every time").isEqualTo(first);
    assertThat(directory.toFile().list()).containsExactly("x.npz");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../x.npy", "/x.npy", "a/../x.npy", "C:/x.npy", "a\\x.npy", "./x.npy", "a//x.npy"})
  void refusesNamesThatLeaveTheFolder(String name) throws IOException {
    assertThatThrownBy(() -> Npz.read(zip(name, new byte[4])))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("expected plain relative names, got");
  }

  @Test
  void readsOnlyWhatIsWanted() throws IOException {
    Path file = directory.resolve("x.npz");
    NpyArray wanted = NpyArray.of(new float[] {1, 2}, 2);
    Npz.write(file, Map.of("feature/0", wanted, "other", NpyArray.of(new long[] {3})));
    assertThat(Npz.read(file, name -> name.startsWith("feature/")))
        .isEqualTo(Map.of("feature/0", wanted));
  }

  @Test
  void refusesDuplicateEntries() throws IOException {
    byte[] one = Files.readAllBytes(Fixtures.file("numpy/vector.npy"));
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      for (String name : new String[] {"aa.npy", "ab.npy"}) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(one);
        zip.closeEntry();
      }
    }
    String text = bytes.toString(StandardCharsets.ISO_8859_1).replace("ab.npy", "aa.npy");
    Path file = directory.resolve("twice.npz");
    Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> Npz.read(file))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("expected each entry once, got 'aa.npy' twice");
  }

  @Test
  void refusesARatioAbove100() throws IOException {
    assertThatThrownBy(() -> Npz.read(zip("zeros.npy", new byte[4 << 20])))
        .isInstanceOf(WeightLimitException.class)
        .hasMessageContaining("expected at most 100 times the stored");
  }

  @Test
  void refusesManySmallBombsTogether() throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      for (int i = 0; i < 20; i++) {
        zip.putNextEntry(new ZipEntry(i + ".npy"));
        zip.write(new byte[1 << 19]);
        zip.closeEntry();
      }
    }
    Path file = Files.write(directory.resolve("many.npz"), bytes.toByteArray());
    assertThatThrownBy(() -> Npz.read(file)).isInstanceOf(WeightLimitException.class);
  }

  @Test
  void refusesAnEntryThatInflatesPastItsSize() throws IOException {
    byte[] bytes =
        Files.readAllBytes(zip("x.npy", Files.readAllBytes(Fixtures.file("numpy/f4.npy"))));
    int directoryEntry = lastIndexOf(bytes, new byte[] {'P', 'K', 1, 2});
    bytes[directoryEntry + 24] -= 96; // the uncompressed size: 224 becomes 128
    Path file = Files.write(directory.resolve("past.npz"), bytes);
    assertThatThrownBy(() -> Npz.read(file)).isInstanceOf(WeightFormatException.class);
  }

  @Test
  void refusesAWrongChecksum() throws IOException {
    Path file = directory.resolve("x.npz");
    Npz.write(file, Map.of("x", NpyArray.of(new float[] {1, 2, 3}, 3)));
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int values = text.indexOf('\n', text.indexOf('}')) + 1;
    bytes[values]++;
    Files.write(file, bytes);
    assertThatThrownBy(() -> Npz.read(file))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("x.npz!x.npy: expected checksum");
  }

  @Test
  void refusesOtherEntries() throws IOException {
    assertThatThrownBy(() -> Npz.read(zip("readme.txt", new byte[4])))
        .isInstanceOf(UnsupportedWeightException.class)
        .hasMessageContaining("entry 'readme.txt' is not a .npy array");
  }

  @ParameterizedTest
  @ValueSource(strings = {"inner.zip", "inner.NPZ", "line\nbreak.keras"})
  void refusesNesting(String name) throws IOException {
    assertThatThrownBy(() -> Npz.read(zip(name, new byte[4])))
        .isInstanceOf(UnsupportedWeightException.class)
        .hasMessageContaining("archives within an archive are refused");
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.file("numpy/deflated.npz"));
    Path file = directory.resolve("cut.npz");
    for (int length = 0; length < bytes.length; length += 7) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> Npz.read(file)).isInstanceOf(WeightFormatException.class);
    }
  }

  private Path zip(String name, byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(content);
      zip.closeEntry();
    }
    return Files.write(directory.resolve("hostile.npz"), bytes.toByteArray());
  }

  private static int lastIndexOf(byte[] bytes, byte[] part) {
    return new String(bytes, StandardCharsets.ISO_8859_1)
        .lastIndexOf(new String(part, StandardCharsets.ISO_8859_1));
  }
}
