package dev.rpn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rpn.io.picture.Picture;
import dev.rpn.io.weights.ModelFile;
import dev.rpn.model.Architecture;
import dev.rpn.model.Network;
import dev.rpn.model.ProposalModel;
import dev.rpn.model.RpnHead;
import dev.rpn.model.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** From a folder of pictures to a model, its figures and its proposals. */
class PicturesTest {
  @TempDir static Path folder;
  private static Path model;
  private static Path log;
  private static Path plot;
  private static Rpn.Result trained;
  private static List<Path> pictures;

  @BeforeAll
  static void train() throws IOException {
    var scenes = new ArrayList<Scene>();
    var names = new ArrayList<String>();
    for (int i = 0; i < 4; i++) {
      scenes.add(SceneArtist.draw(1, i));
      names.add("scene" + i);
    }
    pictures = SceneFolder.write(folder.resolve("data"), "trainval", names, scenes);
    model = folder.resolve("model.safetensors");
    log = folder.resolve("log.jsonl");
    plot = folder.resolve("plot.png");
    trained = train("--epochs", 2);
  }

  private static Rpn.Result train(Object... more) {
    var args = new ArrayList<Object>();
    args.addAll(List.of("train", "--data", folder.resolve("data"), "--out", model));
    args.addAll(List.of("--widths", "4,4,4,4,4,4", "--rpn-channels", 4, "--size", "64x48"));
    args.addAll(List.of("--anchor-sizes", "8,16,24", "--eval-split", "trainval"));
    args.addAll(List.of("--log", log, "--plot", plot, "--seed", 5, "--batch", 3));
    args.addAll(List.of(more));
    return Rpn.run(args.toArray());
  }

  @Test
  void trainingTellsItsEpochsAndWritesModelLogAndPlot() throws IOException {
    assertThat(trained.code()).as(trained.err()).isZero();
    assertThat(trained.out())
        .contains("4 pictures with", "epoch  1 of 2  loss", "AR@100", "wrote " + model);
    List<String> lines = Files.readAllLines(log);
    // Two steps and one line of recall in each epoch.
    assertThat(lines).hasSize(6);
    assertThat(JsonMapper.shared().readTree(lines.get(0)).propertyNames())
        .containsExactly("step", "epoch", "loss", "classification", "location");
    assertThat(JsonMapper.shared().readTree(lines.get(2)).propertyNames())
        .contains("step", "epoch", "mean_loss", "ar@100", "recall50@100");
    assertThat(Picture.read(plot).width()).isEqualTo(960);
    try (var files = Files.list(folder)) {
      assertThat(files.filter(file -> file.toString().endsWith(".checkpoint"))).isEmpty();
    }
  }

  @Test
  void evaluationHasTheContractsFields() throws IOException {
    Path json = folder.resolve("eval.json");
    Rpn.Result result =
        Rpn.run(
            "eval",
            "--model",
            model,
            "--data",
            folder.resolve("data"),
            "--split",
            "trainval",
            "--json",
            json);
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("4 pictures", "AR@1000", "recall50@100");
    JsonNode tree = JsonMapper.shared().readTree(Files.readString(json));
    assertThat(tree.propertyNames())
        .containsExactly(
            "images", "truths", "ar@10", "ar@100", "ar@300", "ar@1000", "recall50@100");
    assertThat(tree.get("images").asInt()).isEqualTo(4);
    assertThat(tree.get("ar@1000").asDouble()).isBetween(tree.get("ar@10").asDouble(), 1.0);
  }

  @Test
  void proposalsAreInPixelsOfThePictureAndDrawn() throws IOException {
    Path drawings = folder.resolve("drawings");
    Rpn.Result result =
        Rpn.run(
            "propose",
            "--model",
            model,
            pictures.get(0),
            pictures.get(1),
            "--top",
            7,
            "--json",
            "-",
            "--png",
            drawings);
    assertThat(result.code()).as(result.err()).isZero();
    JsonNode tree = JsonMapper.shared().readTree(result.out());
    assertThat(tree.propertyNames()).containsExactly("images");
    assertThat(tree.get("images").size()).isEqualTo(2);
    JsonNode image = tree.get("images").get(1);
    assertThat(image.propertyNames()).containsExactly("file", "width", "height", "proposals");
    assertThat(image.get("file").asString()).isEqualTo(pictures.get(1).toString());
    assertThat(image.get("width").asInt()).isEqualTo(SceneArtist.WIDTH);
    assertThat(image.get("proposals").size()).isEqualTo(7);
    double right = 0;
    double last = 1;
    for (JsonNode proposal : image.get("proposals")) {
      assertThat(proposal.propertyNames()).containsExactly("box", "score");
      assertThat(proposal.get("box").size()).isEqualTo(4);
      right = Math.max(right, proposal.get("box").get(2).asDouble());
      assertThat(proposal.get("score").asDouble()).isBetween(0.0, last);
      last = proposal.get("score").asDouble();
    }
    // Wider than the network's picture of 64 pixels, within the one given.
    assertThat(right).isGreaterThan(64).isLessThanOrEqualTo(SceneArtist.WIDTH);
    Picture drawing = Picture.read(drawings.resolve("scene1.png"));
    assertThat(drawing.width()).isEqualTo(SceneArtist.WIDTH);
    assertThat(drawing).isNotEqualTo(Picture.read(pictures.get(1)));
  }

  @Test
  void limitsApplyToPicturesToo() {
    List<Double> usual = scores();
    assertThat(usual).hasSizeBetween(5, 100);
    assertThat(scores("--post-nms", 3)).isEqualTo(usual.subList(0, 3));
    assertThat(scores("--pre-nms", 2, "--nms", 1)).hasSize(2);
    assertThat(scores("--nms", 0)).hasSizeLessThan(usual.size());
    assertThat(scores("--min-score", usual.get(4).floatValue())).isEqualTo(usual.subList(0, 5));
  }

  /** The scores of the first picture's proposals. */
  private static List<Double> scores(Object... more) {
    var args = new ArrayList<Object>();
    args.addAll(List.of("propose", "--model", model, pictures.get(0), "--json", "-"));
    args.addAll(List.of(more));
    Rpn.Result result = Rpn.run(args.toArray());
    assertThat(result.code()).as(result.err()).isZero();
    var scores = new ArrayList<Double>();
    JsonMapper.shared()
        .readTree(result.out())
        .get("images")
        .get(0)
        .get("proposals")
        .forEach(proposal -> scores.add(proposal.get("score").asDouble()));
    return scores;
  }

  @Test
  void featuresNeedAModelWithoutBackbone() {
    Rpn.Result result =
        Rpn.run("propose", "--model", model, "--features", "absent.npz", "--image-size", "240x320");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            "rpn propose: "
                + model
                + ": expected a model without backbone for --features, got one that reads pictures\n");
  }

  @Test
  void drawingsReplaceNoPicture() {
    Path data = pictures.get(0).getParent();
    Rpn.Result onto =
        Rpn.run("propose", "--model", model, pictures.get(0), "--png", String.valueOf(data));
    assertThat(onto.code()).isEqualTo(2);
    assertThat(onto.err()).contains("would replace the picture itself");
  }

  @Test
  void resumingWithoutACheckpointIsSaid() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    Rpn.Result result =
        Rpn.run(
            "train",
            "--data",
            folder.resolve("data"),
            "--out",
            other.resolve("model.safetensors"),
            "--widths",
            "4",
            "--size",
            "32x24",
            "--epochs",
            1,
            "--resume");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err()).contains("no checkpoint beside");
    assertThat(other.resolve("model.safetensors")).exists();
  }

  @Test
  void theDryRunTellsAboutTheAnchorsAndTrainsNothing() throws IOException {
    Path other = folder.resolve("dry.safetensors");
    Path json = folder.resolve("dry.json");
    Object[] args = {
      "train", "--data", folder.resolve("data"), "--out", other, "--dry-run", "--json", json
    };
    Rpn.Result result = Rpn.run(args);
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("anchors 36,72,144: ", "at IoU 0.5", "best IoU of a box: least 0.")
        .contains("--anchor-sizes ")
        .doesNotContain("epoch", "warning");
    assertThat(other).doesNotExist();
    JsonNode tree = JsonMapper.shared().readTree(Files.readString(json));
    assertThat(tree.get("pictures").asInt()).isEqualTo(4);
    assertThat(tree.get("anchors").get("share@0.5").asDouble()).isBetween(0.5, 1.0);
    assertThat(tree.get("suggested").get("sizes").size()).isBetween(1, 3);
    args[args.length - 1] = "-";
    Rpn.Result standardOutput = Rpn.run(args);
    assertThat(JsonMapper.shared().readTree(standardOutput.out())).isEqualTo(tree);
    args[args.length - 3] = "--verbose";
    Rpn.Result training = Rpn.run(args);
    assertThat(training.code()).isEqualTo(2);
    assertThat(training.err()).contains("--json: what --dry-run tells");
    assertThat(other).doesNotExist();
  }

  /** Trains on from the model that all tests share. */
  private static Rpn.Result trainOn(Path out, Object... more) {
    return trainFrom(model, out, more);
  }

  private static Rpn.Result trainFrom(Path start, Path out, Object... more) {
    var args = new ArrayList<Object>();
    args.addAll(List.of("train", "--data", folder.resolve("data"), "--out", out));
    args.addAll(List.of("--from", start));
    args.addAll(List.of(more));
    return Rpn.run(args.toArray());
  }

  @Test
  void trainingOnTakesTheModelsShapeAndFrozenOnlyItsHeadLearns() throws IOException {
    Path other = folder.resolve("trained-on.safetensors");
    Rpn.Result result = trainOn(other, "--freeze", "backbone", "--epochs", 1);
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err()).doesNotContain("warning");
    assertThat(result.out()).contains("starting with the weights of " + model, "anchors 8,16,24: ");
    ProposalModel before = ModelFile.read(model);
    ProposalModel after = ModelFile.read(other);
    assertThat(after.network().architecture()).isEqualTo(before.network().architecture());
    assertThat(after.anchors()).isEqualTo(before.anchors());
    assertThat(after.profile()).isEqualTo(before.profile());
    assertThat(after.preprocessing()).isEqualTo(before.preprocessing());
    after
        .network()
        .weights()
        .asMap()
        .forEach((name, tensor) -> {
          Tensor old = before.network().weights().get(name);
          if (name.startsWith("block")) {
            assertThat(tensor).as(name).isEqualTo(old);
          } else {
            assertThat(tensor).as(name).isNotEqualTo(old);
          }
        });
  }

  @Test
  void trainingOnResumesToTheSameBits() throws IOException {
    Path whole = folder.resolve("whole.safetensors");
    assertThat(trainOn(whole, "--epochs", 3).code()).isZero();
    // The first epoch's checkpoint is there when measuring fails on a broken picture.
    Path data = folder.resolve("data");
    Files.writeString(data.resolve("JPEGImages").resolve("broken.jpg"), "no picture");
    Files.copy(
        data.resolve("Annotations").resolve("scene0.xml"),
        data.resolve("Annotations").resolve("broken.xml"));
    Files.writeString(data.resolve("ImageSets").resolve("Main").resolve("broken.txt"), "broken\n");
    Path halves = folder.resolve("halves.safetensors");
    Rpn.Result stopped = trainOn(halves, "--epochs", 3, "--eval-split", "broken");
    assertThat(stopped.code()).isEqualTo(1);
    assertThat(stopped.err()).contains("broken.jpg");
    assertThat(halves).doesNotExist();
    Rpn.Result fresh =
        Rpn.run(
            "train",
            "--data",
            data,
            "--out",
            halves,
            "--epochs",
            3,
            "--resume",
            "--widths",
            "4,4,4,4,4,4",
            "--size",
            "64x48",
            "--anchor-sizes",
            "8,16,24");
    assertThat(fresh.code()).isEqualTo(1);
    assertThat(fresh.err()).contains("is of another training");
    Rpn.Result resumed = trainOn(halves, "--epochs", 3, "--resume");
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(resumed.err()).doesNotContain("no checkpoint");
    assertThat(resumed.out()).contains("epoch  2 of 3").doesNotContain("epoch  1 of 3");
    assertThat(halves).hasSameBinaryContentAs(whole);
  }

  @Test
  void trainingOnMayChangeAnchorSizesAndThePicturesSize() {
    Rpn.Result result =
        trainOn(
            folder.resolve("dry.safetensors"),
            "--dry-run",
            "--anchor-sizes",
            "10,20,40",
            "--size",
            "96x80");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("9 anchors a position, stride 4", "anchors 10,20,40: ")
        .contains("starting with the weights of " + model);
    assertThat(folder.resolve("dry.safetensors")).doesNotExist();
  }

  @Test
  void whatDoesNotFitTheModelIsRefused() throws IOException {
    Path other = folder.resolve("refused.safetensors");
    assertRefused(
        trainOn(other, "--widths", "4,4,4,4,4,5"),
        2,
        "--widths: expected 4,4,4,4,4,4, as --from " + model + " has, got 4,4,4,4,4,5");
    assertRefused(
        trainOn(other, "--rpn-channels", 8),
        2,
        "--rpn-channels: expected 4, as --from " + model + " has, got 8");
    assertRefused(
        trainOn(other, "--anchor-sizes", "8,16"),
        2,
        "--anchor-sizes: expected 3 sizes, as --from " + model + " has, got 8,16");
    assertRefused(trainOn(model), 2, "--out: expected another file than --from's, got " + model);
    Path head = folder.resolve("head.safetensors");
    var alone = Architecture.of(new RpnHead(4, 9));
    ProposalModel like = ModelFile.read(model);
    ModelFile.write(
        head,
        new ProposalModel(
            Network.initialized(alone, 1), like.anchors(), like.profile(), like.preprocessing()));
    Path hostile = Files.writeString(folder.resolve("hostile.safetensors"), "not a model");
    Path absent = folder.resolve("absent.safetensors");
    assertRefused(
        trainFrom(head, other),
        1,
        head + ": model: expected one with a backbone, got a head alone");
    assertRefused(trainFrom(absent, other), 1, absent + ": no such file");
    assertRefused(trainFrom(hostile, other), 1, hostile.toString());
    assertThat(other).doesNotExist();
  }

  private static void assertRefused(Rpn.Result result, int code, String sentence) {
    assertThat(result.code()).as(result.err()).isEqualTo(code);
    assertThat(result.err()).startsWith("rpn train: " + sentence).hasLineCount(1);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void aFrozenBackboneOfRandomWeightsIsWarnedOf() {
    Rpn.Result result =
        Rpn.run(
            "train",
            "--data",
            folder.resolve("data"),
            "--out",
            folder.resolve("dry.safetensors"),
            "--dry-run",
            "--freeze",
            "backbone");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err())
        .isEqualTo(
            "train: warning: --freeze backbone without --from: the head learns on a backbone of"
                + " random weights\n");
  }

  @Test
  void hopelessAnchorsAndDegenerateBoxesAreWarnedOf() throws IOException {
    Path data = folder.resolve("degenerate");
    Path file =
        SceneFolder.write(data, "trainval", List.of("a"), List.of(SceneArtist.draw(1, 0))).get(0);
    Path xml = data.resolve("Annotations").resolve("a.xml");
    String empty =
        "<object><name>x</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>5</xmax><ymax>5</ymax>"
            + "</bndbox></object>";
    String thin = empty.replaceFirst("<xmax>5</xmax><ymax>5", "<xmax>6</xmax><ymax>90");
    Files.writeString(
        xml, Files.readString(xml).replace("</annotation>", empty + thin + "</annotation>"));
    Rpn.Result result =
        Rpn.run(
            "train",
            "--data",
            data,
            "--out",
            folder.resolve("dry.safetensors"),
            "--dry-run",
            "--size",
            "160x120",
            "--anchor-sizes",
            "300,400");
    assertThat(file).exists();
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("warning: fewer than half of the boxes have an anchor at IoU 0.5")
        .contains("not learnt: a: box ", "is thinner than a pixel after resizing")
        .contains("a.xml: object ", "expected a box of some area");
  }

  @Test
  void divergenceNamesStepTensorAndTheLastGoodCheckpoint() throws IOException {
    Path other = Files.createDirectory(folder.resolve("diverging")).resolve("m.safetensors");
    var args = new ArrayList<Object>();
    args.addAll(List.of("train", "--data", folder.resolve("data"), "--out", other, "--batch", 4));
    args.addAll(List.of("--widths", "8,8,8,8,8,8,8,8", "--size", "64x48", "--epochs", 4));
    args.addAll(List.of("--learning-rate", "1000000"));
    Rpn.Result result = Rpn.run(args.toArray());
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .containsPattern("rpn train: training diverged at step \\d+: \\S+.* is \\S+")
        .doesNotContain("\tat ");
    assertThat(other).doesNotExist();
    Path checkpoint;
    try (var files = Files.list(other.getParent())) {
      checkpoint =
          files
              .filter(kept -> kept.toString().endsWith(".checkpoint"))
              .max(Comparator.naturalOrder())
              .orElseThrow();
    }
    assertThat(result.err()).contains("last checkpoint: " + checkpoint);
  }
}
