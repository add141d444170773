package dev.rpn.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.ModelMismatchException;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightFilesTest {
  private static final long SEED = Long.getLong("rpn.seed", 1);

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"rpn.h5", "rpn.keras", "rpn.weights.h5", "rpn.safetensors", "rpn.npz"})
  void readsTheSameNetworkFromEveryFormat(String name) throws IOException {
    Network network = WeightFiles.readNetwork(Fixtures.file("keras_c16/" + name));

    assertThat(network.architecture()).isEqualTo(Architecture.of(new RpnHead(16, 9)));
    Map<String, NpyArray> arrays = Npz.read(Fixtures.file("keras_c16/rpn.npz"));
    assertThat(network.weights().asMap().keySet()).isEqualTo(arrays.keySet());
    arrays.forEach(
        (key, array) -> assertThat(network.weights().get(key)).isEqualTo(array.toTensor()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rpn.h5", "rpn.keras", "rpn.weights.h5", "rpn.safetensors", "rpn.npz"})
  void tellsFormatsApartByContent(String name) throws IOException {
    Path file = directory.resolve("weights.bin");
    Files.copy(Fixtures.file("keras_c16/" + name), file);
    assertThat(WeightFiles.read(file)).hasSize(6);
  }

  @Test
  void readsAThinVgg16() throws IOException {
    Path vgg = Path.of("../../shared/oracle/keras_vgg");
    assumeThat(vgg).as("golden files of a backbone").isDirectory();
    Network network =
        WeightFiles.readNetwork(vgg.resolve("rpn.h5"), vgg.resolve("backbone.weights.h5"));

    Backbone expected = Backbone.thin(8, 8, 16, 16, 32, 32, 32, 64, 64, 64, 64, 64, 64);
    assertThat(network.architecture()).isEqualTo(Architecture.of(expected, new RpnHead(64, 9)));
    assertThat(WeightFiles.readNetwork(vgg.resolve("rpn.h5"), vgg.resolve("backbone.h5")))
        .isEqualTo(network);
  }

  @ParameterizedTest
  @ValueSource(strings = {".safetensors", ".npz", ".weights.h5", ".onnx"})
  void roundTripsRandomNetworks(String extension) throws IOException {
    var random = new SplittableRandom(SEED);
    for (int i = 0; i < 12; i++) {
      Network network = random(random);
      Path file = directory.resolve(i + extension);
      WeightFiles.write(file, network);
      assertThat(WeightFiles.readNetwork(file))
          .as("network %s of seed %s (-Drpn.seed)", i, SEED)
          .isEqualTo(network);
    }
    assertThat(directory.toFile().list()).hasSize(12);
  }

  private static Network random(SplittableRandom random) {
    int[] widths = random.ints(random.nextInt(14), 1, 6).toArray();
    Architecture architecture;
    if (widths.length == 0) {
      architecture = Architecture.of(new RpnHead(random.nextInt(1, 20), random.nextInt(1, 16)));
    } else {
      Backbone backbone = Backbone.thin(widths);
      architecture =
          Architecture.of(backbone, new RpnHead(backbone.channels(), random.nextInt(1, 16)));
    }
    return Network.initialized(architecture, random.nextLong());
  }

  @Test
  void convertsBetweenAllFormats() throws IOException {
    Network network = WeightFiles.readNetwork(Fixtures.file("keras_c16/rpn.h5"));
    Path file = directory.resolve("x.weights.h5");
    WeightFiles.write(file, network);
    Network second = WeightFiles.readNetwork(file);
    Path npz = directory.resolve("x.npz");
    WeightFiles.write(npz, second);
    assertThat(WeightFiles.readNetwork(npz)).isEqualTo(network);
    Path onnx = directory.resolve("x.onnx");
    WeightFiles.write(onnx, second);
    Path renamed = Files.copy(onnx, directory.resolve("weights.bin"));
    assertThat(WeightFiles.readNetwork(renamed)).isEqualTo(network);
  }

  @Test
  void refusesToWriteAnUnknownExtension() {
    Network network = Network.initialized(Architecture.of(new RpnHead(1, 1)), 1);
    assertThatThrownBy(() -> WeightFiles.write(directory.resolve("x.tflite"), network))
        .isInstanceOf(UnsupportedWeightException.class)
        .hasMessageContaining(
            "expected a name that ends in .safetensors, .npz, .weights.h5 or .onnx");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x.safetensors", "x.npz", "x.weights.h5", "x.onnx"})
  void refusesNonFiniteWeightsUnlessAllowed(String name) throws IOException {
    Network network = Network.initialized(Architecture.of(new RpnHead(3, 2)), 1);
    network.weights().bias(RpnHead.LOCATION).set(5, Float.NEGATIVE_INFINITY);
    Path file = directory.resolve(name);
    WeightFiles.write(file, network);
    assertThatThrownBy(() -> WeightFiles.readNetwork(file))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("location/bias': expected finite values, got non-finite at index 5");
    assertThat(WeightFiles.read(file, NonFinite.ALLOW).get("location/bias").get(5))
        .isEqualTo(Float.NEGATIVE_INFINITY);
  }

  @Test
  void refusesWhatIsNoWeightFile() throws IOException {
    Path file = directory.resolve("x.h5");
    assertThatThrownBy(() -> WeightFiles.read(file)).isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> WeightFiles.read(directory))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("expected a file, got a directory");
    Files.write(file, new byte[0]);
    assertThatThrownBy(() -> WeightFiles.read(file))
        .hasMessageContaining("expected 9 bytes at 0, file has 0");
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1");
    assertThatThrownBy(() -> WeightFiles.read(file))
        .isInstanceOf(WeightFormatException.class)
        .hasMessageContaining("byte 0: expected a safetensors, npz, Keras");
    assertThatThrownBy(() -> WeightFiles.read(Fixtures.file("numpy/f4.npy")))
        .isInstanceOf(UnsupportedWeightException.class);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "missing bias | location/bias | | missing tensor 'location/bias' of shape [8]; the file has",
        "missing kernel | 3x3/kernel | | missing tensor '3x3/kernel' of shape [3, 3, C, C]",
        "wrong bias | 3x3/bias | 4 | tensor '3x3/bias': expected shape [3], got [4]",
        "wrong channels | location/kernel | 1,1,4,8 | tensor 'location/kernel': expected shape [1, 1, 3, 8], got [1, 1, 4, 8]",
        "wrong anchors | location/kernel | 1,1,3,9 | tensor 'location/kernel': expected shape [1, 1, 3, 8], got [1, 1, 3, 9]",
        "no square | 3x3/kernel | 3,3,2,3 | tensor '3x3/kernel': expected shape [3, 3, 3, 3], got [3, 3, 2, 3]",
        "wrong window | 3x3/kernel | 5,5,3,3 | tensor '3x3/kernel': expected shape [3, 3, C, C], got [5, 5, 3, 3]",
        "no anchors | classification/kernel | 1,1,3,0 | tensor 'classification/kernel': expected shape [1, 1, C, k], got [1, 1, 3, 0]",
        "flat | 3x3/kernel | 81 | tensor '3x3/kernel': expected shape [3, 3, C, C], got [81]",
        "extra | other/kernel | 1 | unknown tensor 'other/kernel' of shape [1]: expected only",
        "backbone of other channels | block1_conv1/kernel | 3,3,3,7 | expected the backbone's 7 channels, got 3",
        "backbone of no picture | block1_conv1/kernel | 3,3,4,3 | tensor 'block1_conv1/kernel': expected shape [3, 3, 3, 3], got [3, 3, 4, 3]",
      })
  void refusesTensorsThatFitNoNetwork(String what, String name, String sides, String message)
      throws IOException {
    Network network = Network.initialized(Architecture.of(new RpnHead(3, 2)), 1);
    for (String extension : new String[] {".safetensors", ".npz"}) {
      var tensors = new LinkedHashMap<>(network.weights().asMap());
      tensors.remove(name);
      if (sides != null) {
        int[] shape = Arrays.stream(sides.split(",")).mapToInt(Integer::parseInt).toArray();
        tensors.put(name, Tensor.zeros(shape));
      }
      if (name.equals("block1_conv1/kernel")) {
        tensors.put("block1_conv1/bias", Tensor.zeros(3));
      }
      Path file = directory.resolve("mismatch" + extension);
      if (extension.equals(".npz")) {
        var arrays = new LinkedHashMap<String, NpyArray>();
        tensors.forEach((key, tensor) -> arrays.put(key, NpyArray.of(tensor)));
        Npz.write(file, arrays);
      } else {
        Safetensors.write(file, tensors, Map.of());
      }
      assertThatThrownBy(() -> WeightFiles.readNetwork(file))
          .isInstanceOf(ModelMismatchException.class)
          .hasMessageStartingWith(file + ": ")
          .hasMessageContaining(message);
    }
  }

  @Test
  void refusesABackboneThatDoesNotFitTheHead() throws IOException {
    Path head = directory.resolve("head.npz");
    Path backbone = directory.resolve("backbone.npz");
    WeightFiles.write(head, Network.initialized(Architecture.of(new RpnHead(3, 2)), 1));
    Npz.write(
        backbone,
        Map.of(
            "block1_conv1/kernel", NpyArray.of(Tensor.zeros(3, 3, 3, 4)),
            "block1_conv1/bias", NpyArray.of(Tensor.zeros(4))));
    assertThatThrownBy(() -> WeightFiles.readNetwork(head, backbone))
        .isInstanceOf(ModelMismatchException.class)
        .hasMessage(head + ": channels: expected the backbone's 4, got 3");
    assertThatThrownBy(() -> WeightFiles.readNetwork(head, head))
        .isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("expected a backbone's layers");
  }
}
