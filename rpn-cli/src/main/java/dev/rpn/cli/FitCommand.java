package dev.rpn.cli;

import dev.rpn.engine.Workers;
import dev.rpn.io.weights.NpyArray;
import dev.rpn.io.weights.Npz;
import dev.rpn.io.weights.WeightFiles;
import dev.rpn.loss.Loss;
import dev.rpn.loss.Losses;
import dev.rpn.model.CompiledNetwork;
import dev.rpn.model.Network;
import dev.rpn.model.Optimizer;
import dev.rpn.model.Tensor;
import dev.rpn.train.FitData;
import dev.rpn.train.FitSession;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.core.JsonGenerator;

/** Keras's {@code model.fit} on stored arrays. */
@Command(
    name = "fit",
    description = {
      "Train a head on stored feature maps and targets, as Keras's model.fit does with the whole"
          + " data as one batch: every step is one update.",
      "",
      "The data holds 'x' (N, H, W, C), 'classification_target' (N, H, W, k) and 'location_target'"
          + " (N, H, W, 4k). Use 'rpn train' for pictures with boxes."
    },
    footer = {
      "Example:",
      "  rpn fit --weights rpn.h5 --data train.npz --steps 50 --out fitted.safetensors --log"
          + " fit.jsonl"
    })
final class FitCommand extends Subcommand {
  @Option(
      names = "--weights",
      required = true,
      paramLabel = "FILE",
      description = "Weights to start from, in any format that 'rpn convert' reads.")
  private Path weights;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE.npz",
      description = "Feature maps and targets.")
  private Path data;

  @Option(names = "--steps", paramLabel = "N", description = "Updates.")
  private int steps = 50;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description = "adam, in Keras's form: the only one.")
  private OptimizerName optimizer = OptimizerName.ADAM;

  @Option(names = "--learning-rate", paramLabel = "F", description = "Step size.")
  private float learningRate = 1e-3f;

  @Option(
      names = "--loss",
      split = ",",
      paramLabel = "LAYER=LOSS",
      defaultValue = "classification=binary_crossentropy,location=mse",
      description = "Loss of each output layer, by Keras's names; their sum is minimised.")
  private Map<String, String> losses;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where the trained weights go; the name says the format.")
  private @Nullable Path out;

  @Option(
      names = "--log",
      paramLabel = "FILE.jsonl",
      description =
          "A line a step: {\"step\",\"loss\",\"classification\",\"location\"}, the losses before that"
              + " step's update.")
  private @Nullable Path log;

  @Mixin private KernelOptions kernels;
  @Mixin private ThreadOptions threads;

  /** What {@code --optimizer} takes. */
  enum OptimizerName {
    ADAM;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Override
  boolean run() throws Exception {
    if (steps < 1) {
      throw usage("--steps: expected at least 1, got " + steps);
    }
    Map<String, NpyArray> arrays = Npz.read(data);
    var fitData =
        new FitData(
            array(arrays, "x"),
            array(arrays, "classification_target"),
            array(arrays, "location_target"));
    CompiledNetwork compiled = compile(WeightFiles.readNetwork(weights));
    try (var workers = new Workers(threads.count());
        var session = new FitSession(compiled, fitData, kernels.provider(), workers);
        var lines = JsonLines.create(log);
        var progress = new Progress(err(), "fit")) {
      double first = 0;
      for (int step = 1; step <= steps; step++) {
        session.step();
        first = step == 1 ? session.loss() : first;
        lines.write(json -> line(json, session));
        progress.at(step, steps, String.format(Locale.ROOT, "loss %.4f", session.loss()));
      }
      out().printf(Locale.ROOT, "loss %.6f -> %.6f in %d steps%n", first, session.loss(), steps);
      if (out != null) {
        WeightFiles.write(out, session.network());
      }
    }
    return true;
  }

  private Tensor array(Map<String, NpyArray> arrays, String name) {
    NpyArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          data + ": no array '" + name + "': expected x, classification_target, location_target");
    }
    return array.toTensor();
  }

  private CompiledNetwork compile(Network network) {
    try {
      var byLayer = new LinkedHashMap<String, Loss>();
      losses.forEach((layer, loss) -> byLayer.put(layer, Losses.named(loss)));
      Optimizer.Adam chosen =
          switch (optimizer) {
            case ADAM -> Optimizer.Adam.keras().withLearningRate(learningRate);
          };
      return network.compile(chosen, byLayer);
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private static void line(JsonGenerator json, FitSession session) {
    json.writeStartObject();
    json.writeNumberProperty("step", session.steps());
    json.writeNumberProperty("loss", session.loss());
    json.writeNumberProperty("classification", session.classificationLoss());
    json.writeNumberProperty("location", session.locationLoss());
    json.writeEndObject();
  }
}
