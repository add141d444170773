package dev.rpn.cli;

import dev.rpn.anchor.ProposalLimits;
import dev.rpn.engine.EngineOptions;
import dev.rpn.engine.Proposal;
import dev.rpn.io.picture.Picture;
import dev.rpn.io.picture.PictureProposer;
import dev.rpn.io.weights.ModelFile;
import dev.rpn.model.ProposalModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JsonGenerator;

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
    if (top < 1) {
      throw usage("--top: expected at least 1, got " + top);
    }
    ProposalModel proposal = ModelFile.read(model);
    Map<Path, Path> drawings = png == null ? Map.of() : drawings(png);
    EngineOptions options =
        EngineOptions.standard().withKernels(kernels.provider()).withThreads(threads.count());
    try (var proposer = new PictureProposer(proposal, options, limits(proposal));
        var progress = new Progress(err(), "propose")) {
      if (json.file() == null) {
        each(proposer, drawings, progress, found -> {});
      } else {
        Json.write(json.file(), out(), generator -> all(proposer, drawings, progress, generator));
      }
    }
    return true;
  }

  /** The profile's limits, but so many proposals. */
  private ProposalLimits limits(ProposalModel proposal) {
    ProposalLimits usual = proposal.profile().selection().inference();
    return usual.withCounts(Math.max(usual.preNms(), top), top);
  }

  private void each(
      PictureProposer proposer,
      Map<Path, Path> drawings,
      Progress progress,
      Consumer<Found> consumer)
      throws IOException {
    for (int i = 0; i < images.size(); i++) {
      progress.at(i, images.size(), i + " of " + images.size());
      Found found = propose(proposer, images.get(i), drawings);
      progress.clear();
      if (!json.isStandardOutput()) {
        report(found, drawings.get(found.file()));
      }
      consumer.accept(found);
    }
  }

  private void all(
      PictureProposer proposer,
      Map<Path, Path> drawings,
      Progress progress,
      JsonGenerator generator)
      throws IOException {
    generator.writeStartObject();
    generator.writeArrayPropertyStart("images");
    each(proposer, drawings, progress, found -> found.write(generator));
    generator.writeEndArray();
    generator.writeEndObject();
  }

  /** One picture and what was found in it. */
  private record Found(Path file, Picture picture, List<Proposal> proposals) {
    void write(JsonGenerator json) {
      json.writeStartObject();
      json.writeStringProperty("file", file.toString());
      json.writeNumberProperty("width", picture.width());
      json.writeNumberProperty("height", picture.height());
      json.writeArrayPropertyStart("proposals");
      for (Proposal proposal : proposals) {
        json.writeStartObject();
        json.writeArrayPropertyStart("box");
        json.writeNumber(proposal.box().x1());
        json.writeNumber(proposal.box().y1());
        json.writeNumber(proposal.box().x2());
        json.writeNumber(proposal.box().y2());
        json.writeEndArray();
        json.writeNumberProperty("score", proposal.score());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
  }

  private static Found propose(PictureProposer proposer, Path file, Map<Path, Path> drawings)
      throws IOException {
    Picture picture = Picture.read(file);
    var found = new Found(file, picture, proposer.propose(picture));
    Path drawing = drawings.get(file);
    if (drawing != null) {
      Drawing.of(picture, found.proposals(), List.of()).writePng(drawing);
    }
    return found;
  }

  private void report(Found found, @Nullable Path drawing) {
    List<Proposal> proposals = found.proposals();
    var line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "%s: %d x %d, %d proposals",
            found.file(),
            found.picture().width(),
            found.picture().height(),
            proposals.size()));
    if (!proposals.isEmpty()) {
      Proposal best = proposals.get(0);
      line.append(
          String.format(
              Locale.ROOT,
              ", the best %.3f at (%.0f, %.0f, %.0f, %.0f)",
              best.score(),
              best.box().x1(),
              best.box().y1(),
              best.box().x2(),
              best.box().y2()));
    }
    out().println(drawing == null ? line : line + " -> " + drawing);
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
