package dev.rpn.cli;

import dev.rpn.io.weights.WeightFiles;
import dev.rpn.model.Architecture;
import dev.rpn.model.RpnHead;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints the table of a network's layers. */
@Command(
    name = "summary",
    description =
        "Print a network's layers, output shapes and parameters: that of a file, or the standard head"
            + " (512 channels, 9 anchors a position, 2,382,893 parameters).",
    footer = {
      "Examples:",
      "  rpn summary",
      "  rpn summary --channels 256 --anchors 3",
      "  rpn summary --weights model.safetensors"
    })
final class SummaryCommand extends Subcommand {
  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description = "Weights in any format that 'rpn convert' reads.")
  private @Nullable Path weights;

  @Option(
      names = "--channels",
      paramLabel = "C",
      description = "Channels of the feature map. Default: 512")
  private @Nullable Integer channels;

  @Option(names = "--anchors", paramLabel = "K", description = "Anchors a position. Default: 9")
  private @Nullable Integer anchors;

  @Override
  boolean run() throws Exception {
    if (weights != null && (channels != null || anchors != null)) {
      throw usage("--weights excludes --channels and --anchors");
    }
    Architecture architecture =
        weights == null ? Architecture.of(head()) : WeightFiles.readNetwork(weights).architecture();
    out().print(architecture.summary());
    return true;
  }

  private RpnHead head() {
    RpnHead standard = RpnHead.standard();
    try {
      return new RpnHead(
          channels == null ? standard.channels() : channels,
          anchors == null ? standard.anchors() : anchors);
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }
}
