package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rpn.io.weights.NpyArray;
import dev.rpn.io.weights.Npz;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Proposals from stored feature maps. What they should be, torchvision 0.29 computed: c4 has one
 * level of nine anchors, fpn five levels of three, both two pictures and maps in NCHW.
 */
class ProposeFeaturesTest {
  /** Scores that two systems may order differently: some roundings of float32. */
  private static final double TIE = 5e-7;

  @TempDir static Path folder;

  @BeforeAll
  static void convert() {
    convert("c4", "32,64,128");
    convert("fpn", "16;32;64;128;256");
  }

  /** The heads are torchvision's own, by its names and in its layout. */
  private static void convert(String name, String sizes) {
    Path head = golden(name + ".safetensors");
    Rpn.Result made = Rpn.run("convert", "--head", head, "--anchor-sizes", sizes, model(name));
    assertThat(made.code()).as(made.err()).isZero();
    assertThat(made.out()).contains("profile torchvision: its tensors are named as there");
  }

  private static Path golden(String name) {
    try {
      return Path.of(Objects.requireNonNull(Rpn.class.getResource("/torchvision/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path model(String name) {
    return folder.resolve(name + ".safetensors");
  }

  private static Rpn.Result propose(String name, Path features, Object... more) {
    var args = new ArrayList<Object>();
    args.addAll(List.of("propose", "--model", model(name), "--features", features));
    args.addAll(List.of(more));
    return Rpn.run(args.toArray());
  }

  /** The entries of {@code images}. */
  private static JsonNode images(String name, Path features, Object... more) {
    var args = new ArrayList<Object>(List.of("--json", "-"));
    args.addAll(List.of(more));
    Rpn.Result result = propose(name, features, args.toArray());
    assertThat(result.code()).as(result.err()).isZero();
    return JsonMapper.shared().readTree(result.out()).get("images");
  }

  private static double side(JsonNode proposal, int i) {
    return proposal.get("box").get(i).asDouble();
  }

  @ParameterizedTest
  @CsvSource({"c4, 240x320, 1", "fpn, 160x213, 5"})
  void proposalsAreTorchvisionsInItsOrder(String name, String size, int levels) throws IOException {
    Map<String, NpyArray> golden = Npz.read(golden(name + ".npz"));
    Path json = folder.resolve(name + ".json");
    Rpn.Result result =
        propose(
            name,
            golden(name + ".npz"),
            "--layout",
            "nchw",
            "--image-size",
            size,
            "--post-nms",
            300,
            "--json",
            json);
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out().lines()).hasSize(2);
    assertThat(result.out()).contains("picture 1: ", "300 proposals, the best ");
    JsonNode images = JsonMapper.shared().readTree(Files.readString(json)).get("images");
    assertThat(images.size()).isEqualTo(2);
    for (int picture = 0; picture < 2; picture++) {
      JsonNode image = images.get(picture);
      assertThat(image.propertyNames())
          .containsExactly("file", "picture", "width", "height", "dropped", "proposals");
      assertThat(image.get("picture").asInt()).isEqualTo(picture);
      assertThat(image.get("height") + "x" + image.get("width")).isEqualTo(size);
      assertThat(image.get("dropped").asInt()).isZero();
      float[] boxes = golden.get("boxes/" + picture).toFloats();
      float[] scores = golden.get("scores/" + picture).toFloats();
      assertSame(image.get("proposals"), boxes, scores);
      var seen = new TreeSet<Integer>();
      image.get("proposals").forEach(p -> seen.add(p.get("level").asInt()));
      assertThat(seen).contains(0).hasSizeGreaterThanOrEqualTo(Math.min(levels, 3));
    }
  }

  private static void assertSame(JsonNode proposals, float[] boxes, float[] scores) {
    assertThat(proposals.size()).isEqualTo(scores.length);
    boolean[] used = new boolean[scores.length];
    for (int i = 0; i < scores.length; i++) {
      JsonNode proposal = proposals.get(i);
      assertThat(proposal.get("score").asDouble()).isCloseTo(scores[i], within(1e-6));
      int match = -1;
      for (int j = 0; j < scores.length && match < 0; j++) {
        if (!used[j] && (i == j || Math.abs(scores[i] - scores[j]) < TIE)) {
          float[] box = Arrays.copyOfRange(boxes, 4 * j, 4 * j + 4);
          boolean same = true;
          for (int k = 0; k < 4; k++) {
            same &= Math.abs(side(proposal, k) - box[k]) < 1e-3;
          }
          match = same ? j : -1;
        }
      }
      assertThat(match).as("proposal %d, %s", i, proposal).isNotNegative();
      used[match] = true;
    }
  }

  @Test
  void mixedSizesInOneBatchAreThePicturesOneByOne() throws IOException {
    Map<String, NpyArray> golden = Npz.read(golden("fpn.npz"));
    JsonNode both =
        images(
            "fpn",
            golden("fpn.npz"),
            "--layout",
            "nchw",
            "--image-size",
            "160x213,90x150",
            "--padded-size",
            "160x224");
    List<String> sizes = List.of("160x213", "90x150");
    for (int picture = 0; picture < 2; picture++) {
      var one = new LinkedHashMap<String, NpyArray>();
      for (int level = 0; level < 5; level++) {
        one.put("feature/" + level, slice(golden.get("feature/" + level), picture));
      }
      Path file = folder.resolve("one" + picture + ".npz");
      Npz.write(file, one);
      JsonNode alone =
          images(
              "fpn",
              file,
              "--layout",
              "nchw",
              "--image-size",
              sizes.get(picture),
              "--padded-size",
              "160x224");
      assertThat(both.get(picture).get("proposals")).isEqualTo(alone.get(0).get("proposals"));
      assertThat(alone.get(0).get("proposals").size()).isGreaterThan(300);
    }
    double right = 0;
    double bottom = 0;
    for (JsonNode proposal : both.get(1).get("proposals")) {
      right = Math.max(right, side(proposal, 2));
      bottom = Math.max(bottom, side(proposal, 3));
    }
    assertThat(right).isEqualTo(150);
    assertThat(bottom).isEqualTo(90);
  }

  private static NpyArray slice(NpyArray batch, int picture) {
    int[] shape = batch.shape();
    int each = batch.size() / shape[0];
    float[] values = Arrays.copyOfRange(batch.toFloats(), picture * each, (picture + 1) * each);
    return NpyArray.of(values, 1, shape[1], shape[2], shape[3]);
  }

  @Test
  void thePaddedSizeDecidesTorchvisionsStrides() {
    // 240 over 15 rows and 320 over 20 columns are 16 pixels; 255 and 340 are 17.
    JsonNode exact = images("c4", golden("c4.npz"), "--layout", "nchw", "--image-size", "240x320");
    JsonNode said =
        images(
            "c4",
            golden("c4.npz"),
            "--layout",
            "nchw",
            "--image-size",
            "240x320",
            "--padded-size",
            "240x320");
    JsonNode padded =
        images(
            "c4",
            golden("c4.npz"),
            "--layout",
            "nchw",
            "--image-size",
            "240x320",
            "--padded-size",
            "255x340");
    assertThat(said).isEqualTo(exact);
    assertThat(padded).isNotEqualTo(exact);
  }

  @Test
  void channelsLastIsTheUsualLayout() throws IOException {
    NpyArray nchw = Npz.read(golden("c4.npz")).get("feature/0");
    int[] shape = nchw.shape();
    int plane = shape[2] * shape[3];
    float[] values = new float[nchw.size()];
    for (int i = 0; i < values.length; i++) {
      int position = i % plane;
      int channel = i / plane % shape[1];
      values[(i / plane / shape[1] * plane + position) * shape[1] + channel] = (float) nchw.get(i);
    }
    Path file = folder.resolve("nhwc.npz");
    Npz.write(
        file, Map.of("feature/0", NpyArray.of(values, shape[0], shape[2], shape[3], shape[1])));
    JsonNode turned = images("c4", golden("c4.npz"), "--layout", "nchw", "--image-size", "240x320");
    JsonNode usual = images("c4", file, "--image-size", "240x320");
    for (int picture = 0; picture < 2; picture++) {
      assertThat(usual.get(picture).get("proposals"))
          .isEqualTo(turned.get(picture).get("proposals"));
    }
  }

  @Test
  void limitsAreTheProfilesUnlessGiven() {
    Object[] common = {"--layout", "nchw", "--image-size", "240x320"};
    JsonNode usual = images("c4", golden("c4.npz"), common).get(0).get("proposals");
    JsonNode same =
        images("c4", golden("c4.npz"), with(common, "--pre-nms", 1000, "--nms", 0.7))
            .get(0)
            .get("proposals");
    assertThat(same).isEqualTo(usual);
    JsonNode five =
        images("c4", golden("c4.npz"), with(common, "--post-nms", 5)).get(0).get("proposals");
    assertThat(five.size()).isEqualTo(5);
    assertThat(five.get(4)).isEqualTo(usual.get(4));
    // The best two of the level, whatever their overlap.
    JsonNode two =
        images("c4", golden("c4.npz"), with(common, "--pre-nms", 2, "--nms", 1))
            .get(0)
            .get("proposals");
    assertThat(two.size()).isEqualTo(2);
    JsonNode all = images("c4", golden("c4.npz"), with(common, "--nms", 1)).get(0).get("proposals");
    assertThat(all.size()).isEqualTo(1000).isGreaterThan(usual.size());
    double least = usual.get(10).get("score").asDouble();
    JsonNode good =
        images("c4", golden("c4.npz"), with(common, "--min-score", (float) least))
            .get(0)
            .get("proposals");
    assertThat(good.size()).isEqualTo(11);
  }

  private static Object[] with(Object[] common, Object... more) {
    var all = new ArrayList<>(Arrays.asList(common));
    all.addAll(List.of(more));
    return all.toArray();
  }

  @Test
  void nanFeaturesSpoilNoProposalAndAreCounted() throws IOException {
    NpyArray feature = Npz.read(golden("c4.npz")).get("feature/0");
    float[] values = feature.toFloats();
    values[5 * 20 + 7] = Float.NaN;
    Path file = folder.resolve("nan.npz");
    Npz.write(file, Map.of("feature/0", NpyArray.of(values, feature.shape())));
    JsonNode images = images("c4", file, "--layout", "nchw", "--image-size", "240x320");
    JsonNode clean = images("c4", golden("c4.npz"), "--layout", "nchw", "--image-size", "240x320");
    // The 3x3 layer carries it to nine positions of nine anchors.
    assertThat(images.get(0).get("dropped").asInt()).isEqualTo(81);
    assertThat(images.get(0).get("proposals").size()).isGreaterThan(100);
    for (JsonNode proposal : images.get(0).get("proposals")) {
      assertThat(proposal.get("score").isNumber()).isTrue();
      assertThat(Double.isFinite(side(proposal, 0) + side(proposal, 3))).isTrue();
    }
    assertThat(images.get(1).get("proposals")).isEqualTo(clean.get(1).get("proposals"));
    assertThat(propose("c4", file, "--layout", "nchw", "--image-size", "240x320").out())
        .contains("81 anchors left out as NaN or infinite");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "c4 | fpn | 160x213 | nchw | expected only 'feature/0', as the model has one level of"
            + " anchors, got [feature/1, feature/2, feature/3, feature/4]",
        "fpn | c4 | 240x320 | nchw | expected 'feature/0' to 'feature/4', as the model has 5 levels"
            + " of anchors, got no array 'feature/1'",
        "c4 | c4 | 240x320 | nhwc | feature/0: expected shape (N, H, W, 16), got [2, 16, 15, 20],"
            + " which --layout nchw takes",
        "c4 | c4 | 240x320,240x320,240x320 | nchw | --image-size: expected one size, or 2: one for"
            + " each picture of",
        "c4 | c4 | 14x320 | nchw | expected a grid no finer than the picture's",
      })
  void whatDoesNotFitIsOneSentence(
      String name, String features, String size, String layout, String message) {
    Rpn.Result result =
        propose(name, golden(features + ".npz"), "--image-size", size, "--layout", layout);
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).startsWith("rpn propose: ").contains(message);
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2,15,20,3 | feature/0: expected shape (N, H, W, 16), got [2, 15, 20, 3]",
        "15,20,16 | feature/0: expected shape (N, H, W, 16), got [15, 20, 16]",
        "0,15,20,16 | feature/0: expected every side to be at least 1, got [0, 15, 20, 16]",
      })
  void shapesThatDoNotFitAreRefused(String shape, String message) throws IOException {
    int[] sides = Arrays.stream(shape.split(",")).mapToInt(Integer::parseInt).toArray();
    int size = Arrays.stream(sides).reduce(1, (a, b) -> a * b);
    Path file = folder.resolve("shape.npz");
    Npz.write(file, Map.of("feature/0", NpyArray.of(new float[size], sides)));
    Rpn.Result result = propose("c4", file, "--image-size", "240x320");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).isEqualTo("rpn propose: " + file + ": " + message + "\n");
  }

  @Test
  void levelsOfDifferentBatchesAreRefused() throws IOException {
    var maps = new LinkedHashMap<String, NpyArray>();
    for (int level = 0; level < 5; level++) {
      int batch = level == 3 ? 1 : 2;
      maps.put("feature/" + level, NpyArray.of(new float[batch * 64], batch, 2, 2, 16));
    }
    Path file = folder.resolve("batches.npz");
    Npz.write(file, maps);
    Rpn.Result result = propose("fpn", file, "--image-size", "64x64");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            "rpn propose: " + file + ": feature/3: expected 2 pictures, as feature/0 has, got 1\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--features f.npz",
        "--features f.npz --image-size 240",
        "--features f.npz --image-size 240x0",
        "--features f.npz --image-size 240x320,,240x320",
        "--features f.npz --image-size 99999999999x1",
        "--features f.npz --image-size 240x320 --layout hwc",
        "--features f.npz --image-size 240x320 --padded-size 240x319",
        "--features f.npz --image-size 240x320 x.png",
        "--features f.npz --image-size 240x320 --png out",
        "--image-size 240x320 x.png",
        "--layout nchw x.png",
        "--pre-nms 0 x.png",
        "--post-nms 0 x.png",
        "--post-nms 5 --top 6 x.png",
        "--nms 1.5 x.png",
        "--nms NaN x.png",
        "--min-score -1 x.png",
      })
  void optionsThatDoNotGoTogetherAreWrongUsage(String options) {
    var args = new ArrayList<Object>(List.of("propose", "--model", model("c4")));
    args.addAll(Arrays.stream(options.split(" ")).filter(word -> !word.isEmpty()).toList());
    Rpn.Result result = Rpn.run(args.toArray());
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).startsWith("rpn propose: ").contains("--help");
    assertThat(result.err().lines()).hasSize(1);
  }
}
