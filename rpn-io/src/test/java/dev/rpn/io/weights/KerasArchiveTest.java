package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KerasArchiveTest {
  @TempDir Path directory;

  /** The nameless groups of this file belong to the layers in the order of another description. */
  @Test
  void takesNamesFromTheConfigurationWhereGroupsHaveNone() throws IOException {
    String config =
        """
        {"module": "keras.src.models.functional", "class_name": "Functional", "config": {"layers": [
          {"module": "keras.layers", "class_name": "InputLayer", "config": {"name": "in"}},
          {"module": "keras.layers", "class_name": "Conv2D", "config": {"name": "first"}},
          {"module": "keras.layers", "class_name": "MaxPooling2D", "config": {"name": "pool"}},
          {"module": "keras.layers", "class_name": "Conv2D", "config": {"name": "second"}},
          {"module": "keras.layers", "class_name": "Conv2D", "config": {"name": "third"}}]},
         "registered_name": "Functional"}
        """;
    assertThat(WeightFiles.read(archive(config)))
        .containsOnlyKeys(
            "first/kernel",
            "first/bias",
            "second/kernel",
            "second/bias",
            "third/kernel",
            "third/bias");
  }

  @Test
  void namesGroupsAsKerasDoes() throws IOException {
    String config =
        """
        {"config": {"layers": [
          {"class_name": "MaxPooling2D", "config": {"name": "a"}},
          {"class_name": "InputLayer", "config": {"name": "b"}},
          {"class_name": "BatchNormalization", "config": {"name": "c"}},
          {"class_name": "Conv2DTranspose", "config": {"name": "d"}},
          {"class_name": "MaxPooling2D", "config": {"name": "e"}}]}}
        """;
    assertThat(KerasConfig.groups(KerasConfig.parse(Place.of(Path.of("x")), config)))
        .isEqualTo(
            Map.of(
                "max_pooling2d", "a",
                "input_layer", "b",
                "batch_normalization", "c",
                "conv2d_transpose", "d",
                "max_pooling2d_1", "e"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'module':'keras.layers','class_name':'Lambda','config':{}} | code is refused: class 'Lambda'",
        "{'class_name':'__lambda__','config':{'value':'4wEAAAA='}} | code is refused: class '__lambda__'",
        "{'module':'evil.payload','class_name':'Conv2D','config':{}} | classes other than Keras's are refused: 'evil.payload.Conv2D'",
        "{'module':null,'class_name':'Own','registered_name':'Custom>Own','config':{}} | classes other than Keras's are refused: 'Custom>Own'",
        "{'module':'kerasx','class_name':'Own','config':{}} | classes other than Keras's are refused: 'kerasx.Own'"
      })
  void refusesCodeAndCustomClassesByName(String layer, String message) {
    String config = "{'class_name':'Functional','config':{'layers':[" + layer + "]}}";
    assertThatThrownBy(() -> WeightFiles.read(archive(config.replace('\'', '"'))))
        .isInstanceOf(UnsupportedWeightException.class)
        .hasMessageContaining(".keras!config.json: " + message);
  }

  @Test
  void refusesAMalformedConfiguration() {
    assertThatThrownBy(() -> WeightFiles.read(archive("[1")))
        .isInstanceOf(WeightFormatException.class);
    assertThatThrownBy(() -> WeightFiles.read(archive("{\"a\":" + "[".repeat(100_000))))
        .isInstanceOf(WeightLimitException.class);
  }

  @Test
  void refusesWeightsThatAreNoHdf5() throws IOException {
    Path file = directory.resolve("wrong.keras");
    write(file, Map.of("model.weights.h5", new byte[100]));
    assertThatThrownBy(() -> WeightFiles.read(file))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("wrong.keras!model.weights.h5");
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.file("keras_c16/rpn.keras"));
    for (int length = 0; length < bytes.length; length += 101) {
      Path file = Files.write(directory.resolve("cut.keras"), Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> WeightFiles.read(file)).isInstanceOf(WeightFormatException.class);
    }
  }

  @Test
  void refusesNamesThatLeaveTheFolderAndNesting() throws IOException {
    Path keras = Fixtures.file("keras_c16/rpn.keras");
    for (String extra : new String[] {"../x", "/x", "assets/inner.keras"}) {
      var entries = new LinkedHashMap<String, byte[]>();
      try (var zip = new ZipFile(keras.toFile())) {
        for (ZipEntry entry : Collections.list(zip.entries())) {
          entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
        }
      }
      entries.put(extra, new byte[3]);
      Path file = directory.resolve("extra.keras");
      write(file, entries);
      assertThatThrownBy(() -> WeightFiles.read(file)).isInstanceOf(WeightFormatException.class);
    }
  }

  private Path archive(String config) throws IOException {
    Path file = directory.resolve("x.keras");
    write(
        file,
        Map.of(
            "config.json",
            config.getBytes(StandardCharsets.UTF_8),
            "model.weights.h5",
            Files.readAllBytes(Fixtures.file("keras/nameless.weights.h5"))));
    return file;
  }

  private static void write(Path file, Map<String, byte[]> entries) throws IOException {
    try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
  }
}
