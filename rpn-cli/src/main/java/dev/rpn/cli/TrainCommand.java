package dev.rpn.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A proposer from pictures with boxes. */
@Command(
    name = "train",
    description = {
      "Train a proposer on pictures with boxes and write it as one model file.",
      "",
      "PASCAL VOC: DIR holds JPEGImages, Annotations and ImageSets/Main/SPLIT.txt. COCO: DIR holds"
          + " annotations/instances_SPLIT.json and the pictures in SPLIT."
    },
    footer = {
      "Examples:",
      "  rpn train --data bccd --out cells.safetensors --plot cells.png",
      "  rpn train --data bccd --out cells.safetensors --resume"
    })
@SuppressWarnings("UnusedVariable") // until wired
final class TrainCommand extends Subcommand {
  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Folder of the data set.")
  private Path data;

  @Option(
      names = "--format",
      paramLabel = "NAME",
      description = "voc or coco. Without it: what the folder looks like.")
  private @Nullable String format;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "Where the model goes; checkpoints stand beside it.")
  private Path out;

  @Option(names = "--split", paramLabel = "NAME", description = "What is trained on.")
  private String split = "trainval";

  @Option(
      names = "--eval-split",
      paramLabel = "NAME",
      description = "What recall is measured on; absent: nothing is measured.")
  private @Nullable String evalSplit;

  @Option(
      names = "--widths",
      split = ",",
      paramLabel = "N",
      description = "Channels of the backbone's convolutions, in VGG16's arrangement.")
  private List<Integer> widths = List.of(16, 16, 32, 32, 64, 64, 64, 128, 128, 128, 128, 128, 128);

  @Option(
      names = "--rpn-channels",
      paramLabel = "C",
      description = "Channels of the head: the backbone's last width.")
  private @Nullable Integer rpnChannels;

  @Option(
      names = "--anchor-sizes",
      split = ",",
      paramLabel = "N",
      description = "Sides of the square anchors in pixels of the resized picture.")
  private List<Float> anchorSizes = List.of(24f, 48f, 96f);

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the split.")
  private int epochs = 12;

  @Option(names = "--batch", paramLabel = "N", description = "Pictures a step.")
  private int batch = 2;

  @Option(
      names = "--size",
      paramLabel = "WxH",
      converter = PictureSize.Converter.class,
      description = "What every picture is resized to, in pixels.")
  private PictureSize size = new PictureSize(320, 240);

  @Option(
      names = "--learning-rate",
      paramLabel = "F",
      description = "Adam's step size; a tenth of it in the last quarter.")
  private float learningRate = 3e-4f;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the weights, the order and the sampling: the same seed, the same bits.")
  private long seed = 1;

  @Option(names = "--resume", description = "Go on from the last checkpoint.")
  private boolean resume;

  @Option(names = "--log", paramLabel = "FILE.jsonl", description = "A line a step and an epoch.")
  private @Nullable Path log;

  @Option(
      names = "--plot",
      paramLabel = "FILE.png",
      description = "Loss and recall, redrawn after every epoch.")
  private @Nullable Path plot;

  @Mixin private KernelOptions kernels;
  @Mixin private ThreadOptions threads;

  @Override
  boolean run() throws Exception {
    throw new UnsupportedOperationException();
  }
}
