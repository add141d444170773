package dev.rpn.cli;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.ProposalLimits;
import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.Proposal;
import dev.rpn.engine.Workers;
import dev.rpn.io.picture.Picture;
import dev.rpn.io.picture.PictureProposer;
import dev.rpn.io.weights.ModelFile;
import dev.rpn.model.ProposalModel;
import dev.rpn.train.Evaluation;
import dev.rpn.train.Trainer;
import dev.rpn.train.TrainingPicture;
import dev.rpn.train.TrainingRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The whole way from pictures to proposals, without any data. */
@Command(
    name = "demo",
    description =
        "Draw small scenes of textured shapes, train a small proposer on them in under two minutes,"
            + " judge it on scenes that it never saw, and show what it proposes. Needs no data.",
    footer = {"Example:", "  rpn demo --out my-demo"})
final class DemoCommand extends Subcommand {
  private static final int TRAINING_SCENES = 160;
  private static final int UNSEEN_SCENES = 40;
  private static final int SHOWN_SCENES = 6;
  private static final int SHOWN_PROPOSALS = 6;
  private static final double SHOWN_OVERLAP = 0.3;
  private static final int EPOCHS = 12;

  /** Of the network's picture: small enough for plain-Java kernels and two minutes. */
  private static final int WIDTH = 128;

  private static final int HEIGHT = 96;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the model, the plot and the pictures go.")
  private Path out = Path.of("rpn-demo");

  @Option(names = "--seed", paramLabel = "N", description = "Of the scenes and the training.")
  private long seed = 1;

  @Mixin private KernelOptions kernels;
  @Mixin private ThreadOptions threads;

  @Override
  boolean run() throws Exception {
    EngineOptions options =
        EngineOptions.standard().withKernels(kernels.provider()).withThreads(threads.count());
    Files.createDirectories(out);
    out()
        .printf(
            Locale.ROOT,
            "Drawing %d scenes to learn from and %d to be judged on (%d x %d pixels, 2 to 6 shapes)%n",
            TRAINING_SCENES,
            UNSEEN_SCENES,
            SceneArtist.WIDTH,
            SceneArtist.HEIGHT);
    out().flush();
    List<TrainingPicture> training = new ArrayList<>();
    List<Scene> unseen = new ArrayList<>();
    draw(training, unseen);
    List<String> names =
        IntStream.range(0, unseen.size())
            .mapToObj(i -> String.format(Locale.ROOT, "scene%02d", i + 1))
            .toList();
    List<Path> files = SceneFolder.write(out.resolve("scenes"), "test", names, unseen);
    List<TrainingPicture> judged =
        IntStream.range(0, unseen.size())
            .mapToObj(i ->
                TrainingPicture.of(names.get(i), unseen.get(i).picture(), unseen.get(i).truths()))
            .toList();

    TrainingRecipe recipe = recipe();
    ProposalModel untrained = recipe.freshModel();
    out()
        .printf(
            Locale.ROOT,
            "Training %,d parameters from scratch, %s kernels, %d threads%n",
            untrained.network().architecture().parameters(),
            options.kernels().name(),
            options.threads());
    out().flush();
    Evaluation before = Judge.evaluate(untrained, judged, options, done -> {});
    ProposalModel trained = train(recipe, untrained, training, judged, options);
    Path model = out.resolve("model.safetensors");
    ModelFile.write(model, trained);
    Evaluation after = Judge.evaluate(trained, judged, options, done -> {});
    show(trained, unseen.subList(0, SHOWN_SCENES), names, options);
    report(before, after, model, files);
    return true;
  }

  private void draw(List<TrainingPicture> training, List<Scene> unseen) {
    int all = TRAINING_SCENES + UNSEEN_SCENES;
    try (var progress = new Progress(err(), "draw")) {
      for (int i = 0; i < all; i++) {
        progress.at(i, all, "");
        Scene scene = SceneArtist.draw(seed, i);
        if (i < TRAINING_SCENES) {
          training.add(TrainingPicture.of("scene " + i, scene.picture(), scene.truths()));
        } else {
          unseen.add(scene);
        }
      }
    }
  }

  /** Ten convolutions, stride 8. */
  private TrainingRecipe recipe() {
    TrainingRecipe standard = TrainingRecipe.standard();
    return new TrainingRecipe(
        List.of(8, 8, 16, 16, 24, 24, 24, 32, 32, 32),
        32,
        new AnchorRecipe(List.of(List.of(11f, 22f, 44f)), List.of(0.5f, 1f, 2f), List.of()),
        standard.profile(),
        WIDTH,
        HEIGHT,
        EPOCHS,
        2,
        standard.optimizer().withLearningRate(1.5e-3f),
        seed);
  }

  private ProposalModel train(
      TrainingRecipe recipe,
      ProposalModel start,
      List<TrainingPicture> training,
      List<TrainingPicture> judged,
      EngineOptions options)
      throws IOException {
    try (var workers = new Workers(options.threads());
        var trainer = new Trainer(recipe, start, training, options.kernels(), workers, null);
        var log = JsonLines.create(out.resolve("training.jsonl"));
        var progress = new Progress(err(), "train")) {
      var plot = new TrainingPlot("demo: textured shapes", out.resolve("training.png"));
      trainer.train(
          new TrainingReport(
              out(),
              progress,
              log,
              plot,
              model -> Judge.evaluate(model, judged, options, done -> {}),
              trainer,
              recipe.epochs(),
              training.size()));
      return trainer.model();
    }
  }

  private void show(
      ProposalModel model, List<Scene> scenes, List<String> names, EngineOptions options)
      throws IOException {
    Path folder = Files.createDirectories(out.resolve("proposals"));
    var drawings = new ArrayList<Picture>();
    // For the eye: of boxes that overlap, only the best.
    ProposalLimits limits =
        model
            .profile()
            .selection()
            .inference()
            .withCounts(1000, SHOWN_PROPOSALS)
            .withIou(SHOWN_OVERLAP);
    try (var proposer = new PictureProposer(model, options, limits)) {
      for (int i = 0; i < scenes.size(); i++) {
        Scene scene = scenes.get(i);
        List<Proposal> best = proposer.propose(scene.picture());
        Picture drawing = Drawing.of(scene.picture(), best, scene.truths());
        drawing.writePng(folder.resolve(names.get(i) + ".png"));
        drawings.add(drawing);
      }
    }
    Drawing.sheet(drawings, 3).writePng(out.resolve("proposals.png"));
  }

  private void report(Evaluation before, Evaluation after, Path model, List<Path> files) {
    out().println();
    out().printf(Locale.ROOT, "On %d unseen scenes     untrained  trained%n", after.images());
    out().printf(Locale.ROOT, "  AR@10             %12.3f %8.3f%n", before.ar10(), after.ar10());
    out().printf(Locale.ROOT, "  AR@100            %12.3f %8.3f%n", before.ar100(), after.ar100());
    out()
        .printf(
            Locale.ROOT, "  recall at IoU 0.5 %12.3f %8.3f%n", before.recall50(), after.recall50());
    out().println();
    out().println("Look at " + out.resolve("proposals.png") + " (dashed: where the shapes are)");
    out().println("    and " + out.resolve("training.png"));
    out().println("Try next:");
    out()
        .println(
            "  rpn propose --model "
                + model
                + " "
                + files.get(files.size() - 1)
                + " --top 5 --png .");
    out()
        .println(
            "  rpn eval --model " + model + " --data " + out.resolve("scenes") + " --split test");
    out().println("  rpn train --help     for pictures of your own");
  }
}
