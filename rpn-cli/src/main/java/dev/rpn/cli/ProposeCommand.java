package dev.rpn.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Proposals of pictures. */
@Command(
    name = "propose",
    description = {
      "Find the boxes in pictures that are likely to hold an object.",
      "",
      "Boxes are [x1, y1, x2, y2] in pixels of the picture as given, best first."
    },
    footer = {
      "Examples:",
      "  rpn propose --model model.safetensors street.jpg --png out",
      "  rpn propose --model model.safetensors photos/*.jpg --top 300 --json proposals.json"
    })
@SuppressWarnings("UnusedVariable") // until wired
final class ProposeCommand extends Subcommand {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE",
      description = "A model file, as 'rpn train' and 'rpn convert' write it.")
  private Path model;

  @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "JPEG or PNG pictures.")
  private List<Path> images;

  @Option(names = "--top", paramLabel = "N", description = "Proposals a picture, at most.")
  private int top = 100;

  @Mixin private JsonOption json;

  @Option(
      names = "--png",
      paramLabel = "DIR",
      description = "Write every picture there with its proposals drawn.")
  private @Nullable Path png;

  @Mixin private KernelOptions kernels;
  @Mixin private ThreadOptions threads;

  @Override
  boolean run() throws Exception {
    throw new UnsupportedOperationException();
  }
}
