package dev.rpn.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
@SuppressWarnings("UnusedVariable") // until wired
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

  @Option(names = "--optimizer", paramLabel = "NAME", description = "adam, in Keras's form.")
  private String optimizer = "adam";

  @Option(names = "--learning-rate", paramLabel = "F", description = "Step size.")
  private float learningRate = 1e-3f;

  @Option(
      names = "--loss",
      split = ",",
      paramLabel = "LAYER=LOSS",
      description = "Loss of each output layer.")
  private Map<String, String> losses = new LinkedHashMap<>();

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

  @Override
  boolean run() throws Exception {
    throw new UnsupportedOperationException();
  }
}
