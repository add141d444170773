package dev.rpn.cli;

import dev.rpn.engine.EngineOptions;
import dev.rpn.io.data.Dataset;
import dev.rpn.io.data.DatasetFormat;
import dev.rpn.io.weights.ModelFile;
import dev.rpn.model.ProposalModel;
import dev.rpn.train.Evaluation;
import dev.rpn.train.TrainingPicture;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.core.JsonGenerator;

/** How many of the true boxes the proposals find. */
@Command(
    name = "eval",
    description = {
      "Measure a model's proposals against the true boxes, with COCO's matching.",
      "",
      "AR@n is the recall of the n best proposals a picture, averaged over IoU 0.5 to 0.95;"
          + " recall50@100 that of 100 at IoU 0.5."
    },
    footer = {
      "Example:",
      "  rpn eval --model cells.safetensors --data bccd --split test --json test.json"
    })
final class EvalCommand extends Subcommand {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE",
      description = "A model file, as 'rpn train' and 'rpn convert' write it.")
  private Path model;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Folder of the data set, as 'rpn train' reads it.")
  private Path data;

  @Option(
      names = "--format",
      paramLabel = "NAME",
      description = "voc or coco. Without it: what the folder looks like.")
  private @Nullable DatasetFormat format;

  @Option(
      names = "--split",
      required = true,
      paramLabel = "S",
      description = "What is measured on, such as test.")
  private String split;

  @Mixin private JsonOption json;
  @Mixin private KernelOptions kernels;
  @Mixin private ThreadOptions threads;

  @Override
  boolean run() throws Exception {
    ProposalModel proposal = ModelFile.read(model);
    Dataset dataset = DataSplit.read(data, format, split, err());
    EngineOptions options =
        EngineOptions.standard().withKernels(kernels.provider()).withThreads(threads.count());
    Evaluation result;
    try (var progress = new Progress(err(), "eval")) {
      List<TrainingPicture> pictures = TrainingPicture.of(dataset);
      result =
          Judge.evaluate(
              proposal,
              pictures,
              options,
              done -> progress.at(done, pictures.size(), done + " of " + pictures.size()));
    }
    if (!json.isStandardOutput()) {
      print(result);
    }
    if (json.file() != null) {
      Json.write(json.file(), out(), generator -> write(generator, result));
    }
    return true;
  }

  private void print(Evaluation e) {
    out().printf(Locale.ROOT, "%d pictures, %d true boxes%n", e.images(), e.truths());
    out().printf(Locale.ROOT, "  AR@10         %.4f%n", e.ar10());
    out().printf(Locale.ROOT, "  AR@100        %.4f%n", e.ar100());
    out().printf(Locale.ROOT, "  AR@300        %.4f%n", e.ar300());
    out().printf(Locale.ROOT, "  AR@1000       %.4f%n", e.ar1000());
    out().printf(Locale.ROOT, "  recall50@100  %.4f%n", e.recall50());
  }

  private static void write(JsonGenerator json, Evaluation e) {
    json.writeStartObject();
    json.writeNumberProperty("images", e.images());
    json.writeNumberProperty("truths", e.truths());
    json.writeNumberProperty("ar@10", e.ar10());
    json.writeNumberProperty("ar@100", e.ar100());
    json.writeNumberProperty("ar@300", e.ar300());
    json.writeNumberProperty("ar@1000", e.ar1000());
    json.writeNumberProperty("recall50@100", e.recall50());
    json.writeEndObject();
  }
}
