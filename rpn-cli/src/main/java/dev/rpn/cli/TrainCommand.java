package dev.rpn.cli;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.Workers;
import dev.rpn.io.data.Dataset;
import dev.rpn.io.data.DatasetFormat;
import dev.rpn.io.weights.ModelFile;
import dev.rpn.model.Backbone;
import dev.rpn.model.ProposalModel;
import dev.rpn.train.Checkpoints;
import dev.rpn.train.Preflight;
import dev.rpn.train.Trainer;
import dev.rpn.train.TrainingPicture;
import dev.rpn.train.TrainingRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A proposer from pictures with boxes. */
@Command(
    name = "train",
    description = {
      "Train a proposer on pictures with boxes and write it as one model file.",
      "",
      "PASCAL VOC: DIR holds JPEGImages, Annotations and ImageSets/Main/SPLIT.txt. COCO: DIR holds"
          + " annotations/instances_SPLIT.json and the pictures in SPLIT.",
      "",
      "It begins by telling how well the anchors fit the boxes, and which sizes would fit better:"
          + " a box that has no anchor at IoU 0.5 is hardly learnt."
    },
    footer = {
      "Examples:",
      "  rpn train --data bccd --out cells.safetensors --dry-run",
      "  rpn train --data bccd --out cells.safetensors --plot cells.png",
      "  rpn train --data bccd --out cells.safetensors --resume",
      "  rpn train --data bccd --out quick.safetensors --size 320x240 --anchor-sizes 24,48,96"
          + " --epochs 5",
      "  rpn train --data mine --out mine.safetensors --from cells.safetensors --freeze backbone"
    })
final class TrainCommand extends Subcommand {
  private static final TrainingRecipe STANDARD = TrainingRecipe.standard();

  @Spec private CommandSpec itself;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Folder of the data set.")
  private Path data;

  @Option(
      names = "--format",
      paramLabel = "NAME",
      description = "voc or coco. Without it: what the folder looks like.")
  private @Nullable DatasetFormat format;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "Where the model goes; checkpoints stand beside it.")
  private Path out;

  @Option(names = "--split", paramLabel = "NAME", description = "What is trained on.")
  private String split = "trainval";

  @Option(
      names = "--eval-split",
      paramLabel = "NAME",
      description = "What recall is measured on; absent: nothing is measured.")
  private @Nullable String evalSplit;

  @Option(
      names = "--from",
      paramLabel = "MODEL",
      description =
          "A model file to start with in place of fresh weights. Widths, channels, ratios and"
              + " profile are its own; so are anchor sizes (others: as many) and --size, unless"
              + " given.")
  private @Nullable Path from;

  @Option(
      names = "--widths",
      paramLabel = "N,...",
      converter = Numbers.Converter.class,
      description =
          "Channels of the backbone's 3x3 convolutions, at most 13, in VGG16's arrangement: blocks"
              + " of 2, 2, 3, 3 and 3 with a pool between two blocks.")
  private Numbers widths = Numbers.of(STANDARD.widths());

  @Option(
      names = "--rpn-channels",
      paramLabel = "C",
      description = "Channels of the head; its 3x3 layer keeps those of the last width.")
  private @Nullable Integer rpnChannels;

  @Option(
      names = "--anchor-sizes",
      paramLabel = "N,...",
      converter = Numbers.Converter.class,
      description =
          "Sides of the square anchors in pixels of the resized picture; each also comes half and"
              + " twice as high as wide.")
  private Numbers anchorSizes = Numbers.of(STANDARD.anchors().sizes().get(0));

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the split.")
  private int epochs = STANDARD.epochs();

  @Option(names = "--batch", paramLabel = "N", description = "Pictures a step.")
  private int batch = STANDARD.batch();

  @Option(
      names = "--size",
      paramLabel = "WxH",
      converter = PictureSize.Converter.class,
      description = "What every picture is resized to, in pixels.")
  private PictureSize size = new PictureSize(STANDARD.width(), STANDARD.height());

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the weights, the order and the sampling: the same seed, the same bits.")
  private long seed = STANDARD.seed();

  @Option(names = "--resume", description = "Go on from the last checkpoint.")
  private boolean resume;

  @Option(
      names = "--dry-run",
      description = "Tell how well the anchors fit the boxes and stop; no picture is read.")
  private boolean dryRun;

  @Option(names = "--log", paramLabel = "FILE.jsonl", description = "A line a step and an epoch.")
  private @Nullable Path log;

  @Option(
      names = "--plot",
      paramLabel = "FILE.png",
      description = "Loss and recall, redrawn after every epoch.")
  private @Nullable Path plot;

  @Mixin private JsonOption json;
  @Mixin private UpdateOptions update;
  @Mixin private KernelOptions kernels;
  @Mixin private ThreadOptions threads;

  @Override
  boolean run() throws Exception {
    if (json.file() != null && !dryRun) {
      throw usage("--json: what --dry-run tells; the figures of a training go to --log");
    }
    @Nullable ProposalModel first = from == null ? null : startingModel(from);
    TrainingRecipe recipe = recipe(first);
    ProposalModel start = start(recipe, first);
    Path folder = out.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(String.valueOf(folder), null, "no such directory");
    }
    Dataset training = DataSplit.read(data, format, split, err());
    @Nullable Dataset judged =
        evalSplit == null ? null : DataSplit.read(data, format, evalSplit, err());
    List<TrainingPicture> pictures = TrainingPicture.of(training);
    preflight(training, start, pictures);
    if (from == null && recipe.options().freezeBackbone()) {
      err()
          .println(
              "train: warning: --freeze backbone without --from: the head learns on a backbone of"
                  + " random weights");
    }
    if (dryRun) {
      return true;
    }
    EngineOptions options =
        EngineOptions.standard().withKernels(kernels.provider()).withThreads(threads.count());
    var checkpoints = new Checkpoints(out);
    List<TrainingPicture> unseen = judged == null ? List.of() : TrainingPicture.of(judged);
    try (var workers = new Workers(threads.count());
        var trainer =
            new Trainer(recipe, start, pictures, kernels.provider(), workers, checkpoints)) {
      if (resume && !trainer.resume()) {
        err().println("train: no checkpoint beside " + out + ", so this begins anew");
      }
      var curve = new TrainingPlot(String.valueOf(out.getFileName()), plot);
      try (JsonLines lines = log(trainer, curve);
          var progress = new Progress(err(), "train")) {
        TrainingReport.Recall recall =
            model -> unseen.isEmpty() ? null : Judge.evaluate(model, unseen, options, done -> {});
        trainer.train(
            new TrainingReport(
                out(), progress, lines, curve, recall, trainer, epochs, pictures.size()));
      }
      ModelFile.write(out, trainer.model());
      checkpoints.delete();
    }
    out().println("wrote " + out);
    return true;
  }

  private ProposalModel startingModel(Path file) throws IOException {
    ProposalModel model = ModelFile.read(file);
    // Resuming looks at the weights that a training began with, so they must not be replaced.
    if (Files.exists(out) && Files.isSameFile(out, file)) {
      throw usage("--out: expected another file than --from's, got " + out);
    }
    return model;
  }

  private TrainingRecipe recipe(@Nullable ProposalModel model) {
    TrainingRecipe base = model == null ? STANDARD : recipeOf(model);
    try {
      List<Integer> channels = model == null || given("--widths") ? widths.wholes() : base.widths();
      int last = channels.isEmpty() ? 0 : channels.get(channels.size() - 1);
      AnchorRecipe anchors = base.anchors();
      if (model == null || given("--anchor-sizes")) {
        anchors =
            new AnchorRecipe(List.of(anchorSizes.values()), anchors.ratios(), anchors.strides());
      }
      var recipe =
          new TrainingRecipe(
              channels,
              rpnChannels == null ? last : rpnChannels,
              anchors,
              base.profile(),
              model == null || given("--size") ? size.width() : base.width(),
              model == null || given("--size") ? size.height() : base.height(),
              epochs,
              batch,
              update.optimizer(),
              seed,
              update.options());
      if (model != null) {
        refuseConflicts(recipe, base);
      }
      return recipe;
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private boolean given(String option) {
    return itself.commandLine().getParseResult().hasMatchedOption(option);
  }

  private TrainingRecipe recipeOf(ProposalModel model) {
    try {
      return STANDARD.withModel(model);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(from + ": " + e.getMessage(), e);
    }
  }

  /** The weights of a model fit its own shape alone. */
  private void refuseConflicts(TrainingRecipe recipe, TrainingRecipe base) {
    if (!recipe.widths().equals(base.widths())) {
      throw conflict("--widths", Numbers.of(base.widths()), Numbers.of(recipe.widths()));
    }
    if (recipe.rpnChannels() != base.rpnChannels()) {
      throw conflict("--rpn-channels", base.rpnChannels(), recipe.rpnChannels());
    }
    int sizes = base.anchors().sizes().get(0).size();
    if (recipe.anchors().perPosition() != base.anchors().perPosition()) {
      throw conflict("--anchor-sizes", sizes + " sizes", anchorSizes);
    }
  }

  private IllegalArgumentException conflict(String option, Object expected, Object got) {
    return new IllegalArgumentException(
        option + ": expected " + expected + ", as --from " + from + " has, got " + got);
  }

  private ProposalModel start(TrainingRecipe recipe, @Nullable ProposalModel model) {
    if (model != null) {
      return recipe.startingFrom(model);
    }
    try {
      return recipe.freshModel();
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private void preflight(Dataset training, ProposalModel start, List<TrainingPicture> pictures)
      throws IOException {
    var report =
        new PreflightReport(
            Preflight.of(start, pictures),
            Numbers.of(start.anchors().sizes().get(0)),
            stride(start),
            training.skipped());
    if (!json.isStandardOutput()) {
      describe(training, start);
      report.print(out());
    }
    if (json.file() != null) {
      Json.write(json.file(), out(), report::write);
    }
  }

  private static int stride(ProposalModel start) {
    return start.network().architecture().backbone().map(Backbone::stride).orElse(1);
  }

  private void describe(Dataset training, ProposalModel start) {
    out()
        .printf(
            Locale.ROOT,
            "%d pictures with %,d boxes; %,d parameters, %d anchors a position, stride %d%n",
            training.pictures().size(),
            training.truths(),
            start.network().architecture().parameters(),
            start.anchors().perPosition(),
            stride(start));
    if (from != null) {
      out().println("starting with the weights of " + from);
    }
  }

  /** The log, and in the plot what happened before a resumption. */
  private JsonLines log(Trainer trainer, TrainingPlot curve) throws IOException {
    if (trainer.step() == 0 || log == null) {
      double stepsPerEpoch = (double) trainer.steps() / epochs;
      trainer.losses().forEach(loss -> curve.step(loss.step() / stepsPerEpoch, loss.total()));
      return JsonLines.create(log);
    }
    double stepsPerEpoch = (double) trainer.steps() / epochs;
    return JsonLines.resume(
        log,
        trainer.step(),
        line -> {
          double epoch = line.getOrDefault("step", 0.0) / stepsPerEpoch;
          if (line.containsKey("loss")) {
            curve.step(epoch, line.get("loss"));
          } else if (line.containsKey("ar@100") && line.containsKey("recall50@100")) {
            curve.recall(epoch, line.get("ar@100"), line.get("recall50@100"));
          }
        });
  }
}
