package dev.rpn.cli;

import dev.rpn.anchor.ProposalLimits;
import dev.rpn.anchor.Size;
import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.ProposalEngine;
import dev.rpn.engine.Proposals;
import dev.rpn.io.picture.Picture;
import dev.rpn.io.picture.PictureProposer;
import dev.rpn.io.weights.ModelFile;
import dev.rpn.model.ProposalModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Proposals of pictures, or of stored feature maps. */
@Command(
    name = "propose",
    customSynopsis = {
      "rpn propose --model FILE [--json FILE] [--png DIR] [OPTION...] IMAGE...",
      "       rpn propose --model FILE --features F.npz --image-size HxW[,HxW...]",
      "                   [--padded-size HxW] [--layout ORDER] [--json FILE] [OPTION...]"
    },
    description = {
      "Find the boxes in pictures that are likely to hold an object.",
      "",
      "Boxes are [x1, y1, x2, y2] in pixels of the picture as given, best first. From feature maps,"
          + " the JSON has one entry of 'images' for each of the N pictures; it counts the anchors"
          + " that were dropped as NaN or infinite, and gives each proposal's level."
    },
    footer = {
      "Examples:",
      "  rpn propose --model model.safetensors street.jpg --png out",
      "  rpn propose --model model.safetensors photos/*.jpg --top 300 --json proposals.json",
      "  rpn propose --model fpn.safetensors --features maps.npz --layout nchw \\",
      "      --image-size 800x1202,640x960 --padded-size 800x1216 --json proposals.json"
    })
final class ProposeCommand extends Subcommand {
  /** Enough to look at. */
  private static final int USUAL_OF_A_PICTURE = 100;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE",
      description = "A model file, as 'rpn train' and 'rpn convert' write it.")
  private Path model;

  @Parameters(
      arity = "0..*",
      paramLabel = "IMAGE",
      showDefaultValue = Help.Visibility.NEVER,
      description = "JPEG or PNG pictures.")
  private List<Path> images = List.of();

  @Mixin private FeatureOptions features;
  @Mixin private LimitOptions limits;
  @Mixin private JsonOption json;

  @Option(
      names = "--png",
      paramLabel = "DIR",
      description = "Write every picture there with its proposals drawn.")
  private @Nullable Path png;

  @Mixin private KernelOptions kernels;
  @Mixin private ThreadOptions threads;

  /** Hands over what was found, picture by picture. */
  @FunctionalInterface
  private interface Work {
    void run(Consumer<Found> found) throws IOException;
  }

  @Override
  boolean run() throws Exception {
    features.check();
    Path maps = features.file();
    if (maps == null && images.isEmpty()) {
      throw usage("expected pictures, or --features F.npz with --image-size HxW");
    }
    if (maps != null && !images.isEmpty()) {
      throw usage("expected pictures or --features, got both");
    }
    if (maps != null && png != null) {
      throw usage("--png expects pictures, got --features");
    }
    ProposalModel proposal = ModelFile.read(model);
    EngineOptions options =
        EngineOptions.standard().withKernels(kernels.provider()).withThreads(threads.count());
    boolean backbone = proposal.network().architecture().backbone().isPresent();
    if (backbone == (maps != null)) {
      throw new IllegalArgumentException(
          model
              + (backbone
                  ? ": expected a model without backbone for --features, got one that reads pictures"
                  : ": expected a model with a backbone, which reads pictures, got one that reads"
                      + " feature maps (--features)"));
    }
    if (maps == null) {
      ofPictures(proposal, options);
    } else {
      ofFeatures(maps, proposal, options);
    }
    return true;
  }

  private void ofPictures(ProposalModel proposal, EngineOptions options) throws IOException {
    Map<Path, Path> drawings = png == null ? Map.of() : drawings(png);
    ProposalLimits usual = proposal.profile().selection().inference();
    ProposalLimits chosen = limits.over(usual.withCounts(usual.preNms(), USUAL_OF_A_PICTURE));
    try (var proposer = new PictureProposer(proposal, options, chosen);
        var progress = new Progress(err(), "propose")) {
      tell(found -> {
        for (int i = 0; i < images.size(); i++) {
          progress.at(i, images.size(), i + " of " + images.size());
          Path drawing = drawings.get(images.get(i));
          Found one = propose(proposer, images.get(i), drawing);
          progress.clear();
          report(one, drawing);
          found.accept(one);
        }
      });
    }
  }

  private void ofFeatures(Path file, ProposalModel proposal, EngineOptions options)
      throws IOException {
    StoredFeatures maps = StoredFeatures.read(file, features.layout(), proposal);
    List<Size> sizes = features.pictures(maps.pictures());
    Size padded = features.padded(sizes);
    ProposalLimits chosen = limits.over(proposal.profile().selection().inference());
    // Picture by picture: the memory does not grow with their number.
    try (var engine = new ProposalEngine(proposal, options, chosen, maps.shapes());
        var progress = new Progress(err(), "propose")) {
      tell(found -> {
        for (int i = 0; i < sizes.size(); i++) {
          progress.at(i, sizes.size(), i + " of " + sizes.size());
          Size size = sizes.get(i);
          Proposals proposals = engine.propose(maps.of(i), padded, List.of(size));
          Found one =
              new Found(
                  file.toString(),
                  OptionalInt.of(i),
                  size,
                  proposals.toList(0),
                  proposals.dropped(0));
          progress.clear();
          report(one, null);
          found.accept(one);
        }
      });
    }
  }

  /** Does the work, and writes its JSON where asked for. */
  private void tell(Work work) throws IOException {
    if (json.file() == null) {
      work.run(found -> {});
    } else {
      Json.write(
          json.file(),
          out(),
          generator -> {
            generator.writeStartObject();
            generator.writeArrayPropertyStart("images");
            work.run(found -> found.write(generator));
            generator.writeEndArray();
            generator.writeEndObject();
          });
    }
  }

  private void report(Found found, @Nullable Path drawing) {
    if (!json.isStandardOutput()) {
      out().println(drawing == null ? found : found + " -> " + drawing);
    }
  }

  private static Found propose(PictureProposer proposer, Path file, @Nullable Path drawing)
      throws IOException {
    Picture picture = Picture.read(file);
    var size = new Size(picture.height(), picture.width());
    var found = new Found(file.toString(), OptionalInt.empty(), size, proposer.propose(picture), 0);
    if (drawing != null) {
      Drawing.of(picture, found.proposals(), List.of()).writePng(drawing);
    }
    return found;
  }

  /** Where each picture's drawing goes; none may replace a picture or another drawing. */
  private Map<Path, Path> drawings(Path folder) throws IOException {
    Files.createDirectories(folder);
    var drawings = new LinkedHashMap<Path, Path>();
    for (Path image : images) {
      String name = String.valueOf(image.getFileName());
      int dot = name.lastIndexOf('.');
      Path drawing = folder.resolve((dot > 0 ? name.substring(0, dot) : name) + ".png");
      if (drawings.containsKey(image)) {
        continue;
      }
      if (drawings.containsValue(drawing)) {
        throw usage("two pictures would both be drawn as " + drawing);
      }
      if (Files.exists(drawing) && Files.isSameFile(drawing, image)) {
        throw usage("--png: " + drawing + " would replace the picture itself");
      }
      drawings.put(image, drawing);
    }
    return drawings;
  }
}
