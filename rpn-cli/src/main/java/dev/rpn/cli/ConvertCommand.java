package dev.rpn.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Weights from one format to another, or one model file of its parts. */
@Command(
    name = "convert",
    customSynopsis = {
      "Usage: rpn convert IN OUT",
      "       rpn convert --head FILE [--backbone FILE] [--profile NAME] [--anchor-sizes N,...]",
      "                   [--anchor-ratios F,...] OUT"
    },
    description = {"Convert weights from one format to another, or make one model file of parts."},
    footer = {
      "Examples:",
      "  rpn convert rpn.keras rpn.safetensors",
      "  rpn convert --head rpn.h5 --backbone vgg16.h5 --profile keras --anchor-sizes 128,256,512"
          + " model.safetensors",
      "  rpn convert --head fpn.safetensors --anchor-sizes '32;64;128;256;512' model.safetensors"
    })
@SuppressWarnings("UnusedVariable") // until wired
final class ConvertCommand extends Subcommand {
  @Parameters(
      arity = "1..2",
      paramLabel = "FILE",
      description = "IN and OUT, or with --head only OUT.")
  private List<Path> files;

  @Option(names = "--head", paramLabel = "FILE", description = "Weights of the head.")
  private @Nullable Path head;

  @Option(
      names = "--backbone",
      paramLabel = "FILE",
      description = "Weights of the backbone: VGG16's layers, or thinner ones.")
  private @Nullable Path backbone;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description = "Whose numeric conventions the weights were trained under.")
  private String profile = "torchvision";

  @Option(
      names = "--anchor-sizes",
      paramLabel = "N,...",
      converter = AnchorSizes.Converter.class,
      description =
          "Sides of the square anchors in pixels; sizes of several levels are separated by ';'.")
  private @Nullable AnchorSizes anchorSizes;

  @Option(
      names = "--anchor-ratios",
      split = ",",
      paramLabel = "F",
      description = "Height over width.")
  private List<Float> anchorRatios = List.of(0.5f, 1f, 2f);

  @Override
  boolean run() throws Exception {
    throw new UnsupportedOperationException();
  }
}
