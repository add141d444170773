package dev.rpn.cli;

import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The network on stored input. */
@Command(
    name = "run",
    description = {
      "Run a network on a stored array and store what its two layers give.",
      "",
      "The input is float32 of shape (H, W, C) or (N, H, W, C): a feature map for a head, a"
          + " preprocessed picture (C = 3) where the file has a backbone too. The output holds"
          + " 'classification' (N, H, W, k), as probabilities, and 'location' (N, H, W, 4k)."
    },
    footer = {
      "Example:",
      "  rpn run --weights rpn.keras --input features.npy --output out.npz --threads 1"
    })
@SuppressWarnings("UnusedVariable") // until wired
final class RunCommand extends Subcommand {
  @Option(
      names = "--weights",
      required = true,
      paramLabel = "FILE",
      description = "Weights in any format that 'rpn convert' reads.")
  private Path weights;

  @Option(names = "--input", required = true, paramLabel = "X.npy", description = "The input.")
  private Path input;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "OUT.npz",
      description = "Where both outputs go.")
  private Path output;

  @Mixin private KernelOptions kernels;
  @Mixin private ThreadOptions threads;

  @Override
  boolean run() throws Exception {
    throw new UnsupportedOperationException();
  }
}
