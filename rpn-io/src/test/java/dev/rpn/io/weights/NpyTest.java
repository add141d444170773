package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.model.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files written by numpy 2 (arange(24) - 5, floats halved, shape (2, 3, 4)), and our own. */
class NpyTest {
  @TempDir Path directory;

  private static NpyArray numpy(String name) throws IOException {
    return Npy.read(Fixtures.file("numpy/" + name + ".npy"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"f2", "f4", "f8", "big_f2", "big_f4", "big_f8", "fortran", "version2", "version3"})
  void readsFloats(String name) throws IOException {
    NpyArray array = numpy(name);

    double[] expected = IntStream.range(0, 24).mapToDouble(i -> (i - 5) / 2.0).toArray();
    assertThat(array.shape()).containsExactly(2, 3, 4);
    assertThat(array.toDoubles()).isEqualTo(expected);
    for (int i = 0; i < 24; i++) {
      assertThat(array.toFloats()[i]).isEqualTo((float) expected[i]);
      assertThat(array.toTensor().get(i)).isEqualTo((float) expected[i]);
    }
    assertThat(array.toTensor().shape()).containsExactly(2, 3, 4);
    assertThatThrownBy(array::toInts).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"i1", "i2", "i4", "i8", "big_i2", "big_i4", "big_i8"})
  void readsIntegers(String name) throws IOException {
    NpyArray array = numpy(name);

    assertThat(array.toInts()).isEqualTo(IntStream.range(-5, 19).toArray());
    assertThat(array.toLongs()).isEqualTo(IntStream.range(-5, 19).asLongStream().toArray());
    assertThat(array.toFloats()[0]).isEqualTo(-5f);
  }

  @Test
  void readsUnsignedBytes() throws IOException {
    assertThat(numpy("u1").toInts()).isEqualTo(IntStream.range(195, 219).toArray());
  }

  @Test
  void readsBooleans() throws IOException {
    boolean[] values = numpy("b1").toBooleans();
    for (int i = 0; i < 24; i++) {
      assertThat(values[i]).isEqualTo(i > 5);
    }
  }

  @Test
  void readsAScalarAnEmptyArrayAndAVector() throws IOException {
    assertThat(numpy("scalar").shape()).isEmpty();
    assertThat(numpy("scalar").get(0)).isEqualTo(2.5);
    assertThat(numpy("empty").shape()).containsExactly(0, 3);
    assertThat(numpy("empty").toTensor().shape()).containsExactly(0, 3);
    assertThat(numpy("vector").toFloats()).containsExactly(0, 1, 2);
  }

  @Test
  void writesWhatNumpyWrites() throws IOException {
    for (String name : new String[] {"f4", "f8", "i4", "i8", "u1", "b1", "scalar", "vector"}) {
      Path file = directory.resolve(name + ".npy");
      Npy.write(file, numpy(name));
      assertThat(file).hasSameBinaryContentAs(Fixtures.file("numpy/" + name + ".npy"));
    }
  }

  @Test
  void makesArraysOfJavaValues() throws IOException {
    float[] floats = {1, Float.NaN, -0f, Float.NEGATIVE_INFINITY};
    Path file = directory.resolve("x.npy");
    for (NpyArray array :
        new NpyArray[] {
          NpyArray.of(floats, 2, 2),
          NpyArray.of(Tensor.of(floats, 4)),
          NpyArray.of(new double[] {1, Double.MIN_VALUE}, 1, 2),
          NpyArray.of(new int[] {1, Integer.MIN_VALUE}, 2),
          NpyArray.of(new long[] {Long.MAX_VALUE}),
          NpyArray.of(new byte[] {-1, 3}, 2, 1),
          NpyArray.of(new boolean[] {true, false, true}, 3),
          NpyArray.of(new float[0], 0, 7)
        }) {
      Npy.write(file, array);
      assertThat(Npy.read(file)).isEqualTo(array);
    }
    assertThat(NpyArray.of(new byte[] {-1}, 1).toInts()).containsExactly(255);
    assertThatThrownBy(() -> NpyArray.of(new int[3], 2, 2))
        .hasMessage("array: shape [2, 2] does not hold 3 values");
    assertThatThrownBy(() -> NpyArray.of(new long[] {1L << 40}, 1).toInts())
        .hasMessage("array: expected 32-bit integers, got 1099511627776 at index 0");
  }

  @Test
  void survivesLargeArrays() throws IOException {
    float[] values = new float[100_003];
    var random = new Random(7);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    Path file = directory.resolve("large.npy");
    Npy.write(file, NpyArray.of(values, values.length));
    assertThat(Npy.read(file).toFloats()).isEqualTo(values);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "object | Python objects (pickle) are refused: descr '|O'",
        "record | records are not read",
        "complex | type '<c8' is not read: expected b1, i1, u1, i2, i4, i8, f2, f4 or f8",
        "text | type '<U2' is not read"
      })
  void refusesOtherTypes(String name, String message) {
    assertThatThrownBy(() -> numpy(name))
        .isInstanceOf(UnsupportedWeightException.class)
        .hasMessageContaining(name + ".npy: byte 10: " + message);
  }

  @Test
  void refusesAHeaderLongerThan10000Bytes() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.file("numpy/version2.npy"));
    bytes[8] = 0x11;
    bytes[9] = 0x27;
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(WeightLimitException.class)
        .hasMessageContaining("byte 8: expected a header of at most 10000 bytes, got 10001");
  }

  @Test
  void refusesAShapeLargerThanThePayload() {
    assertThatThrownBy(
            () -> readHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (9, 9)}"))
        .isInstanceOf(WeightLimitException.class)
        .hasMessageContaining("expected 324 bytes at 67 for <f4[9, 9], got a file of 67");
    assertThatThrownBy(() ->
            readHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (65536, 65536, 65536)}"))
        .isInstanceOf(WeightLimitException.class)
        .hasMessageContaining("expected at most 2147483647 values");
    assertThatThrownBy(() ->
            readHeader(
                "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"))
        .isInstanceOf(WeightLimitException.class);
    assertThatThrownBy(() ->
            readHeader(
                "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "1,".repeat(33) + ")}"))
        .isInstanceOf(WeightLimitException.class)
        .hasMessageContaining("expected at most 32 sides, got 33");
  }

  @Test
  void refusesTrailingBytes() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.file("numpy/vector.npy"));
    assertThatThrownBy(() -> read(Arrays.copyOf(bytes, bytes.length + 3)))
        .hasMessageContaining("byte 140: expected the end after <f4[3], got 3 more bytes");
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.file("numpy/vector.npy"));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> read(cut)).isInstanceOf(WeightFormatException.class);
    }
    assertThatThrownBy(() -> read(new byte[0]))
        .hasMessageContaining("expected 8 bytes at 0, file has 0");
  }

  @Test
  void refusesAWrongMagicAndVersion() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.file("numpy/vector.npy"));
    bytes[6] = 9;
    assertThatThrownBy(() -> read(bytes)).hasMessageContaining("numpy format version 9");
    bytes[1] = 'X';
    assertThatThrownBy(() -> read(bytes)).hasMessageContaining("expected numpy's magic");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "}",
        "{}",
        "[]",
        "{'descr': '<f4'}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': 'False', 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (,,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': '()'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
        "{'descr': (1), 'fortran_order': False, 'shape': ()}",
        "{'descr': '', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<', 'fortran_order': False, 'shape': ()}",
        "{'descr': '|f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': True, 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': True}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()} {",
      })
  void refusesAMalformedHeader(String text) {
    assertThatThrownBy(() -> readHeader(text)).isInstanceOf(WeightFormatException.class);
  }

  /** Reads a file that is nothing but a header. */
  private NpyArray readHeader(String text) throws IOException {
    byte[] bytes = new byte[10 + text.length()];
    System.arraycopy(NpyHeader.MAGIC, 0, bytes, 0, 6);
    bytes[6] = 1;
    bytes[8] = (byte) text.length();
    System.arraycopy(text.getBytes(StandardCharsets.US_ASCII), 0, bytes, 10, text.length());
    return read(bytes);
  }

  private NpyArray read(byte[] bytes) throws IOException {
    return Npy.read(Files.write(directory.resolve("hostile.npy"), bytes));
  }
}
