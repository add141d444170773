package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.io.weights.ModelFile;
import dev.rpn.io.weights.Npy;
import dev.rpn.io.weights.NpyArray;
import dev.rpn.io.weights.Npz;
import dev.rpn.io.weights.WeightFiles;
import dev.rpn.model.Architecture;
import dev.rpn.model.Backbone;
import dev.rpn.model.Conv3x3;
import dev.rpn.model.MaxPool2x2;
import dev.rpn.model.Network;
import dev.rpn.model.RpnHead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What Keras 3.15 computed with its own files, from the command line. */
class GoldenTest {
  @TempDir Path folder;
  private Map<String, NpyArray> forward;

  @BeforeEach
  void readGolden() throws IOException {
    forward = Npz.read(Rpn.golden("forward.npz"));
    Npy.write(folder.resolve("x.npy"), forward.get("x"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rpn.keras", "rpn.h5", "rpn.weights.h5", "rpn.safetensors", "rpn.npz"})
  void runEqualsKerasForEveryFormat(String weights) throws IOException {
    Path output = folder.resolve("out.npz");
    Rpn.Result result =
        Rpn.run(
            "run",
            "--weights",
            Rpn.golden(weights),
            "--input",
            folder.resolve("x.npy"),
            "--output",
            output);
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    Map<String, NpyArray> actual = Npz.read(output);
    assertThat(actual).containsOnlyKeys("classification", "location");
    for (String name : actual.keySet()) {
      assertThat(actual.get(name).shape()).isEqualTo(forward.get(name).shape());
      assertThat(relative(actual.get(name).toDoubles(), forward.get(name).toDoubles()))
          .isLessThan(1e-5);
    }
  }

  @Test
  void runOfOnePictureWithoutABatchAxis() throws IOException {
    int[] shape = forward.get("x").shape();
    float[] one = Arrays.copyOf(forward.get("x").toFloats(), shape[1] * shape[2] * shape[3]);
    Npy.write(folder.resolve("one.npy"), NpyArray.of(one, shape[1], shape[2], shape[3]));
    Path output = folder.resolve("out.npz");
    Rpn.Result result =
        Rpn.run(
            "run",
            "--weights",
            Rpn.golden("rpn.npz"),
            "--input",
            folder.resolve("one.npy"),
            "--output",
            output);
    assertThat(result.code()).isZero();
    NpyArray scores = Npz.read(output).get("classification");
    assertThat(scores.shape()).containsExactly(1, shape[1], shape[2], 9);
    assertThat(scores.toFloats())
        .usingComparatorWithPrecision(1e-5f)
        .containsExactly(Arrays.copyOf(forward.get("classification").toFloats(), scores.size()));
  }

  @Test
  void runRefusesOtherChannels() throws IOException {
    Npy.write(folder.resolve("x.npy"), NpyArray.of(new float[4 * 4 * 3], 4, 4, 3));
    Rpn.Result result =
        Rpn.run(
            "run",
            "--weights",
            Rpn.golden("rpn.npz"),
            "--input",
            folder.resolve("x.npy"),
            "--output",
            folder.resolve("out.npz"));
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).isEqualTo("rpn run: channels: expected 16, got 3\n");
    assertThat(folder.resolve("out.npz")).doesNotExist();
  }

  @Test
  void fitEqualsKerasForFiftySteps() throws IOException {
    Map<String, NpyArray> golden = Npz.read(Rpn.golden("train.npz"));
    Path out = folder.resolve("fitted.safetensors");
    Path log = folder.resolve("fit.jsonl");
    Rpn.Result result =
        Rpn.run(
            "fit",
            "--weights",
            Rpn.golden("rpn.safetensors"),
            "--data",
            Rpn.golden("train.npz"),
            "--steps",
            50,
            "--out",
            out,
            "--log",
            log);
    assertThat(result.code()).as(result.err()).isZero();
    double[] losses = golden.get("losses").toDoubles();
    List<String> lines = Files.readAllLines(log);
    assertThat(lines).hasSize(losses.length);
    for (int i = 0; i < losses.length; i++) {
      JsonNode line = JsonMapper.shared().readTree(lines.get(i));
      assertThat(line.propertyNames())
          .containsExactly("step", "loss", "classification", "location");
      assertThat(line.get("step").asInt()).isEqualTo(i + 1);
      double loss = line.get("loss").asDouble();
      assertThat(Math.abs(loss - losses[i]) / losses[i]).isLessThan(1e-5);
      assertThat(line.get("classification").asDouble() + line.get("location").asDouble())
          .isEqualTo(loss);
    }
    WeightFiles.read(out)
        .forEach((name, tensor) -> {
          double[] actual = NpyArray.of(tensor).toDoubles();
          double[] expected = golden.get("final/" + name).toDoubles();
          assertThat(relative(actual, expected)).as(name).isLessThan(1e-4);
        });
  }

  @Test
  void fitRefusesALayerThatIsNotThere() {
    Rpn.Result result =
        Rpn.run(
            "fit",
            "--weights",
            Rpn.golden("rpn.npz"),
            "--data",
            Rpn.golden("train.npz"),
            "--loss",
            "box=mse");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("'box'", "[classification, location]");
  }

  @Test
  void fitRefusesDataWithoutTargets() {
    Rpn.Result result =
        Rpn.run("fit", "--weights", Rpn.golden("rpn.npz"), "--data", Rpn.golden("forward.npz"));
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("no array 'classification_target'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.safetensors", "a.npz", "a.weights.h5"})
  void convertKeepsEveryBit(String name) throws IOException {
    Path there = folder.resolve(name);
    Path back = folder.resolve("back.npz");
    assertThat(Rpn.run("convert", Rpn.golden("rpn.keras"), there).code()).isZero();
    assertThat(Rpn.run("convert", there, back).code()).isZero();
    assertThat(WeightFiles.readNetwork(back))
        .isEqualTo(WeightFiles.readNetwork(Rpn.golden("rpn.npz")));
  }

  @Test
  void convertMakesAModelOfAHeadAndKeepsItOne() throws IOException {
    Path model = folder.resolve("model.safetensors");
    Path copy = folder.resolve("copy.safetensors");
    Rpn.Result made =
        Rpn.run(
            "convert",
            "--head",
            Rpn.golden("rpn.h5"),
            "--profile",
            "keras",
            "--anchor-sizes",
            "32,64,128",
            model);
    assertThat(made.code()).as(made.err()).isZero();
    assertThat(made.out()).contains("16 channels, 9 anchors");
    assertThat(Rpn.run("convert", model, copy).code()).isZero();
    assertThat(copy).hasSameBinaryContentAs(model);
    Rpn.Result refused = Rpn.run("propose", "--model", model, "x.png");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("backbone");
  }

  @Test
  void convertTakesAStrideALevel() throws IOException {
    Path model = folder.resolve("model.safetensors");
    Path head = Rpn.golden("rpn.h5");
    String sizes = "32,64,96;128,192,256";
    Rpn.Result made =
        Rpn.run(
            "convert", "--head", head, "--anchor-sizes", sizes, "--anchor-strides", "8,32", model);
    assertThat(made.code()).as(made.err()).isZero();
    assertThat(ModelFile.read(model).anchors().strides()).containsExactly(8, 32);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "8 | 1 | anchors: expected 2 strides, one a level, got [8]",
        "8,16,32 | 1 | anchors: expected 2 strides, one a level, got [8, 16, 32]",
        "8,0 | 1 | anchors: expected a stride above 0, got 0.0",
        "8,-16 | 1 | anchors: expected a stride above 0, got -16.0",
        "8,16.5 | 1 | --anchor-strides: expected whole numbers, got 16.5",
        "8,NaN | 1 | --anchor-strides: expected whole numbers, got NaN",
        "x | 2 | expected numbers separated by ',', such as 0.5,1,2, got 'x'",
        "8, | 2 | expected numbers separated by ',', such as 0.5,1,2, got '8,'",
      })
  void convertRefusesStridesThatTheLevelsHaveNot(String strides, int code, String message) {
    Path model = folder.resolve("model.safetensors");
    Rpn.Result refused =
        Rpn.run(
            "convert",
            "--head",
            Rpn.golden("rpn.h5"),
            "--anchor-sizes",
            "32,64,96;128,192,256",
            "--anchor-strides",
            strides,
            model);
    assertThat(refused.code()).isEqualTo(code);
    assertThat(refused.err()).contains(message);
    assertThat(refused.err().lines()).hasSize(1);
    assertThat(model).doesNotExist();
  }

  @Test
  void convertRefusesStridesWithoutAHead() {
    Path out = folder.resolve("out.safetensors");
    Rpn.Result refused = Rpn.run("convert", Rpn.golden("rpn.h5"), out, "--anchor-strides", "8");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .startsWith("rpn convert: --backbone and the anchors' options expect --head");
    assertThat(refused.err().lines()).hasSize(1);
    assertThat(out).doesNotExist();
  }

  @Test
  void convertRefusesStridesThatAreNotTheBackbones() throws IOException {
    var backbone =
        new Backbone(
            List.of(
                new Conv3x3("block1_conv1", 3, 4),
                new MaxPool2x2("block1_pool"),
                new Conv3x3("block2_conv1", 4, 4)));
    Path whole = folder.resolve("whole.safetensors");
    WeightFiles.write(whole, Network.initialized(Architecture.of(backbone, new RpnHead(4, 9)), 1));
    Path model = folder.resolve("model.safetensors");
    Rpn.Result refused = Rpn.run("convert", "--head", whole, "--anchor-strides", "8", model);
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err())
        .isEqualTo("rpn convert: --anchor-strides: expected the backbone's 2, got 8\n");
    assertThat(model).doesNotExist();
    Rpn.Result made = Rpn.run("convert", "--head", whole, "--anchor-strides", "2", model);
    assertThat(made.code()).as(made.err()).isZero();
    assertThat(ModelFile.read(model).anchors().strides()).containsExactly(2);
  }

  @Test
  void convertRefusesAnchorsThatTheHeadHasNot() {
    Rpn.Result result =
        Rpn.run(
            "convert",
            "--head",
            Rpn.golden("rpn.h5"),
            "--anchor-sizes",
            "32",
            folder.resolve("model.safetensors"));
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("expects 9", "gives 3");
  }

  private static double relative(double[] actual, double[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
      norm += expected[i] * expected[i];
    }
    return Math.sqrt(difference / norm);
  }
}
