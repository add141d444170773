package dev.rpn.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
@SuppressWarnings("UnusedVariable") // until wired
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
  private @Nullable String format;

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
    throw new UnsupportedOperationException();
  }
}
