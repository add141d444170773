package dev.rpn.cli;

import dev.rpn.anchor.AnchorRecipe;
import dev.rpn.anchor.Profile;
import dev.rpn.io.weights.ModelFile;
import dev.rpn.io.weights.WeightFiles;
import dev.rpn.io.weights.WeightSummary;
import dev.rpn.model.Backbone;
import dev.rpn.model.Network;
import dev.rpn.model.Preprocessing;
import dev.rpn.model.ProposalModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Weights from one format to another, or one model file of its parts. */
@Command(
    name = "convert",
    customSynopsis = {
      "rpn convert IN OUT [--profile NAME]",
      "       rpn convert --head FILE [--backbone FILE] [--profile NAME] [--anchor-sizes N,...]",
      "                   [--anchor-ratios F,...] [--anchor-strides N,...] OUT"
    },
    description = {
      "Convert weights from one format to another, or make one model file of parts.",
      "",
      "Reads safetensors, npz, torch's state dicts (.pt, .pth), Keras's .keras, .h5 and .weights.h5,"
          + " and ONNX; a head or VGG16 named as in torchvision or detectron2 is found by its names,"
          + " other tensors are left out. Writes .safetensors, .npz, .weights.h5 and .onnx, as the name"
          + " of OUT says. What was written is read back and compared.",
      "",
      "Of an ONNX graph the head is found by its shape: a 3x3 convolution, Relu, and on it two 1x1"
          + " ones of k and 4k outputs; the backbone too if it is VGG-like, else the head alone is"
          + " read. A written graph takes 'features' (N, C, H, W), or with a backbone 'pictures' (N,"
          + " 3, H, W), and gives 'classification' (N, k, H', W'), after the sigmoid, and 'location'"
          + " (N, 4k, H', W'); N, H and W are any.",
      "",
      "A model file (.safetensors) also holds anchors, profile and preprocessing. With a backbone,"
          + " pictures keep their size and are fed as Keras feeds VGG16 (BGR less ImageNet's means)."
          + " Strides are the backbone's; without one 16, or 4, 8, 16, ... of several levels, unless"
          + " --anchor-strides says otherwise."
    },
    footer = {
      "Examples:",
      "  rpn convert rpn.keras rpn.safetensors",
      "  rpn convert rpn.safetensors rpn.onnx",
      "  rpn convert fasterrcnn.pth rpn.safetensors --profile torchvision",
      "  rpn convert --head rpn.h5 --backbone vgg16.h5 --profile keras --anchor-sizes 128,256,512"
          + " model.safetensors",
      "  rpn convert --head fpn.safetensors --anchor-sizes '32;64;128;256;512' model.safetensors"
    })
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
      description =
          "Whose numeric conventions the weights were trained under: torchvision, detectron2,"
              + " pyfrcnn or keras. Default: what the names or the metadata of IN or the head"
              + " reveal, or torchvision")
  private @Nullable String profile;

  @Option(
      names = "--anchor-sizes",
      paramLabel = "N,...",
      converter = AnchorSizes.Converter.class,
      description =
          "Sides of the square anchors in pixels; sizes of several levels are separated by ';'."
              + " Default: 128,256,512")
  private @Nullable AnchorSizes anchorSizes;

  @Option(
      names = "--anchor-ratios",
      paramLabel = "F,...",
      converter = Numbers.Converter.class,
      description = "Height over width. Default: 0.5,1,2")
  private @Nullable Numbers anchorRatios;

  @Option(
      names = "--anchor-strides",
      paramLabel = "N,...",
      converter = Numbers.Converter.class,
      description =
          "Pixels between two positions, one number a level. Default: the backbone's; without one 16,"
              + " or 4, 8, 16, ... of several levels")
  private @Nullable Numbers anchorStrides;

  @Override
  boolean run() throws Exception {
    if (head != null) {
      if (files.size() != 1) {
        throw usage("expected one file with --head: OUT, got " + files.size());
      }
      assemble(head, files.get(0));
      return true;
    }
    if (backbone != null || anchorSizes != null || anchorRatios != null || anchorStrides != null) {
      throw usage("--backbone and the anchors' options expect --head");
    }
    if (files.size() != 2) {
      throw usage("expected two files: IN and OUT, got " + files.size());
    }
    convert(files.get(0), files.get(1));
    return true;
  }

  private void convert(Path in, Path to) throws IOException {
    if (profile != null && !isSafetensors(to)) {
      throw usage("only safetensors keep a profile: expected a name in .safetensors, got " + to);
    }
    Optional<Profile> asked = asked();
    WeightSummary found = WeightSummary.of(in);
    if (found.model() && isSafetensors(to)) {
      ProposalModel model = ModelFile.read(in);
      Profile conventions = conventions(in, found, model.anchors());
      write(
          new ProposalModel(model.network(), model.anchors(), conventions, model.preprocessing()),
          to);
      return;
    }
    Network network = WeightFiles.readNetwork(in);
    Optional<Profile> conventions =
        asked.isPresent() ? Optional.of(conventions(in, found, null)) : found.profile();
    if (conventions.isPresent() && isSafetensors(to)) {
      WeightFiles.write(to, network, conventions.get());
    } else {
      WeightFiles.write(to, network);
    }
    verify(network, to);
    report(found);
  }

  /** What of the file is not in the network, and what the channels' order is. */
  private void report(WeightSummary found) {
    if (found.others() > 0) {
      out().printf(Locale.ROOT, "%,d other tensors left out%n", found.others());
    }
    found
        .profile()
        .filter(guess -> profile == null)
        .ifPresent(guess -> out().printf("profile %s: %s%n", guess, found.profileReason()));
  }

  private void assemble(Path headFile, Path to) throws IOException {
    if (!isSafetensors(to)) {
      throw usage("a model file is safetensors: expected a name in .safetensors, got " + to);
    }
    asked();
    WeightSummary found = WeightSummary.of(headFile);
    Network network =
        backbone == null
            ? WeightFiles.readNetwork(headFile)
            : WeightFiles.readNetwork(headFile, backbone);
    List<List<Float>> sizes =
        anchorSizes == null ? List.of(List.of(128f, 256f, 512f)) : anchorSizes.levels();
    List<Float> ratios = anchorRatios == null ? List.of(0.5f, 1f, 2f) : anchorRatios.values();
    var anchors = new AnchorRecipe(sizes, ratios, strides(network, sizes.size()));
    Profile conventions = conventions(headFile, found, anchors);
    write(new ProposalModel(network, anchors, conventions, pictures(found)), to);
    report(found);
  }

  /** As whoever trained the backbone fed it. */
  private Preprocessing pictures(WeightSummary found) throws IOException {
    Optional<Preprocessing> revealed =
        backbone == null ? found.preprocessing() : WeightSummary.of(backbone).preprocessing();
    return revealed.orElse(Preprocessing.caffe());
  }

  private Optional<Profile> asked() {
    try {
      return profile == null ? Optional.empty() : Optional.of(Profile.named(profile));
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  /**
   * The profile that was asked for, or the file's. Channels stand in the order of the anchors that
   * the weights were trained with: under a profile that orders its anchors otherwise they would be
   * plausible nonsense.
   *
   * @param anchors null where they are not known
   */
  private Profile conventions(Path file, WeightSummary found, @Nullable AnchorRecipe anchors) {
    Profile revealed = found.profile().orElse(null);
    Profile wanted = asked().orElse(revealed == null ? Profile.TORCHVISION : revealed);
    boolean oneOrder =
        anchors != null && (anchors.sizes().get(0).size() == 1 || anchors.ratios().size() == 1);
    if (revealed != null && !oneOrder && sizesOutside(revealed) != sizesOutside(wanted)) {
      throw new IllegalArgumentException(
          String.format(
              "%s: its channels are in the order of %s's anchors (%s), and %s orders anchors"
                  + " otherwise: expected --profile %s",
              file, revealed, found.profileReason(), wanted, revealed));
    }
    return wanted;
  }

  private static boolean sizesOutside(Profile of) {
    return of.grid().cells() == Profile.Cells.SIZE_OUTER;
  }

  /** What was asked for; else VGG16's stride of one level, a feature pyramid's of several. */
  private List<Integer> strides(Network network, int levels) {
    if (anchorStrides != null) {
      List<Integer> asked = whole(anchorStrides);
      Optional<Integer> own = network.architecture().backbone().map(Backbone::stride);
      if (own.isPresent() && !asked.equals(List.of(own.get()))) {
        throw new IllegalArgumentException(
            "--anchor-strides: expected the backbone's " + own.get() + ", got " + anchorStrides);
      }
      return asked;
    }
    if (levels == 1) {
      return List.of(network.architecture().backbone().map(Backbone::stride).orElse(16));
    }
    return IntStream.range(0, levels).mapToObj(level -> 4 << level).toList();
  }

  private static List<Integer> whole(Numbers strides) {
    try {
      return strides.wholes();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--anchor-strides: " + e.getMessage(), e);
    }
  }

  private void write(ProposalModel model, Path to) throws IOException {
    ModelFile.write(to, model);
    verify(model.network(), to);
  }

  /** What stands in the file must be what was meant: every layer, every bit. */
  private void verify(Network network, Path to) throws IOException {
    if (!WeightFiles.readNetwork(to).equals(network)) {
      throw new IOException(to + ": what was read back is not what was written");
    }
    out()
        .printf(
            Locale.ROOT,
            "%s: %,d parameters, %d channels, %d anchors a position%s%n",
            to,
            network.architecture().parameters(),
            network.architecture().head().channels(),
            network.architecture().head().anchors(),
            network.architecture().backbone().isPresent() ? ", with a backbone" : "");
  }

  private static boolean isSafetensors(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".safetensors");
  }
}
