package dev.rpn.cli;

import java.nio.file.Path;
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
@SuppressWarnings("UnusedVariable") // until wired
final class DemoCommand extends Subcommand {
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
    throw new UnsupportedOperationException();
  }
}
