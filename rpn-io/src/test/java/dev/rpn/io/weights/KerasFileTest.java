package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rpn.model.Tensor;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files made by h5py 3 in the shapes of Keras 1, 2 and 3, good and hostile. */
class KerasFileTest {
  @TempDir Path directory;

  private static Map<String, Tensor> read(String name) throws IOException {
    return WeightFiles.read(Fixtures.file("keras/" + name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"named", "nameless", "latest", "f2", "f8", "big_f4"})
  void readsALayersVariablesByName(String name) throws IOException {
    Map<String, Tensor> tensors = read(name + ".weights.h5");

    assertThat(tensors)
        .containsOnlyKeys(
            "3x3/kernel",
            "3x3/bias",
            "classification/kernel",
            "classification/bias",
            "location/kernel",
            "location/bias");
    assertThat(tensors.get("3x3/kernel")).isEqualTo(range(0, 3, 3, 2, 2));
    assertThat(tensors.get("3x3/bias")).isEqualTo(range(0, 2));
    assertThat(tensors.get("classification/kernel")).isEqualTo(range(100, 1, 1, 2, 1));
    assertThat(tensors.get("classification/bias")).isEqualTo(range(1000, 1));
    assertThat(tensors.get("location/kernel")).isEqualTo(range(200, 1, 1, 2, 4));
    assertThat(tensors.get("location/bias")).isEqualTo(range(2000, 4));
  }

  private static Tensor range(int first, int... shape) {
    Tensor tensor = Tensor.zeros(shape);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.set(i, first + i);
    }
    return tensor;
  }

  @ParameterizedTest
  @ValueSource(strings = {"keras2_weights.h5", "keras2_nested.h5"})
  void readsOlderKerasWeights(String name) throws IOException {
    Map<String, Tensor> tensors = read(name);

    assertThat(tensors).containsOnlyKeys("block1_conv1/kernel", "block1_conv1/bias");
    assertThat(tensors.get("block1_conv1/kernel")).isEqualTo(Tensor.zeros(3, 3, 3, 2));
    assertThat(tensors.get("block1_conv1/bias")).isEqualTo(Tensor.of(new float[] {1, 2}, 2));
  }

  @Test
  void leavesCountersAndStatesAside() throws IOException {
    assertThat(read("integers.weights.h5")).containsOnlyKeys("3x3/1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "soft_link.weights.h5 | tensor 'conv2d/vars/0': links are not followed",
        "external_link.weights.h5 | tensor 'conv2d/vars/0': links are not followed",
        "virtual.weights.h5 | Virtual storage is not supported",
        "bf16.weights.h5 | opaque values, as Keras stores bfloat16, are not read",
        "chunked.weights.h5 | a data set of layout CHUNKED is not read",
        "deflated.weights.h5 | a data set of layout CHUNKED is not read",
        "bomb.weights.h5 | a data set of layout CHUNKED is not read",
        "shape_bomb.weights.h5 | a data set of layout CHUNKED is not read",
      })
  void refusesUnsupported(String name, String message) {
    assertThatThrownBy(() -> read(name))
        .isInstanceOf(UnsupportedWeightException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesExternalData() {
    assertThatThrownBy(() -> read("external_data.weights.h5"))
        .isInstanceOf(WeightFormatException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "deep.weights.h5 | expected groups at most 32 deep",
      })
  void refusesOverLimits(String name, String message) {
    assertThatThrownBy(() -> read(name))
        .isInstanceOf(WeightLimitException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cycle.weights.h5 | expected each group once, got a cycle",
        "twice.weights.h5 | expected each layer once, got '3x3' twice",
        "nothing.h5 | expected the layers of a Keras model, got none",
        "unallocated.weights.h5 | tensor 'conv2d/vars/0': expected values, got a data set without any",
        "null.weights.h5 | tensor 'conv2d/vars/0': expected values",
        "nan.weights.h5 | tensor '3x3/kernel': expected finite values, got non-finite at index 5",
      })
  void refusesMalformed(String name, String message) {
    assertThatThrownBy(() -> read(name))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining(message);
  }

  /** A whole model describes its layers, as a .keras does in a file of its own. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'class_name':'Lambda'} | code is refused: class 'Lambda'",
        "{'class_name':'Own','module':'evil'} | classes other than Keras's are refused: 'evil.Own'",
      })
  void refusesAModelWithCodeOrCustomClasses(String layer, String message) {
    Path file = directory.resolve("model.h5");
    try (WritableHdfFile hdf5 = HdfFile.write(file)) {
      String config = "{'class_name':'Sequential','config':{'layers':[" + layer + "]}}";
      hdf5.putAttribute("model_config", config.replace('\'', '"'));
      hdf5.putGroup("model_weights").putGroup("a").putDataset("kernel:0", new float[1][1][2][2]);
    }
    assertThatThrownBy(() -> WeightFiles.read(file))
        .isInstanceOf(UnsupportedWeightException.class)
        .hasMessageContaining("model.h5: " + message);
  }

  @Test
  void refusesTruncation() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.file("keras_c16/rpn.weights.h5"));
    Path file = directory.resolve("cut.h5");
    for (int length = 0; length < bytes.length; length += 501) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> WeightFiles.read(file)).isInstanceOf(WeightFormatException.class);
    }
  }
}
