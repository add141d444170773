package dev.rpn.cli;

import dev.rpn.kernel.Algorithm;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How fast the head is, beside what the processor could do. */
@Command(
    name = "bench",
    description = {
      "Measure the head's speed, its allocation, and this machine's multiply-add peak in one run.",
      "",
      "direct_gflops counts the operations of a direct convolution over the median time: Winograd's"
          + " algorithm does fewer, so it can pass peak_gflops."
    },
    footer = {
      "Examples:",
      "  rpn bench",
      "  rpn bench --algorithm f4 --threads 2 --json bench.json"
    })
@SuppressWarnings("UnusedVariable") // until wired
final class BenchCommand extends Subcommand {
  @Option(
      names = "--algorithm",
      paramLabel = "NAME",
      description = "f2 (Winograd F(2x2,3x3)) or f4 (F(4x4,3x3), faster and less exact).")
  private Algorithm algorithm = Algorithm.F2;

  @Option(names = "--height", paramLabel = "N", description = "Rows of the feature map.")
  private int height = 38;

  @Option(names = "--width", paramLabel = "N", description = "Columns of the feature map.")
  private int width = 50;

  @Option(names = "--channels", paramLabel = "N", description = "Channels of the feature map.")
  private int channels = 512;

  @Option(names = "--anchors", paramLabel = "K", description = "Anchors a position.")
  private int anchors = 9;

  @Option(names = "--threads", paramLabel = "N", description = "Threads that compute.")
  private int threads = 1;

  @Mixin private KernelOptions kernels;

  @Option(
      names = "--seconds",
      paramLabel = "F",
      description = "How long to measure, after warming up.")
  private double seconds = 5;

  @Mixin private JsonOption json;

  @Override
  boolean run() throws Exception {
    throw new UnsupportedOperationException();
  }
}
