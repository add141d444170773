package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.anchor.Profile;
import dev.rpn.io.weights.ModelFile;
import dev.rpn.io.weights.NpyArray;
import dev.rpn.io.weights.Npz;
import dev.rpn.io.weights.WeightFiles;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a file is, and what a conversion keeps of it. */
class InspectTest {
  @TempDir Path folder;

  private static Path torch() {
    return detector("fasterrcnn.pt");
  }

  private static Path detector(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(InspectTest.class.getResource("/torch/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A head of 8 channels and k = 6 under detectron2's names. */
  private Path detectron2() throws IOException {
    var arrays = new LinkedHashMap<String, NpyArray>();
    String head = "proposal_generator.rpn_head.";
    arrays.put(head + "conv.weight", NpyArray.of(new float[576], 8, 8, 3, 3));
    arrays.put(head + "conv.bias", NpyArray.of(new float[8], 8));
    arrays.put(head + "objectness_logits.weight", NpyArray.of(new float[48], 6, 8, 1, 1));
    arrays.put(head + "objectness_logits.bias", NpyArray.of(new float[6], 6));
    arrays.put(head + "anchor_deltas.weight", NpyArray.of(new float[192], 24, 8, 1, 1));
    arrays.put(head + "anchor_deltas.bias", NpyArray.of(new float[24], 24));
    Path file = folder.resolve("detectron2.npz");
    Npz.write(file, arrays);
    return file;
  }

  @Test
  void helpExplains() {
    assertThat(Rpn.run("inspect", "--help").out())
        .contains("FILE", "--all", "--json", "Example", "  rpn inspect");
  }

  @ParameterizedTest
  @CsvSource({"fasterrcnn.pt, torch state dict", "fasterrcnn.safetensors, safetensors"})
  void tellsATorchvisionDetectorApart(String name, String format) {
    Rpn.Result result = Rpn.run("inspect", detector(name));
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    assertThat(result.out())
        .contains(name + ": " + format + ", 19 tensors")
        .containsPattern("backbone\\.1\\.num_batches_tracked +I64 +\\[]")
        .containsPattern("rpn\\.head\\.conv\\.0\\.0\\.weight +F32 +\\[8, 8, 3, 3]")
        .containsPattern("proposal network +yes: it has the layers of torchvision's head")
        .containsPattern("channels +8\n")
        .containsPattern("anchors \\(k\\) +3\n")
        .containsPattern("backbone +none\n")
        .containsPattern("other tensors +13, not used")
        .containsPattern("profile +torchvision: its tensors are named as there");
  }

  @Test
  void tellsAnOnnxGraphApart() {
    Path graph = folder.resolve("rpn.onnx");
    Rpn.run("convert", Rpn.golden("rpn.h5"), graph);
    Rpn.Result result = Rpn.run("inspect", graph);
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("rpn.onnx: ONNX graph, 6 tensors")
        .containsPattern("3x3/kernel +F32 +\\[3, 3, 16, 16]")
        .containsPattern("location/bias +F32 +\\[36]")
        .containsPattern("proposal network +yes: it computes a 3x3 convolution, Relu, and on it")
        .containsPattern("channels +16\n")
        .containsPattern("backbone +none\n")
        .containsPattern("profile +unknown: nothing in the file tells");
  }

  @Test
  void tellsADetectron2HeadApart() throws IOException {
    assertThat(Rpn.run("inspect", detectron2()).out())
        .contains("detectron2.npz: npz, 6 tensors, 854 values")
        .containsPattern("proposal network +yes: it has the layers of detectron2's head")
        .containsPattern("profile +detectron2: its tensors are named as there");
  }

  @Test
  void aFolderIsNoFile() {
    Rpn.Result result = Rpn.run("inspect", folder);
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo("rpn inspect: " + folder + ": expected a file, got a directory\n");
  }

  @Test
  void cutsLongLists() throws IOException {
    var arrays = new LinkedHashMap<String, NpyArray>();
    for (int i = 0; i < 100; i++) {
      arrays.put("layer" + i, NpyArray.of(new float[1], 1));
    }
    Path file = folder.resolve("x.npz");
    Npz.write(file, arrays);
    assertThat(Rpn.run("inspect", file).out())
        .contains("layer31 ", "and 68 more (--all)", "no: missing tensor '3x3/kernel'")
        .doesNotContain("layer32 ")
        .containsPattern("profile +unknown: nothing in the file tells");
    assertThat(Rpn.run("inspect", file, "--all").out()).contains("layer99 ").doesNotContain("more");
  }

  @Test
  void writesWhatItFindsAsJson() throws IOException {
    Path json = folder.resolve("found.json");
    assertThat(Rpn.run("inspect", detectron2(), "--json", json).code()).isZero();
    JsonNode found = JsonMapper.shared().readTree(Files.readString(json));
    assertThat(found.get("format").asString()).isEqualTo("npz");
    assertThat(found.get("rpn").asBoolean()).isTrue();
    assertThat(found.get("channels").asInt()).isEqualTo(8);
    assertThat(found.get("anchors").asInt()).isEqualTo(6);
    assertThat(found.get("backbone").asBoolean()).isFalse();
    assertThat(found.get("profile").asString()).isEqualTo("detectron2");
    assertThat(found.get("parameters").asInt()).isEqualTo(576 + 8 + 48 + 6 + 192 + 24);
    assertThat(found.get("tensors").get(0).get("shape").toString()).isEqualTo("[8,8,3,3]");
    Rpn.Result alone = Rpn.run("inspect", torch(), "--json", "-");
    assertThat(alone.out().lines()).hasSize(1);
    assertThat(JsonMapper.shared().readTree(alone.out()).get("other_tensors").asInt())
        .isEqualTo(13);
  }

  @Test
  void saysWhatAModelFileHolds() {
    Path model = folder.resolve("model.safetensors");
    Rpn.run("convert", "--head", Rpn.golden("rpn.h5"), "--profile", "keras", model);
    assertThat(Rpn.run("inspect", model).out())
        .contains("model file (safetensors), 6 tensors")
        .containsPattern("profile +keras: the file says so")
        .containsPattern("anchor sizes +\\[\\[128\\.0, 256\\.0, 512\\.0]]")
        .containsPattern("anchor ratios +\\[0\\.5, 1\\.0, 2\\.0]")
        .containsPattern("strides +\\[16]")
        .containsPattern("preprocessing +own size, BGR");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ff d8 ff e0 00 10 4a 46 49 46 | a JPEG picture",
        "89 50 4e 47 0d 0a 1a 0a 00 00 | a PNG picture",
        "80 04 95 00 00 00 00 00 00 00 | a Python pickle",
        "48 65 6c 6c 6f 20 79 6f 75 21 | a text",
        "00 00 00 00 00 00 00 00 00 00 | something else",
        "00 01 | expected 9 bytes at 0, file has 2",
        "'' | expected 9 bytes at 0, file has 0",
      })
  void namesWhatIsNoWeightFile(String bytes, String message) throws IOException {
    Path file = folder.resolve("x.pt");
    Files.write(file, HexFormat.ofDelimiter(" ").parseHex(bytes));
    Rpn.Result result = Rpn.run("inspect", file);
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err()).startsWith("rpn inspect: " + file).contains(message);
  }

  @Test
  void namesWhatIsInAZip() throws IOException {
    Path file = folder.resolve("x.pt");
    try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("readme.txt"));
    }
    Rpn.Result result = Rpn.run("inspect", file);
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err()).contains("data.pkl", "got a zip of readme.txt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"torchvision", "keras", "pyfrcnn"})
  void convertKeepsTheProfile(String profile) throws IOException {
    Path out = folder.resolve("rpn.safetensors");
    Rpn.Result result = Rpn.run("convert", torch(), out, "--profile", profile);
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("8 channels, 3 anchors", "13 other tensors left out");
    assertThat(Rpn.run("inspect", out).out())
        .containsPattern("profile +" + profile + ": the file says so");
    Path model = folder.resolve("model.safetensors");
    Rpn.run("convert", "--head", out, "--anchor-sizes", "32", model);
    assertThat(ModelFile.read(model).profile()).isEqualTo(Profile.named(profile));
    assertThat(ModelFile.read(model).network()).isEqualTo(WeightFiles.readNetwork(torch()));
  }

  @Test
  void convertGuessesTheProfile() throws IOException {
    Path out = folder.resolve("rpn.safetensors");
    assertThat(Rpn.run("convert", detectron2(), out).out())
        .contains("profile detectron2: its tensors are named as there");
    assertThat(Rpn.run("inspect", out).out()).contains("detectron2: the file says so");
    Path model = folder.resolve("model.safetensors");
    Rpn.run("convert", "--head", out, "--anchor-sizes", "32,64", model);
    assertThat(ModelFile.read(model).profile()).isEqualTo(Profile.DETECTRON2);
    assertThat(Rpn.run("convert", torch(), folder.resolve("x.npz")).code()).isZero();
  }

  @Test
  void convertRefusesAProfileOfAnotherOrder() throws IOException {
    Path out = folder.resolve("out.safetensors");
    Rpn.Result refused = Rpn.run("convert", detectron2(), out, "--profile", "torchvision");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err())
        .contains("in the order of detectron2's anchors", "expected --profile detectron2");
    assertThat(out).doesNotExist();
    // With one size a level both orders are the same.
    Rpn.Result single =
        Rpn.run(
            "convert",
            "--head",
            detectron2(),
            "--profile",
            "torchvision",
            "--anchor-sizes",
            "32",
            "--anchor-ratios",
            "0.3,0.5,0.8,1,2,3",
            out);
    assertThat(single.code()).as(single.err()).isZero();
    assertThat(ModelFile.read(out).profile()).isEqualTo(Profile.TORCHVISION);
  }
}
